// PyTorch's `.pt` (torch.save since 1.6): a zip of one pickle and one file a storage, as persona_vectors
// writes `{trait}_{response_avg,prompt_avg,prompt_last}_diff.pt` [n_layers + 1, d_model], refusal_direction its
// means in 64 bits, and the emergent-misalignment repositories theirs. A bare pickle of arrays or lists is
// read as well. Read only: pickle.ts calls nothing. What is no tensor of floats is left out and named.

import type { Pooling } from '../../core/direction';
import type { Tensor } from '../../core/tensor';
import { sizeOf } from '../../core/tensor';
import { unzipWithin, ZipError } from '../zip';
import type { NamedTensor } from './candidates';
import { candidatesOf } from './candidates';
import type { DirectionFile } from './direction-file';
import { MAX_FILE_BYTES, requireHeader, requireSize, unknownOrigin } from './direction-file';
import { DirectionFileError } from './direction-file-error';
import type { Fact } from './facts';
import { poolingIn, unusedFacts } from './facts';
import { type FloatType, isFloatType, leftOut, ROUNDED, toFloats } from './floats';
import { readPickle } from './pickle';
import { contentOf, type NamedPickle } from './pickle-content';
import { numberAt, type PickleArray, type PickleTensor, WIDTH } from './pickle-values';

const MAX_ENTRIES = 5000;
const MAX_RANK = 4;
const MAX_ELEMENTS = MAX_FILE_BYTES / 4;

/** Bytes of a storage by its key. */
type Storages = (key: string) => Uint8Array | undefined;

/** @throws DirectionFileError for a file without tensors, or broken, too large or not finite. */
export function readPt(bytes: Uint8Array, file: string): DirectionFile {
  requireSize(bytes, file);
  const entries = unzip(bytes, file);
  const pickle = [...entries.keys()].find((name) => name.endsWith('/data.pkl'));
  if (pickle === undefined) {
    throw new DirectionFileError(
      'unsupported',
      file,
      'It is a zip, but not one that PyTorch made: it has no data.pkl.',
      'Save the tensor with torch.save.',
    );
  }
  const root = pickle.slice(0, -'data.pkl'.length);
  const order = entries.get(`${root}byteorder`);
  if (order && new TextDecoder().decode(order) !== 'little') {
    throw new DirectionFileError(
      'unsupported',
      file,
      'Its numbers are not little-endian.',
      'Save it again on another machine.',
    );
  }
  const data = entries.get(pickle)!;
  requireHeader(data.length, file);
  return directionOf(data, (key) => entries.get(`${root}data/${key}`), file);
}

/**
 * A pickle that is not in a zip: arrays of NumPy, or Python's own lists of floats.
 * @throws DirectionFileError as `readPt`
 */
export function readBarePickle(bytes: Uint8Array, file: string): DirectionFile {
  requireSize(bytes, file);
  return directionOf(bytes, () => undefined, file);
}

function directionOf(pickle: Uint8Array, storages: Storages, file: string): DirectionFile {
  const content = contentOf(readPickle(pickle, file), file);
  const read = new TensorReader(storages, file);
  const tensors: NamedTensor[] = [];
  const facts: Fact[] = [...content.facts];
  const skipped: string[] = [];
  for (const one of content.tensors) {
    const { name } = one;
    const number = read.single(one);
    if (number !== null) facts.push({ name, value: number });
    else {
      const tensor = read.tensor(one);
      if (tensor) tensors.push({ name, tensor });
      else skipped.push(name);
    }
  }
  return {
    file,
    format: 'pt',
    candidates: candidatesOf(tensors, file, facts),
    convention: null,
    origin: {
      ...unknownOrigin(file.replace(/\.(?:pt|pth|bin|pkl|pickle)$/i, '')),
      pooling: poolingOf(file) ?? poolingIn(facts),
    },
    notes: [
      ...(read.rounded ? [ROUNDED] : []),
      ...leftOut('not tensors of floats', skipped),
      ...leftOut('not tensors', [
        ...new Set([...content.others, ...unusedFacts(content.facts).filter(notOf(tensors))]),
      ]),
    ],
    record: null,
  };
}

/** Names that are not those of the containers of tensors. */
const notOf =
  (tensors: readonly NamedTensor[]) =>
  (name: string): boolean =>
    !tensors.some((tensor) => tensor.name === name || tensor.name.startsWith(`${name}.`));

/** Reads the numbers of each storage once. */
class TensorReader {
  readonly #storages: Storages;
  readonly #file: string;
  readonly #floats = new Map<string, Float32Array>();
  #elements = 0;
  /** Whether 64-bit floats were among them. */
  rounded = false;

  constructor(storages: Storages, file: string) {
    this.#storages = storages;
    this.#file = file;
  }

