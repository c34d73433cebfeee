// A reader of Python pickles as PyTorch writes them (protocol 2; opcodes after CPython's pickletools),
// that builds data and never calls anything: of all globals it knows the storages, the rebuilding of a
// tensor and OrderedDict, as names. Every other opcode or global is refused by name.

import { ByteReader } from './byte-reader';
import { DirectionFileError } from './error';

/** Bytes of a tensor, kept beside the pickle. */
export interface PickleStorage {
  readonly kind: 'storage';
  readonly dtype: 'F32' | 'F16' | 'BF16';
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

/** May contain itself, as in Python. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | { readonly kind: 'mark' }
  | { readonly kind: 'global'; readonly name: string }
  | { readonly kind: 'list'; readonly items: PickleValue[] }
  | { readonly kind: 'tuple'; readonly items: PickleValue[] }
  | { readonly kind: 'dict'; readonly entries: [PickleValue, PickleValue][] }
  | PickleStorage
  | PickleTensor;

const STORAGES: Readonly<Record<string, PickleStorage['dtype']>> = {
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
};
const REBUILD = 'torch._utils._rebuild_tensor_v2';
const ORDERED_DICT = 'collections.OrderedDict';

const MARK: PickleValue = { kind: 'mark' };
/** A direction takes some tens of opcodes a tensor. */
const MAX_OPS = 1_000_000;

/** Opcodes that are refused, so that the message can name the likely ones. */
const REFUSED: Readonly<Record<string, string>> = {
  b: 'BUILD',
  i: 'INST',
  o: 'OBJ',
  P: 'PERSID',
  F: 'FLOAT',
  I: 'INT',
  L: 'LONG',
  S: 'STRING',
  V: 'UNICODE',
  '0': 'POP',
  '1': 'POP_MARK',
  '2': 'DUP',
  '\x81': 'NEWOBJ',
  '\x82': 'EXT1',
  '\x83': 'EXT2',
  '\x84': 'EXT4',
  '\x8c': 'SHORT_BINUNICODE',
  '\x92': 'NEWOBJ_EX',
  '\x93': 'STACK_GLOBAL',
  '\x94': 'MEMOIZE',
  '\x95': 'FRAME',
};

/**
 * What a pickle stands for.
 * @throws DirectionFileError 'unsupported' for an opcode or a global beyond tensors, 'corrupt' or
 *   'truncated' for a broken pickle.
 */
export function readPickle(bytes: Uint8Array, file: string): PickleValue {
  const reader = new ByteReader(bytes, file);
  const stack: PickleValue[] = [];
  const memo = new Map<number, PickleValue>();
  const refuse = (what: string): DirectionFileError =>
    new DirectionFileError(
      'unsupported',
      file,
      `Its pickle ${what}, which a file of tensors does not need.`,
      'Save the tensor alone: torch.save(tensor.float(), "direction.pt").',
    );
  const pop = (): PickleValue => {
    const value = stack.pop();
    if (value === undefined || value === MARK) throw reader.corrupt('Its pickle is out of step.');
    return value;
  };
  const popToMark = (): PickleValue[] => {
    const at = stack.lastIndexOf(MARK);
    if (at < 0) throw reader.corrupt('Its pickle is out of step.');
    const values = stack.splice(at);
    return values.slice(1);
  };
  const top = <K extends 'list' | 'dict'>(kind: K): Extract<PickleValue, { kind: K }> => {
    const value = stack.at(-1);
    if (typeof value !== 'object' || value === null || value.kind !== kind) {
      throw reader.corrupt(`Its pickle fills a ${kind} that is not there.`);
    }
    return value as Extract<PickleValue, { kind: K }>;
  };
  const tuple = (items: PickleValue[]): void => void stack.push({ kind: 'tuple', items });
  const remember = (at: number): void => {
    const value = stack.at(-1);
    if (value === undefined) throw reader.corrupt('Its pickle is out of step.');
    memo.set(at, value);
  };
  const recall = (at: number): void => {
    const value = memo.get(at);
    if (value === undefined) throw reader.corrupt('Its pickle recalls what it never kept.');
    stack.push(value);
  };
  const setItems = (values: readonly PickleValue[]): void => {
    if (values.length % 2 !== 0) throw reader.corrupt('Its pickle has a key without a value.');
    const { entries } = top('dict');
    for (let i = 0; i < values.length; i += 2) entries.push([values[i]!, values[i + 1]!]);
  };

  for (let ops = 0; ops < MAX_OPS; ops++) {
    const code = String.fromCharCode(reader.u8());
    switch (code) {
      case '\x80': {
        const protocol = reader.u8();
        if (protocol !== 2) throw refuse(`has protocol ${protocol} instead of 2`);
        break;
      }
      case '.':
        return pop();
      case '(':
        stack.push(MARK);
        break;
      case 'N':
        stack.push(null);
        break;
      case '\x88':
        stack.push(true);
        break;
      case '\x89':
        stack.push(false);
        break;
      case 'K':
        stack.push(reader.u8());
        break;
      case 'M':
        stack.push(reader.u16());
        break;
      case 'J':
        stack.push(reader.i32());
        break;
      case '\x8a':
        stack.push(longInteger(reader.slice(reader.u8()), reader));
        break;
      case 'G':
        stack.push(reader.f64BigEndian());
        break;
      case 'X':
        stack.push(reader.text(reader.u32()));
        break;
      case 'U':
        stack.push(reader.text(reader.u8()));
        break;
      case ')':
        tuple([]);
        break;
      case '\x85':
        tuple([pop()]);
        break;
      case '\x86': {
        const b = pop();
        tuple([pop(), b]);
        break;
      }
      case '\x87': {
        const c = pop();
        const b = pop();
        tuple([pop(), b, c]);
        break;
      }
      case 't':
        tuple(popToMark());
        break;
      case ']':
        stack.push({ kind: 'list', items: [] });
        break;
      case '}':
        stack.push({ kind: 'dict', entries: [] });
        break;
      case 'a': {
        const value = pop();
        top('list').items.push(value);
        break;
      }
      case 'e': {
        const values = popToMark();
        const { items } = top('list');
        for (const value of values) items.push(value);
        break;
      }
      case 's': {
        const value = pop();
        setItems([pop(), value]);
        break;
      }
      case 'u':
        setItems(popToMark());
        break;
      case 'q':
        remember(reader.u8());
        break;
      case 'r':
        remember(reader.u32());
        break;
      case 'h':
        recall(reader.u8());
        break;
      case 'j':
        recall(reader.u32());
        break;
      case 'c': {
        const name = `${reader.line()}.${reader.line()}`;
        if (name !== REBUILD && name !== ORDERED_DICT && !Object.hasOwn(STORAGES, name)) {
          throw refuse(`names "${name.slice(0, 80)}"`);
        }
        stack.push({ kind: 'global', name });
        break;
      }
      case 'Q':
        stack.push(storage(pop(), reader));
        break;
      case 'R': {
        const args = pop();
        stack.push(rebuild(pop(), args, reader));
        break;
      }
      default: {
        const hex = code.charCodeAt(0).toString(16).padStart(2, '0');
        throw refuse(`has the opcode ${REFUSED[code] ?? `0x${hex}`}`);
      }
    }
  }
  throw reader.corrupt(`Its pickle has more than ${MAX_OPS} steps.`);
}

/** Two's complement, little-endian. */
function longInteger(bytes: Uint8Array, reader: ByteReader): number {
  if (bytes.length > 8) throw reader.corrupt('A whole number is beyond reason.');
  let value = 0n;
  bytes.forEach((byte, i) => (value |= BigInt(byte) << BigInt(8 * i)));
  return Number(BigInt.asIntN(8 * bytes.length, value));
}

function storage(id: PickleValue, reader: ByteReader): PickleStorage {
  const [tag, type, key, , numel] = itemsOf(id) ?? [];
  const name = typeof type === 'object' && type?.kind === 'global' ? type.name : '';
  const dtype = Object.hasOwn(STORAGES, name) ? STORAGES[name] : undefined;
  if (tag !== 'storage' || !dtype || typeof key !== 'string' || !isCount(numel)) {
    throw reader.corrupt('Its pickle refers to something that is no storage.');
  }
  return { kind: 'storage', dtype, key, numel };
}

/** The two calls of a file of tensors, read as data. */
function rebuild(callee: PickleValue, args: PickleValue, reader: ByteReader): PickleValue {
  const items = itemsOf(args);
  const name =
    typeof callee === 'object' && callee?.kind === 'global' ? callee.name : 'something unnamed';
  if (name === ORDERED_DICT && items?.length === 0) return { kind: 'dict', entries: [] };
  if (name !== REBUILD || !items) {
    throw reader.corrupt(`Its pickle calls ${name} in a way that no tensor needs.`);
  }
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
    throw reader.corrupt('Its pickle describes a tensor that cannot be.');
  }
  return { kind: 'tensor', storage: of, offset, dims, strides };
}

function itemsOf(value: PickleValue): readonly PickleValue[] | null {
  return typeof value === 'object' && value?.kind === 'tuple' ? value.items : null;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
