// The values of a pickle of tensors, as data. Known globals are those that PyTorch and NumPy need for
// tensors, arrays and scalars, and harmless ones that people save next to them (paths, dates, devices), which
// become a name only. Nothing is ever called: every other global is refused by name.

import type { ByteReader } from './byte-reader';

/** Numbers as they lie in a file; `other`: of a kind that is not read (complex, quantised, 8-bit float). */
export type NumberType =
  'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL' | 'other';

/** Bytes of a tensor, stored in a separate file. */
export interface PickleStorage {
  readonly kind: 'storage';
  readonly dtype: NumberType;
  readonly key: string;
  readonly numel: number;
}

export interface PickleTensor {
  readonly kind: 'tensor';
  readonly storage: PickleStorage;
  /** In elements of the storage, as the strides. */
  readonly offset: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
}

/** A dtype of NumPy: 'f8', '<'. */
interface PickleDtype {
  readonly kind: 'dtype';
  readonly code: string;
  order: string;
}

/** An array of NumPy; made empty, then filled. */
export interface PickleArray {
  readonly kind: 'array';
  dtype: NumberType;
  dims: readonly number[];
  /** Column by column. */
  fortran: boolean;
  /** Little-endian; null: of a type that is not read. */
  bytes: Uint8Array | null;
}

/** May contain itself, as in Python. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | { readonly kind: 'mark' }
  | { readonly kind: 'global'; readonly name: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'list'; readonly items: PickleValue[] }
  | { readonly kind: 'tuple'; readonly items: PickleValue[] }
  | {
      readonly kind: 'dict';
      readonly entries: [PickleValue, PickleValue][];
      /** It came from OrderedDict, which may carry attributes. */
      readonly ordered: boolean;
    }
  /** Something that is not read. */
  | { readonly kind: 'opaque'; readonly name: string }
  | PickleDtype
  | PickleArray
  | PickleStorage
  | PickleTensor;

const STORAGES: Readonly<Record<string, NumberType>> = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
  'torch.ComplexDoubleStorage': 'other',
  'torch.ComplexFloatStorage': 'other',
  'torch.QUInt8Storage': 'other',
  'torch.QInt8Storage': 'other',
  'torch.QInt32Storage': 'other',
  'torch.storage.UntypedStorage': 'other',
  'torch.storage._UntypedStorage': 'other',
};

const NUMPY: Readonly<Record<string, NumberType>> = {
  f8: 'F64',
  f4: 'F32',
  f2: 'F16',
  i8: 'I64',
  i4: 'I32',
  i2: 'I16',
  i1: 'I8',
  u1: 'U8',
  b1: 'BOOL',
};

/** Bytes of one number. */
export const WIDTH: Readonly<Record<Exclude<NumberType, 'other'>, number>> = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2 },
  ...{ I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 },
};

export function isNumberType(dtype: string): dtype is keyof typeof WIDTH {
  return Object.hasOwn(WIDTH, dtype);
}

type Call = (args: readonly PickleValue[], reader: ByteReader) => PickleValue | null;

const orderedDict: Call = (args) =>
  args.length === 0 ? { kind: 'dict', entries: [], ordered: true } : null;
const firstTensor: Call = ([tensor]) =>
  typeof tensor === 'object' && tensor?.kind === 'tensor' ? tensor : null;
const scalar: Call = ([dtype, data]) => {
  if (typeof dtype !== 'object' || dtype?.kind !== 'dtype') return null;
  const type = NUMPY[dtype.code];
  const bytes = bytesOf(data);
  if (type === undefined || type === 'F16' || bytes?.length !== WIDTH[type as 'F32']) {
    return { kind: 'opaque', name: `numpy.${dtype.code}` };
  }
  return numberAt(bytes, type, dtype.order !== '>');
};
const emptyArray = (): PickleArray => ({
  kind: 'array',
  dtype: 'other',
  dims: [],
  fortran: false,
  bytes: null,
});
const fromBuffer: Call = ([data, dtype, shape, order]) => {
  const array = emptyArray();
  fillArray(array, [1, shape ?? null, dtype ?? null, order === 'F', data ?? null]);
  return array;
};

/** The calls of a file of tensors, read as data; null: not in a way that makes sense. */
const CALLS: Readonly<Record<string, Call>> = {
  'collections.OrderedDict': orderedDict,
  'collections.defaultdict': () => ({ kind: 'dict', entries: [], ordered: true }),
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': firstTensor,
  'torch._utils._rebuild_parameter_with_state': firstTensor,
  'torch._tensor._rebuild_from_type_v2': ([callee, , args], reader) =>
    callee === undefined ? null : callPickle(callee, args ?? null, reader),
  'torch.Size': ([sizes]) => (typeof sizes === 'object' && sizes?.kind === 'tuple' ? sizes : null),
  '_codecs.encode': ([text]) =>
    typeof text === 'string' ? { kind: 'bytes', bytes: latinBytes(text) } : null,
  'numpy.dtype': ([code]) =>
    typeof code === 'string'
      ? { kind: 'dtype', code: code.replace(/^[<>=|]/, ''), order: '<' }
      : null,
  'numpy.core.multiarray.scalar': scalar,
  'numpy._core.multiarray.scalar': scalar,
  'numpy.core.multiarray._reconstruct': emptyArray,
  'numpy._core.multiarray._reconstruct': emptyArray,
  'numpy.core.numeric._frombuffer': fromBuffer,
  'numpy._core.numeric._frombuffer': fromBuffer,
};