  /** The number of a tensor or array that holds one, such as `alpha`; null for any other. */
  single({ name, value }: NamedPickle): number | null {
    if (value.kind === 'rows' || sizeOf(value.dims) !== 1) return null;
    const dtype = value.kind === 'tensor' ? value.storage.dtype : value.dtype;
    if (dtype === 'other' || dtype === 'F16' || dtype === 'BF16') return null;
    const bytes = value.kind === 'tensor' ? this.#storages(value.storage.key) : value.bytes;
    const at = value.kind === 'tensor' ? value.offset * WIDTH[dtype] : 0;
    if (!bytes || at + WIDTH[dtype] > bytes.length) {
      throw corrupt(this.#file, `"${name}" reaches beyond its numbers.`);
    }
    return numberAt(bytes.subarray(at), dtype);
  }

  /** Null for what are no floats. */
  tensor({ name, value }: NamedPickle): Tensor | null {
    // A stride of 0 makes much of little.
    this.#elements += sizeOf(value.dims);
    if (!(this.#elements <= MAX_ELEMENTS)) {
      throw corrupt(this.#file, `"${name}" has too many numbers.`);
    }
    if (value.kind === 'rows') {
      const { buffer } = value.data;
      return { data: this.#convert(new Uint8Array(buffer), 'F64', name), dims: value.dims };
    }
    if (value.kind === 'array') return this.#array(name, value);
    const { storage } = value;
    if (!isFloatType(storage.dtype)) return null;
    const id = `${storage.dtype} ${storage.key}`;
    const all = this.#floats.get(id) ?? this.#storage(value, storage.dtype);
    this.#floats.set(id, all);
    return gather(value, all, name, this.#file);
  }

  #convert(bytes: Uint8Array, dtype: FloatType, name: string): Float32Array {
    if (dtype === 'F64') this.rounded = true;
    return toFloats(bytes, dtype, name, this.#file);
  }

  #array(name: string, { dtype, dims, fortran, bytes }: PickleArray): Tensor | null {
    if (!isFloatType(dtype) || !bytes) return null;
    if (bytes.length !== sizeOf(dims) * WIDTH[dtype]) {
      throw corrupt(this.#file, `"${name}" does not have the numbers that its shape needs.`);
    }
    let step = 1;
    const rowMajor = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
    const columnMajor = dims.map((dim) => (step *= dim) / dim);
    const strides = fortran ? columnMajor : rowMajor;
    const all = this.#convert(bytes, dtype, name);
    return gather({ offset: 0, dims, strides }, all, name, this.#file);
  }

  /** All numbers of a storage. */
  #storage({ storage: { key, numel } }: PickleTensor, dtype: FloatType): Float32Array {
    const bytes = this.#storages(key);
    const found = bytes ? bytes.length / WIDTH[dtype] : 0;
    if (!bytes || found !== numel) {
      throw corrupt(
        this.#file,
        `Its storage "${key.slice(0, 60)}" should have ${numel} numbers, not ${found}.`,
      );
    }
    return this.#convert(bytes, dtype, key);
  }
}

/** The pooling that persona_vectors' file names state. */
function poolingOf(file: string): Pooling | null {
  if (/response_avg/.test(file)) return 'answer-mean';
  return /prompt_last/.test(file) ? 'last-prompt' : null;
}

function unzip(bytes: Uint8Array, file: string): ReadonlyMap<string, Uint8Array> {
  try {
    return unzipWithin(bytes, { entries: MAX_ENTRIES, bytes: MAX_FILE_BYTES });
  } catch (error) {
    if (!(error instanceof ZipError)) throw error;
    throw new DirectionFileError(
      error.code,
      file,
      error.message,
      error.code === 'too-large' ? 'Save the tensor alone with torch.save.' : 'Get the file again.',
    );
  }
}

/** A tensor laid out row-major, from a storage read through its strides. */
function gather(
  { offset, dims, strides }: Pick<PickleTensor, 'offset' | 'dims' | 'strides'>,
  all: Float32Array,
  name: string,
  file: string,
): Tensor {
  if (dims.length > MAX_RANK) throw corrupt(file, `"${name}" has ${dims.length} axes.`);
  const size = sizeOf(dims);
  const last = dims.reduce((at, dim, axis) => at + (dim - 1) * strides[axis]!, offset);
  if (size > 0 && !(last < all.length)) {
    throw corrupt(file, `"${name}" reaches beyond its numbers.`);
  }
  const data = new Float32Array(size);
  const place = dims.map(() => 0);
  for (let i = 0, from = offset; i < size; i++) {
    data[i] = all[from]!;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      place[axis]! += 1;
      from += strides[axis]!;
      if (place[axis]! < dims[axis]!) break;
      from -= dims[axis]! * strides[axis]!;
      place[axis] = 0;
    }
  }
  return { data, dims };
}

function corrupt(file: string, reason: string): DirectionFileError {
  return new DirectionFileError('corrupt', file, reason, 'Get the file again.');
}
