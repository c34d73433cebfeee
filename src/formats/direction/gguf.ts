// Control vectors from GGUF, which llama.cpp and repeng read and write (gguf specification v3,
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): `direction.<k>`, F32, one vector a layer,
// added to the output of block k. For llama.cpp k starts at 1, so block 0 cannot be reached; EasySteer's files
// start at 0 and are read too.

import type { Contrast, Pooling } from '../../core/direction';
import { CONTRASTS, POOLINGS } from '../../core/direction';
import { ByteReader } from './byte-reader';
import type { DirectionFile } from './direction-file';
import { requireFinite, requireSize, NO_DECLARATION, stack, unknownOrigin } from './direction-file';
import { DirectionFileError } from './direction-file-error';
import { readGgufHead, type TensorInfo } from '../gguf/read';
import { TENSOR_TYPES } from '../gguf/write';

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
  const { keys, tensors: infos, start } = readGgufHead(reader, file, refuse);
  const architecture = keys.get('general.architecture');
  if (architecture !== 'controlvector') {
    refuse(`It holds "${String(architecture ?? 'nothing named')}", not a control vector.`);
  }
  const count = keys.get('controlvector.layer_count');
  if (count !== undefined && (typeof count !== 'number' || count < 0)) {
    refuse('Its layer_count is not a number of layers.');
  }
  // All of one size, as is checked below. Several may claim the same bytes, and each would be copied.
  if (infos.length * (infos[0]?.dims[0] ?? 0) * 4 > bytes.length) {
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
  if (type !== TENSOR_TYPES.F32) refuse(`is of type ${type}, not F32.`);
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

function oneOf<T extends string>(known: readonly T[], value: unknown): T | null {
  return known.find((one) => one === value) ?? null;
}
