// safetensors, read (https://github.com/huggingface/safetensors, "Format"): 8 bytes of
// header length, a JSON header, then the tensors without gaps. Stricter than many readers, as strict
// as the reference one: offsets must lie inside, fit the shape, and cover the file exactly once.

import * as v from 'valibot';
import { fromHalf } from '../core/half';
import type { Tensor } from '../core/tensor';
import { CheckpointError } from './error';
import { bytesInMemory, type FileBytes } from './file-bytes';
import { checkShape, isLfsPointer, lfsPointer, parseJson } from './json';
import { DTYPE_BYTES, storedBytes } from './write-safetensors';

/** One tensor as it lies in the file. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly file: string;
  readonly dtype: string;
  readonly dims: readonly number[];
  /** A view of a file in memory, not a copy; a file on disk is read at each use. */
  readonly bytes: Uint8Array;
  /** A part of them, by places in the tensor. */
  slice(from: number, to: number): Uint8Array;
}

/** As in the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
const MAX_FILE_BYTES = 8 * 2 ** 30;
const MAX_RANK = 8;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Header = v.record(
  v.string(),
  v.object({
    dtype: v.string(),
    shape: v.pipe(v.array(count), v.maxLength(MAX_RANK)),
    data_offsets: v.tuple([count, count]),
  }),
);
const Metadata = v.record(v.string(), v.string());

const AGAIN = 'Download the file again.';

/** Whether these first bytes of a file hold all of its header, or enough to see that it is none. */
export function hasWholeHeader(begin: Uint8Array): boolean {
  if (begin.length < 8) return false;
  const length = new DataView(begin.buffer, begin.byteOffset, 8).getBigUint64(0, true);
  return length > BigInt(MAX_HEADER_BYTES) || BigInt(begin.length - 8) >= length;
}

/** The header of a file, `__metadata__` apart. */
function readHeader(source: FileBytes) {
  const { name: file, bytes } = source;
  const truncated = (reason: string): never => {
    throw new CheckpointError('truncated', file, reason, AGAIN);
  };
  if (bytes < 8) truncated(`It has ${bytes} bytes; a header needs 8.`);
  if (bytes > MAX_FILE_BYTES) {
    throw new CheckpointError(
      'too-large',
      file,
      `It has ${bytes} bytes, more than ${MAX_FILE_BYTES}.`,
      'Choose a smaller checkpoint.',
    );
  }
  const first = source.slice(0, 8);
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    const begin = new TextDecoder().decode(source.slice(0, Math.min(bytes, 64)));
    if (isLfsPointer(begin)) throw lfsPointer(file, 'corrupt');
    throw new CheckpointError(
      'corrupt',
      file,
      `Its header claims ${length} bytes, more than any real header.`,
      'Check that it is a safetensors file.',
    );
  }
  const start = 8 + Number(length);
  if (start > bytes) {
    truncated(`Its header should end at byte ${start}, but the file ends at ${bytes}.`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(source.slice(8, start));
  } catch {
    throw new CheckpointError('corrupt', file, 'Its header is not valid UTF-8.', AGAIN);
  }
  const raw = parseJson(text, file, 'corrupt', MAX_HEADER_BYTES);
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new CheckpointError('corrupt', file, 'Its header is not a JSON object.', AGAIN);
  }
  const { __metadata__, ...tensors } = raw as Record<string, unknown>;
  return {
    metadata: __metadata__ == null ? {} : checkShape(Metadata, __metadata__, file, 'corrupt'),
    tensors: checkShape(Header, tensors, file, 'corrupt'),
    start,
  };
}

/** The free text that a file carries about itself. @throws CheckpointError as `parseSafetensors`. */
export function safetensorsMetadata(
  bytes: Uint8Array,
  file: string,
): Readonly<Record<string, string>> {
  return readHeader(bytesInMemory(file, bytes)).metadata;
}

/**
 * All tensors of a file in memory, as views into `bytes`, under their names.
 * @throws CheckpointError as `openSafetensors`.
 */
export function parseSafetensors(
  bytes: Uint8Array,
  file: string,
): ReadonlyMap<string, SafetensorsEntry> {
  return openSafetensors(bytesInMemory(file, bytes));
}

/**
 * All tensors of a file under their names; only its header is read now.
 * @throws CheckpointError 'truncated', 'corrupt', 'too-large' or 'unsupported-dtype'.
 */
