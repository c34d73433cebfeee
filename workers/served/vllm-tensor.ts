// Tensors as vllm-lens 1.2.1 writes them into JSON (vllm_lens/_helpers/_serialize.py): base64 of the numbers, as zstd
// where it says so. Numpy has no bfloat16, so `int16` with `original_dtype` "torch.bfloat16" means that. A server
// can name any size; what it sends is held against what was asked for before anything is unpacked.

import { decompress } from 'fzstd';
import { toTensor } from '../../src/checkpoint/safetensors';
import type { SteeringVector, WireTensor } from './vllm-wire';

/** Bytes a number, and the name that safetensors has for its kind, by kind on the wire. */
const KINDS: Readonly<Record<string, { readonly bytes: number; readonly dtype: string }>> = {
  'int16 torch.bfloat16': { bytes: 2, dtype: 'BF16' },
  'float16 torch.float16': { bytes: 2, dtype: 'F16' },
  'float32 torch.float32': { bytes: 4, dtype: 'F32' },
};

/** The widest of the kinds. */
export const MOST_NUMBER_BYTES = 4;

/** What a tensor is that can't be read, as the end of a sentence. */
export class WireTensorError extends Error {}

/** Size of what a zstd frame holds, as its header says (RFC 8878, 3.1.1.1); null: it doesn't. */
function contentBytes(frame: Uint8Array): number | null {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) return null;
  const flags = frame[4]!;
  const single = (flags >> 5) & 1;
  const sizeCode = flags >> 6;
  const at = 5 + (single === 1 ? 0 : 1) + [0, 1, 2, 4][flags & 3]!;
  const width = sizeCode === 0 ? single : 2 ** sizeCode;
  if (width === 0 || frame.length < at + width) return null;
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at, true) + 256;
  return width === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch {
    throw new WireTensorError('is not base64');
  }
}

function unpacked(bytes: Uint8Array, size: number): Uint8Array {
  const says = contentBytes(bytes);
  if (says !== size) {
    throw new WireTensorError(
      says === null ? 'is not zstd' : `says that it unpacks to ${says} bytes, not ${size}`,
    );
  }
  try {
    return decompress(bytes, new Uint8Array(size));
  } catch (error) {
    throw new WireTensorError('is damaged zstd', { cause: error });
  }
}

/**
 * The numbers of a tensor as f32.
 * @param dims that it must have
 * @throws WireTensorError
 */
export function decodeTensor(tensor: WireTensor, dims: readonly number[]): Float32Array {
  const { data, dtype, original_dtype: original, shape, compression } = tensor;
  if (shape.join() !== dims.join()) {
    throw new WireTensorError(`has the shape [${shape.join(', ')}], not [${dims.join(', ')}]`);
  }
  const kind = KINDS[`${dtype} ${original ?? `torch.${dtype}`}`];
  if (!kind) throw new WireTensorError(`holds numbers of the kind ${dtype}`);
  if (compression !== undefined && compression !== 'zstd') {
    throw new WireTensorError(`is packed as ${compression}`);
  }
  const size = dims.reduce((product, dim) => product * dim, kind.bytes);
  const raw = fromBase64(data);
  const bytes = compression === 'zstd' ? unpacked(raw, size) : raw;
  if (bytes.length !== size) {
    throw new WireTensorError(`has ${bytes.length} bytes, not ${size}`);
  }
  return toTensor({ name: 'residual_stream', file: 'answer', dtype: kind.dtype, dims, bytes }).data;
}

/** f32 as it is, which the server rounds to the kind of its own numbers. */
export function encodeTensor(data: Float32Array, shape: readonly number[]): WireTensor {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return {
    data: btoa(binary),
    dtype: 'float32',
    original_dtype: 'torch.float32',
    shape: [...shape],
  };
}

/**
 * Vectors added to the residual stream.
 * @param vectors by layer, each [d_model]
 * @param at the one position that gets them; null: every position
 */
export function steeringVector(
  vectors: ReadonlyMap<number, Float32Array>,
  at: number | null,
): SteeringVector {
  const layers = [...vectors.keys()];
  const width = vectors.get(layers[0]!)!.length;
  const data = new Float32Array(layers.length * width);
  layers.forEach((layer, i) => data.set(vectors.get(layer)!, i * width));
  const shape = at === null ? [layers.length, width] : [layers.length, 1, width];
  return {
    activations: encodeTensor(data, shape),
    layer_indices: layers,
    scale: 1,
    norm_match: false,
    position_indices: at === null ? null : [at],
  };
}
