// PyTorch's `.pt` (torch.save since 1.6): a zip of one pickle and one file a storage, as persona_vectors
// writes `{trait}_{response_avg,prompt_avg,prompt_last}_diff.pt` [n_layers + 1, d_model] and the
// emergent-misalignment repositories their means. Read only, and tensors only: pickle.ts calls nothing.

import { unzipSync } from 'fflate';
import { toTensor } from '../../checkpoint/safetensors';
import type { Pooling } from '../../core/direction';
import type { Tensor } from '../../core/tensor';
import { sizeOf } from '../../core/tensor';
import type { NamedTensor } from './candidates';
import { candidatesOf } from './candidates';
import type { DirectionFile } from './direction-file';
import { MAX_FILE_BYTES, requireSize, unknownOrigin } from './direction-file';
import { DirectionFileError } from './error';
import type { PickleTensor, PickleValue } from './pickle';
import { readPickle } from './pickle';

const MAX_ENTRIES = 4096;
const MAX_RANK = 4;
const MAX_TENSORS = 4096;
const MAX_ELEMENTS = MAX_FILE_BYTES / 4;
const WIDTH = { F32: 4, F16: 2, BF16: 2 } as const;

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
  const value = readPickle(entries.get(pickle)!, file);
  const storages = new Map<string, Float32Array>();
  let elements = 0;
  const tensors = tensorsIn(value, file).map(({ name, tensor }): NamedTensor => {
    const { key, dtype } = tensor.storage;
    const id = `${dtype} ${key}`;
    const all = storages.get(id) ?? numbersOf(tensor, entries.get(`${root}data/${key}`), file);
    storages.set(id, all);
    // A stride of 0 makes much of little.
    elements += sizeOf(tensor.dims);
    if (!(elements <= MAX_ELEMENTS)) throw corrupt(file, `"${name}" has too many numbers.`);
    return { name, tensor: gather(tensor, all, name, file) };
  });
  return {
    file,
    format: 'pt',
    candidates: candidatesOf(tensors, file),
    convention: null,
    origin: { ...unknownOrigin(file.replace(/\.pt$/i, '')), pooling: poolingOf(file) },
    record: null,
  };
}

/** What persona_vectors' file names say. */
function poolingOf(file: string): Pooling | null {
  if (/response_avg/.test(file)) return 'answer-mean';
  return /prompt_last/.test(file) ? 'last-prompt' : null;
}

function unzip(bytes: Uint8Array, file: string): ReadonlyMap<string, Uint8Array> {
  let entries = 0;
  let total = 0;
  try {
    const files = unzipSync(bytes, {
      filter: ({ originalSize, size }) => {
        entries += 1;
        total += Math.max(originalSize, size);
        if (entries > MAX_ENTRIES || !(total <= MAX_FILE_BYTES)) {
          throw new DirectionFileError(
            'too-large',
            file,
            'Unpacked it would be larger than any direction.',
            'Save the tensor alone with torch.save.',
          );
        }
        return true;
      },
    });
    return new Map(Object.entries(files));
  } catch (error) {
    if (error instanceof DirectionFileError) throw error;
    throw new DirectionFileError(
      'corrupt',
      file,
      `It cannot be unzipped (${error instanceof Error ? error.message : String(error)}).`,
      'Get the file again; a .pt from before PyTorch 1.6 has to be saved anew.',
    );
  }
}

/** Every tensor with its path, each container looked into once, however often it occurs. */
function tensorsIn(
  root: PickleValue,
  file: string,
): readonly { readonly name: string; readonly tensor: PickleTensor }[] {
  const found: { name: string; tensor: PickleTensor }[] = [];
  const seen = new Set<PickleValue>();
  const left: { name: string; value: PickleValue }[] = [{ name: '', value: root }];
  for (let next = left.pop(); next; next = left.pop()) {
    const { name, value } = next;
    if (typeof value !== 'object' || value === null) continue;
    if (seen.has(value)) continue;
    seen.add(value);
    if (value.kind === 'tensor') found.push({ name: name || 'tensor', tensor: value });
    const inside = (key: string): string => (name === '' ? key : `${name}.${key}`);
    if (value.kind === 'list' || value.kind === 'tuple') {
      const items = value.items.map((item, i) => ({ name: inside(String(i)), value: item }));
      for (const item of items.reverse()) left.push(item);
    } else if (value.kind === 'dict') {
      const items = value.entries.flatMap(([key, item]) =>
        typeof key === 'string' || typeof key === 'number'
          ? [{ name: inside(String(key).slice(0, 200)), value: item }]
          : [],
      );
      for (const item of items.reverse()) left.push(item);
    }
    if (found.length > MAX_TENSORS || name.length > 2000) {
      throw new DirectionFileError(
        'too-large',
        file,
        `It holds more than ${MAX_TENSORS} tensors, or nests them too deep.`,
        'Save the tensor that is meant alone.',
      );
    }
  }
  return found;
}

/** All numbers of a storage, as f32. */
function numbersOf(
  { storage: { dtype, key, numel } }: PickleTensor,
  bytes: Uint8Array | undefined,
  file: string,
): Float32Array {
  const found = bytes ? bytes.length / WIDTH[dtype] : 0;
  if (!bytes || found !== numel) {
    throw corrupt(file, `Its storage "${key}" should have ${numel} numbers, not ${found}.`);
  }
  return toTensor({ name: key, file, dtype, dims: [numel], bytes }).data;
}

/** A tensor laid out row-major, from a storage read through its strides. */
function gather(
  { offset, dims, strides }: PickleTensor,
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
