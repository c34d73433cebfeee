// Control vectors from GGUF, which llama.cpp and repeng read and write (gguf specification v3,
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): `direction.<k>`, F32, one vector a layer,
// added to the output of block k. For llama.cpp k starts at 1, so block 0 cannot be reached; EasySteer's files
// start at 0 and are read too.

import type { Contrast, Pooling } from '../../core/direction';
import { CONTRASTS, POOLINGS } from '../../core/direction';
import { ByteReader } from './byte-reader';
import type { DirectionFile } from './direction-file';
import {
  MAX_HEADER_BYTES,
  requireFinite,
  requireHeader,
  requireSize,
  NO_DECLARATION,
  stack,
  unknownOrigin,
} from './direction-file';
import { DirectionFileError } from './direction-file-error';
import { ALIGNMENT, F32, FLOAT32, INT32, MAGIC, STRING, UINT32, VERSION } from './write-gguf';

const MAX_TENSORS = 4096;
const MAX_KEYS = 4096;
const MAX_TEXT_BYTES = 1 << 20;
const MAX_ARRAY_DEPTH = 4;

/** GGUF value types. */
const ARRAY = 9;
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

type GgufValue = string | number | null;

interface TensorInfo {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: number;
  readonly offset: number;
}

/**
 * A control vector of llama.cpp, repeng or this page.
 * @throws DirectionFileError for a file that is not one, or is broken, too large or not finite.
 */
export function readGguf(bytes: Uint8Array, file: string): DirectionFile {
  requireSize(bytes, file);
  const refuse = (reason: string, advice = 'Choose a GGUF control vector.'): never => {
    throw new DirectionFileError('unsupported', file, reason, advice);
  };
  const reader = new ByteReader(bytes, file);
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
  const keys = new Map<string, GgufValue>();
  for (let i = 0; i < nKeys; i++) {
    const key = readText(reader);
    keys.set(key, readValue(reader, reader.u32(), 0));
    requireHeader(reader.at, file);
  }
  const architecture = keys.get('general.architecture');
  if (architecture !== 'controlvector') {
    refuse(`It holds "${String(architecture ?? 'nothing named')}", not a control vector.`);
  }
  const count = keys.get('controlvector.layer_count');
  if (count !== undefined && (typeof count !== 'number' || count < 0)) {
    refuse('Its layer_count is not a number of layers.');
  }
  const infos = Array.from({ length: nTensors }, () => readInfo(reader));
  requireHeader(reader.at, file);
  const start = alignUp(reader.at, alignmentOf(keys, reader));
  // All of one size, as is checked below. Several may claim the same bytes, and each would be copied.
  if (nTensors * (infos[0]?.dims[0] ?? 0) * 4 > bytes.length) {
    throw reader.corrupt('Its vectors take more bytes than it has.');
  }
  const rows = infos.map((info) => ({
    index: indexOf(info, file),
    data: readVector(info, infos[0]!, start, reader, file),
  }));
  if (rows.length === 0) {
    throw new DirectionFileError(
      'nothing-inside',
      file,
      'It is a control vector without vectors.',
      'Choose another file.',
    );
  }
  rows.sort((a, b) => a.index - b.index);
  const twice = rows.find(({ index }, i) => rows[i + 1]?.index === index);
  if (twice) throw reader.corrupt(`It has direction.${twice.index} twice.`);
  const name = keys.get('general.name');
  return {
    file,
    format: 'gguf',
    candidates: [
      {
        name: 'direction',
        indices: rows.map(({ index }) => index),
        rows: stack(
          rows.map(({ data }) => data),
          infos[0]!.dims[0]!,
        ),
        whole: false,
        ...NO_DECLARATION,
      },
    ],
    convention: 'block-output',
    origin: {
      ...unknownOrigin(typeof name === 'string' && name !== '' ? name : file),
      contrast: oneOf(Object.keys(CONTRASTS) as Contrast[], keys.get('postern.contrast')),
      pooling: oneOf<Pooling>(POOLINGS, keys.get('postern.pooling')),
    },
    notes: keys.has('postern.scale') ? [] : [rows[0]!.index === 0 ? FROM_ZERO : MEASURED],
    record: null,
  };
}

/** A note for files that llama.cpp refuses. */
const FROM_ZERO =
  'It has direction.0, as EasySteer writes it: direction.L is the output of block L. llama.cpp itself starts at direction.1.';
/** llama.cpp's tool names what it read after block k - 1 direction.k (tools/cvector-generator). */
const MEASURED =
  "direction.k is added to the output of block k. If llama.cpp's cvector-generator made this file, it measured direction.k one block earlier, at the output of block k − 1.";

function readText(reader: ByteReader): string {
  const length = reader.u64();
  if (length > MAX_TEXT_BYTES) throw reader.corrupt(`A text claims ${length} bytes.`);
  return reader.text(length);
}

/** Texts and numbers that are used here; everything else is stepped over. */
function readValue(reader: ByteReader, type: number, depth: number): GgufValue {
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

function indexOf({ name }: TensorInfo, file: string): number {
  const index = /^direction\.(-?\d{1,6})$/.exec(name)?.[1];
  if (index !== undefined && !index.startsWith('-')) return Number(index);
  throw new DirectionFileError(
    'unsupported',
    file,
    index === undefined
      ? `It holds "${name}", which no control vector has.`
      : `It holds "${name}"; a control vector has no negative layers.`,
    'Choose a GGUF control vector as llama.cpp, repeng or EasySteer write it.',
  );
}

function readVector(
  { name, dims, type, offset }: TensorInfo,
  first: TensorInfo,
  start: number,
  reader: ByteReader,
  file: string,
): Float32Array {
  const refuse = (reason: string): never => {
    throw new DirectionFileError(
      'unsupported',
      file,
      `"${name}" ${reason}`,
      'Write it again as F32 vectors of one size.',
    );
  };
  if (type !== F32) refuse(`is of type ${type}, not F32.`);
  if (dims.length !== 1 || dims[0] === 0) refuse(`has shape [${dims.join(', ')}], not one vector.`);
  if (dims[0] !== first.dims[0]) {
    refuse(`has ${dims[0]} numbers, but "${first.name}" has ${first.dims[0]}.`);
  }
  reader.at = start;
  reader.take(offset);
  // A copy, also of a Node Buffer, whose own slice is a view.
  const data = new Float32Array(new Uint8Array(reader.slice(4 * dims[0]!)).buffer);
  requireFinite(data, name, file);
  return data;
}

function alignmentOf(keys: ReadonlyMap<string, GgufValue>, reader: ByteReader): number {
  const alignment = keys.get('general.alignment') ?? ALIGNMENT;
  if (typeof alignment === 'number' && [8, 16, 32, 64, 128, 256, 4096].includes(alignment)) {
    return alignment;
  }
  throw reader.corrupt(`Its alignment is ${alignment}.`);
}

function alignUp(at: number, alignment: number): number {
  return Math.ceil(at / alignment) * alignment;
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | null {
  return known.find((one) => one === value) ?? null;
}
