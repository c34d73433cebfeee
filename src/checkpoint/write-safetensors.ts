// safetensors, written (https://github.com/huggingface/safetensors, "Format"). Apart from safetensors.ts, so that
// what only writes does not bring the reader of foreign files along.

import { fromHalf, toHalf } from '../core/half';
import type { Tensor } from '../core/tensor';
import { CheckpointError } from './error';

/** Bytes of one number. */
export const DTYPE_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

/**
 * Refuses NaN and infinities.
 * @throws CheckpointError 'not-finite', naming the tensor and the first bad element.
 */
export function requireFinite(t: Tensor, name: string, file: string): void {
  for (let i = 0; i < t.data.length; i++) {
    if (!Number.isFinite(t.data[i]!)) {
      throw new CheckpointError(
        'not-finite',
        file,
        `Tensor "${name}" has the value ${t.data[i]} at element ${i}.`,
        'A checkpoint like this cannot run; get another copy or an earlier step.',
      );
    }
  }
}

/** A tensor as it will be stored. */
export interface TensorShape {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dtype: 'F32' | 'F16';
}

export interface TensorToWrite extends Omit<TensorShape, 'name'> {
  readonly data: Float32Array;
}

/** The order of the data, without gaps. */
export const storedBytes = ({
  dims,
  dtype,
}: {
  readonly dims: readonly number[];
  readonly dtype: string;
}): number => dims.reduce((product, dim) => product * dim, DTYPE_BYTES[dtype]!);

export interface SafetensorsLayout {
  /** Everything before the data, the 8 bytes of its length included. */
  readonly header: Uint8Array<ArrayBuffer>;
  /** The tensors in the order of their data, which follows without gaps. */
  readonly order: readonly TensorShape[];
  /** Size of the whole file. */
  readonly bytes: number;
}

/**
 * A file before its numbers are known: F32 first, then F16, by name within each, so that all data is
 * aligned and the same tensors give the same bytes. `metadata.format` is "pt" unless given;
 * transformers wants it.
 */
export function safetensorsLayout(
  tensors: readonly TensorShape[],
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout {
  const last = (t: TensorShape): number => (t.dtype === 'F32' ? 0 : 1);
  const order = [...tensors].sort((a, b) => last(a) - last(b) || (a.name < b.name ? -1 : 1));
  const fields: Record<string, unknown> = { __metadata__: { format: 'pt', ...metadata } };
  let at = 0;
  for (const { name, dims, dtype } of order) {
    const end = at + storedBytes({ dims, dtype });
    fields[name] = { dtype, shape: dims, data_offsets: [at, end] };
    at = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(fields));
  const headerBytes = Math.ceil(json.byteLength / 8) * 8;
  const header = new Uint8Array(8 + headerBytes).fill(0x20, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true);
  header.set(json, 8);
  return { header, order, bytes: header.byteLength + at };
}

/**
 * The data of one tensor as the file holds it; a view of `data` where nothing is converted.
 * @throws CheckpointError 'wrong-shape', or 'not-finite' where a value does not fit its dtype.
 */
export function encodeTensor(name: string, tensor: TensorToWrite, file: string): Uint8Array {
  const { data, dims, dtype } = tensor;
  if (dims.reduce((product, dim) => product * dim, 1) !== data.length) {
    throw new CheckpointError(
      'wrong-shape',
      file,
      `Tensor "${name}" has ${data.length} numbers, which is not [${dims.join(', ')}].`,
      'This is a fault of the program that writes the file.',
    );
  }
  const stored = dtype === 'F32' ? data : toHalf(data);
  requireFinite(
    { data: stored instanceof Uint16Array ? fromHalf(stored) : stored, dims },
    name,
    file,
  );
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

/**
 * A whole safetensors file in memory.
 * @throws CheckpointError as `encodeTensor`.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
  file = 'model.safetensors',
): Uint8Array<ArrayBuffer> {
  const shapes = [...tensors].map(([name, { dims, dtype }]) => ({ name, dims, dtype }));
  const { header, order, bytes } = safetensorsLayout(shapes, metadata);
  const parts = order.map(({ name }) => encodeTensor(name, tensors.get(name)!, file));
  const out = new Uint8Array(bytes);
  out.set(header);
  let at = header.byteLength;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}
