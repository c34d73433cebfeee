// The head of a GGUF file: its keys and what it says of its tensors, read from hostile bytes. What a file of
// one kind must hold is its reader's matter (direction/gguf.ts for control vectors).

import type { ByteReader } from '../direction/byte-reader';
import { MAX_HEADER_BYTES, requireHeader } from '../direction/direction-file';
import { ALIGNMENT, ARRAY, FLOAT32, INT32, MAGIC, STRING, UINT32, VERSION } from './write';

const MAX_TENSORS = 4096;
const MAX_KEYS = 4096;
const MAX_TEXT_BYTES = 1 << 20;
const MAX_ARRAY_DEPTH = 4;

/** Bytes of the values of a fixed size, by type. */
const FIXED_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

/** Null: a value of a kind that nothing here uses. */
type KeyValue = string | number | null;

export interface TensorInfo {
  readonly name: string;
  /** Innermost first, as the file has them. */
  readonly dims: readonly number[];
  readonly type: number;
  /** From the start of the data. */
  readonly offset: number;
}

export interface GgufHead {
  readonly keys: ReadonlyMap<string, KeyValue>;
  readonly tensors: readonly TensorInfo[];
  /** Where the data starts. */
  readonly start: number;
}

/**
 * @param refuse says why the file is not read; it throws
 * @throws DirectionFileError 'truncated' or 'corrupt', or what `refuse` throws
 */
export function readGgufHead(
  reader: ByteReader,
  file: string,
  refuse: (reason: string, advice?: string) => never,
): GgufHead {
  if (reader.u32() !== MAGIC) refuse('It does not begin with "GGUF".');
  const version = reader.u32();
  if (version !== VERSION) {
    refuse(
      `It is GGUF version ${version}, not ${VERSION}.`,
      'Write it again with a newer program.',
    );
  }
  const nTensors = reader.u64();
  const nKeys = reader.u64();
  if (nTensors > MAX_TENSORS || nKeys > MAX_KEYS) {
    refuse(`It claims ${nTensors} tensors and ${nKeys} keys, more than a control vector has.`);
  }
  const keys = new Map<string, KeyValue>();
  for (let i = 0; i < nKeys; i++) {
    const key = readText(reader);
    keys.set(key, readValue(reader, reader.u32(), 0));
    requireHeader(reader.at, file);
  }
  const tensors = Array.from({ length: nTensors }, () => readInfo(reader));
  requireHeader(reader.at, file);
  return { keys, tensors, start: alignUp(reader.at, alignmentOf(keys, reader)) };
}

function readText(reader: ByteReader): string {
  const length = reader.u64();
  if (length > MAX_TEXT_BYTES) throw reader.corrupt(`A text claims ${length} bytes.`);
  return reader.text(length);
}

/** Texts and numbers that are used here; everything else is stepped over. */
function readValue(reader: ByteReader, type: number, depth: number): KeyValue {
  switch (type) {
    case UINT32:
      return reader.u32();
    case INT32:
      return reader.i32();
    case FLOAT32:
      return reader.f32();
    case STRING:
      return readText(reader);
    case ARRAY: {
      const of = reader.u32();
      const length = reader.u64();
      const fixed = FIXED_BYTES[of];
      if (fixed !== undefined) {
        reader.take(length * fixed);
        return null;
      }
      if (depth >= MAX_ARRAY_DEPTH) throw reader.corrupt('Its arrays are nested too deep.');
      for (let i = 0; i < length; i++) {
        readValue(reader, of, depth + 1);
        if (reader.at > MAX_HEADER_BYTES) throw reader.corrupt('Its keys take over 4 MB.');
      }
      return null;
    }
    default: {
      const fixed = FIXED_BYTES[type];
      if (fixed === undefined) throw reader.corrupt(`A value has the unknown type ${type}.`);
      reader.take(fixed);
      return null;
    }
  }
}

function readInfo(reader: ByteReader): TensorInfo {
  const name = readText(reader);
  const nDims = reader.u32();
  if (nDims > 4) throw reader.corrupt(`"${name}" claims ${nDims} dimensions.`);
  const dims = Array.from({ length: nDims }, () => reader.u64());
  return { name, dims, type: reader.u32(), offset: reader.u64() };
}

function alignmentOf(keys: ReadonlyMap<string, KeyValue>, reader: ByteReader): number {
  const alignment = keys.get('general.alignment') ?? ALIGNMENT;
  if (typeof alignment === 'number' && [8, 16, 32, 64, 128, 256, 4096].includes(alignment)) {
    return alignment;
  }
  throw reader.corrupt(`Its alignment is ${alignment}.`);
}

function alignUp(at: number, alignment: number): number {
  return Math.ceil(at / alignment) * alignment;
}