export function openSafetensors(source: FileBytes): ReadonlyMap<string, SafetensorsEntry> {
  const file = source.name;
  const { tensors, start } = readHeader(source);
  const dataBytes = source.bytes - start;
  const corrupt = (reason: string): never => {
    throw new CheckpointError('corrupt', file, reason, AGAIN);
  };
  const ordered = Object.entries(tensors).sort(
    ([, a], [, b]) =>
      a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  const entries = new Map<string, SafetensorsEntry>();
  let at = 0;
  for (const [name, { dtype, shape, data_offsets }] of ordered) {
    const [begin, end] = data_offsets;
    const width = Object.hasOwn(DTYPE_BYTES, dtype) ? DTYPE_BYTES[dtype]! : 0;
    if (width === 0) {
      throw new CheckpointError(
        'unsupported-dtype',
        file,
        `Tensor "${name}" has the unknown dtype "${dtype}".`,
        'Choose the checkpoint in F32, F16 or BF16.',
      );
    }
    if (end < begin) corrupt(`Tensor "${name}" ends before it begins.`);
    if (begin < at) corrupt(`Tensor "${name}" overlaps the one before it.`);
    if (begin > at) corrupt(`There is a gap before tensor "${name}".`);
    const bytesNeeded = shape.reduce((product, dim) => product * dim, width);
    if (bytesNeeded !== end - begin) {
      corrupt(`Tensor "${name}" has ${end - begin} bytes, but its shape needs ${bytesNeeded}.`);
    }
    if (end > dataBytes) {
      throw new CheckpointError(
        'truncated',
        file,
        `Tensor "${name}" should end at byte ${end} of the data, which has ${dataBytes}.`,
        AGAIN,
      );
    }
    entries.set(name, {
      name,
      file,
      dtype,
      dims: shape,
      get bytes() {
        return source.slice(start + begin, start + end);
      },
      slice: (from, to) => source.slice(start + begin + from, start + Math.min(begin + to, end)),
    });
    at = end;
  }
  if (at !== dataBytes) corrupt(`${dataBytes - at} bytes belong to no tensor.`);
  return entries;
}

const FLOATS = ['F32', 'F16', 'BF16'];

/** @throws CheckpointError 'unsupported-dtype' for anything but F32, F16 and BF16. */
export function requireFloats({ name, file, dtype }: Omit<SafetensorsEntry, 'slice'>): void {
  if (FLOATS.includes(dtype)) return;
  throw new CheckpointError(
    'unsupported-dtype',
    file,
    `Tensor "${name}" is ${dtype}, not F32, F16 or BF16.`,
    'Choose the checkpoint in one of these.',
  );
}

const PIECE_BYTES = 8 << 20;

/**
 * Whether two tensors hold the same numbers; those of one dtype are compared in pieces, as they are stored.
 * @throws CheckpointError as `toTensor`.
 */
export function sameNumbers(a: SafetensorsEntry, b: SafetensorsEntry): boolean {
  if (a.dims.join() !== b.dims.join()) return false;
  if (a.dtype !== b.dtype) {
    const other = toTensor(b).data;
    return toTensor(a).data.every((x, i) => x === other[i]);
  }
  const bytes = storedBytes({ dims: a.dims, dtype: a.dtype });
  for (let at = 0; at < bytes; at += PIECE_BYTES) {
    const [one, other] = [a, b].map((entry) => entry.slice(at, at + PIECE_BYTES));
    if (!one!.every((byte, i) => byte === other![i])) return false;
  }
  return true;
}

/** Bytes as an array of 4- or 2-byte numbers: a view where they are aligned, else a copy. */
function aligned(bytes: Uint8Array, width: number): { buffer: ArrayBufferLike; offset: number } {
  if (bytes.byteOffset % width === 0) return { buffer: bytes.buffer, offset: bytes.byteOffset };
  // Not slice(): of Node's Buffer that is a view.
  return { buffer: new Uint8Array(bytes).buffer, offset: 0 };
}

/**
 * A tensor as f32. F32 data is a view of the file where its alignment allows.
 * @throws CheckpointError 'unsupported-dtype' for anything but F32, F16 and BF16.
 */
export function toTensor(entry: Omit<SafetensorsEntry, 'slice'>): Tensor {
  requireFloats(entry);
  const { bytes, dims, dtype } = entry;
  if (dtype === 'F32') {
    const { buffer, offset } = aligned(bytes, 4);
    return { data: new Float32Array(buffer, offset, bytes.byteLength / 4), dims };
  }
  const { buffer, offset } = aligned(bytes, 2);
  const words = new Uint16Array(buffer, offset, bytes.byteLength / 2);
  if (dtype === 'F16') return { data: fromHalf(words), dims };
  // bfloat16 is the upper half of an f32.
  const bits = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = words[i]! << 16;
  return { data: new Float32Array(bits.buffer), dims };
}