/** Objects that people save next to tensors. Their names are shown; they are never constructed. */
const BESIDE =
  /^(?:torch\.device|torch\.(?:u?int|float|bfloat|complex|bool|half|double|long|short)\w*|torch\._utils\._rebuild_tensor_v3|torch\.(?:Tensor|nn\.parameter\.Parameter)|numpy\.(?:ndarray|u?int\d+|float\d+|bool_?)|pathlib\.\w*Path|datetime\.(?:datetime|date|time|timedelta|timezone)|argparse\.Namespace|copy_?reg\._reconstructor|(?:builtins|__builtin__)\.(?:object|set|frozenset|complex|bytearray|int|float|str|bool|list|dict|tuple))$/;

/** Whether a global may be named in a file of tensors. */
export function isKnownGlobal(name: string): boolean {
  return Object.hasOwn(CALLS, name) || Object.hasOwn(STORAGES, name) || BESIDE.test(name);
}

/** Whether objects of this class are read as nothing but a name. */
export const isBeside = (name: string): boolean => BESIDE.test(name);

/** @throws DirectionFileError 'corrupt' for what is no storage. */
export function storageOf(id: PickleValue, reader: ByteReader): PickleStorage {
  const [tag, type, key, , numel] = itemsOf(id) ?? [];
  const name = typeof type === 'object' && type?.kind === 'global' ? type.name : '';
  const dtype = Object.hasOwn(STORAGES, name) ? STORAGES[name] : undefined;
  if (tag !== 'storage' || !dtype || typeof key !== 'string' || !isCount(numel)) {
    throw reader.corrupt('Its pickle refers to a storage that cannot be.');
  }
  return { kind: 'storage', dtype, key, numel };
}

/** The result of a Python call, as data. @throws DirectionFileError 'corrupt'. */
export function callPickle(
  callee: PickleValue,
  args: PickleValue,
  reader: ByteReader,
): PickleValue {
  const name =
    typeof callee === 'object' && callee?.kind === 'global' ? callee.name : 'something unnamed';
  const items = itemsOf(args);
  const call = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
  const built =
    items && (call ? call(items, reader) : isBeside(name) ? besides(name, items) : null);
  if (built == null)
    throw reader.corrupt(`Its pickle calls ${name} in a way that no tensor needs.`);
  return built;
}

/** A set is a list here; anything else is but a name. */
function besides(name: string, [first]: readonly PickleValue[]): PickleValue {
  if (/\.(?:frozen)?set$/.test(name) && typeof first === 'object' && first?.kind === 'list') {
    return first;
  }
  return { kind: 'opaque', name };
}

/** Gives an object its attributes; false where it has none to give. */
export function buildPickle(value: PickleValue, state: PickleValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  switch (value.kind) {
    case 'dtype': {
      const order = itemsOf(state)?.[1];
      if (typeof order === 'string') value.order = order;
      return true;
    }
    case 'array': {
      const items = itemsOf(state);
      if (items) fillArray(value, items);
      return items !== null;
    }
    case 'dict':
      return value.ordered;
    case 'opaque':
    case 'tensor':
      return true;
    case 'bytes':
    case 'global':
    case 'list':
    case 'mark':
    case 'storage':
    case 'tuple':
      return false;
  }
}

function fillArray(array: PickleArray, items: readonly PickleValue[]): void {
  const [, shape, dtype, fortran, data] = items;
  const dims = itemsOf(shape ?? null);
  const bytes = bytesOf(data);
  if (!dims?.every(isCount) || typeof dtype !== 'object' || dtype?.kind !== 'dtype') return;
  array.dims = dims;
  array.dtype = NUMPY[dtype.code] ?? 'other';
  array.fortran = fortran === true;
  const swaps = dtype.order === '>' && array.dtype !== 'other' && bytes !== null;
  array.bytes = swaps ? swapped(bytes, WIDTH[array.dtype as keyof typeof WIDTH]) : bytes;
}

/** Numbers of `width` bytes each in the other byte order; bytes that make no whole number are left out. */
function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const made = new Uint8Array(bytes.length - (bytes.length % width));
  for (let at = 0; at < made.length; at += width) {
    made.set(
      bytes
        .subarray(at, at + width)
        .slice()
        .reverse(),
      at,
    );
  }
  return made;
}

function rebuildTensor(items: readonly PickleValue[]): PickleTensor | null {
  const [of, offset, size, stride] = items;
  const dims = itemsOf(size ?? null);
  const strides = itemsOf(stride ?? null);
  if (
    typeof of !== 'object' ||
    of?.kind !== 'storage' ||
    !isCount(offset) ||
    !dims?.every(isCount) ||
    !strides?.every(isCount) ||
    dims.length !== strides.length
  ) {
    return null;
  }
  return { kind: 'tensor', storage: of, offset, dims, strides };
}

/** The first number of some bytes. */
export function numberAt(bytes: Uint8Array, type: NumberType, little = true): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'F64':
      return view.getFloat64(0, little);
    case 'F32':
      return view.getFloat32(0, little);
    case 'I64':
      return Number(view.getBigInt64(0, little));
    case 'I32':
      return view.getInt32(0, little);
    case 'I16':
      return view.getInt16(0, little);
    case 'I8':
      return view.getInt8(0);
    case 'U8':
    case 'BOOL':
      return view.getUint8(0);
    case 'F16':
    case 'BF16':
    case 'other':
      return NaN;
  }
}

function bytesOf(value: PickleValue | undefined): Uint8Array | null {
  if (typeof value === 'string') return latinBytes(value);
  return typeof value === 'object' && value?.kind === 'bytes' ? value.bytes : null;
}

/** Bytes of a text in which each character is one. */
function latinBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function itemsOf(value: PickleValue): readonly PickleValue[] | null {
  return typeof value === 'object' && value?.kind === 'tuple' ? value.items : null;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
