// A reader of Python pickles as PyTorch and NumPy write them (protocols 2 to 5; opcodes after CPython's
// pickletools), that builds data and never calls anything (pickle-values.ts). Every opcode and global beyond
// what files of tensors need is refused by name.

import { ByteReader } from './byte-reader';
import { DirectionFileError } from './direction-file-error';
import type { PickleValue } from './pickle-values';
import { buildPickle, callPickle, isBeside, isKnownGlobal, storageOf } from './pickle-values';

const MARK: PickleValue = { kind: 'mark' };
/** A direction takes some tens of opcodes a tensor. */
const MAX_OPS = 1_000_000;

/** Opcodes that are refused, so that the message can name the likely ones. */
const REFUSED: Readonly<Record<string, string>> = {
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
  '\x82': 'EXT1',
  '\x83': 'EXT2',
  '\x84': 'EXT4',
  '\x92': 'NEWOBJ_EX',
  '\x97': 'NEXT_BUFFER',
  '\x98': 'READONLY_BUFFER',
};

/**
 * The value of a pickle.
 * @throws DirectionFileError 'unsupported' for an opcode or a global beyond tensors, 'corrupt' or 'truncated'
 *   for a broken pickle.
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

  const pushGlobal = (name: string): void => {
    if (!isKnownGlobal(name)) throw refuse(`names "${name.slice(0, 80)}"`);
    stack.push({ kind: 'global', name });
  };

  for (let ops = 0; ops < MAX_OPS; ops++) {
    const code = String.fromCharCode(reader.u8());
    switch (code) {
      case '\x80': {
        const protocol = reader.u8();
        if (protocol < 2 || protocol > 5) throw refuse(`has protocol ${protocol}, not 2 to 5`);
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
      case '\x8c':
        stack.push(reader.text(reader.u8()));
        break;
      case '\x8d':
        stack.push(reader.text(reader.u64()));
        break;
      case 'C':
        stack.push({ kind: 'bytes', bytes: reader.slice(reader.u8()) });
        break;
      case 'B':
        stack.push({ kind: 'bytes', bytes: reader.slice(reader.u32()) });
        break;
      case '\x8e':
      case '\x96':
        stack.push({ kind: 'bytes', bytes: reader.slice(reader.u64()) });
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
      case '\x91':
        stack.push({ kind: 'list', items: popToMark() });
        break;
      case ']':
      case '\x8f':
        stack.push({ kind: 'list', items: [] });
        break;
      case '}':
        stack.push({ kind: 'dict', entries: [], ordered: false });
        break;
      case 'a': {
        const value = pop();
        top('list').items.push(value);
        break;
      }
      case 'e':
      case '\x90': {
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
        pushGlobal(`${reader.line()}.${reader.line()}`);
        break;
      }
      case '\x93': {
        const name = textOf(pop());
        pushGlobal(`${textOf(pop())}.${name}`);
        break;
      }
      case 'Q':
        stack.push(storageOf(pop(), reader));
        break;
      case 'R': {
        const args = pop();
        stack.push(callPickle(pop(), args, reader));
        break;
      }
      case '\x81': {
        pop();
        const top = pop();
        if (typeof top !== 'object' || top?.kind !== 'global' || !isBeside(top.name)) {
          throw refuse('has the opcode NEWOBJ');
        }
        stack.push({ kind: 'opaque', name: top.name });
        break;
      }
      case 'b': {
        const state = pop();
        const built = pop();
        if (!buildPickle(built, state)) throw refuse('has the opcode BUILD');
        stack.push(built);
        break;
      }
      case '\x94':
        remember(memo.size);
        break;
      case '\x95':
        reader.u64();
        break;
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

/** The text on the stack; of anything else the name of its kind, which no allowed global has. */
function textOf(value: PickleValue): string {
  return typeof value === 'string' ? value : `<${typeof value}>`;
}
