// Fuzzes one parser: from a seed comes an input, and what it makes of it is held to what every parser promises.

import { createRng } from '../../src/core/rng';
import type { Input, Parser } from './parser';

export interface Tally {
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
}

/** What an input may become: 16 MiB, and 1,100 bytes for each of its own (deflate makes 1,032 of one). */
const MOST_BYTES = 16 << 20;
const MOST_PER_BYTE = 1100;
/** Not collected yet and never given back, bytes, for one small input. */
const MOST_ALLOCATED = 512 << 20;

/** An input that broke a promise, with all that it takes to make it again. */
class Broken extends Error {
  constructor(parser: string, seed: number, reason: string, options?: ErrorOptions) {
    super(`${parser}, seed ${seed}: ${reason}`, options);
    this.name = 'Broken';
  }
}

function inputOf(parser: Parser, seed: number): Input {
  const rng = createRng(seed);
  return parser.mutate(rng, rng.pick(parser.valid));
}

/**
 * Reads the input of one seed.
 * @returns whether it was accepted
 * @throws Broken
 */
export async function fuzzOne(parser: Parser, seed: number): Promise<boolean> {
  const broken = (reason: string, cause?: unknown): Broken =>
    new Broken(parser.name, seed, reason, { cause });
  let input: Input;
  try {
    input = inputOf(parser, seed);
  } catch (error) {
    if (isRefusal(parser, error)) return false;
    throw error;
  }
  const before = process.memoryUsage().arrayBuffers;
  let accepted = true;
  let output: unknown;
  try {
    output = await parser.read(input);
  } catch (error) {
    if (!isRefusal(parser, error)) {
      const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw broken(`it threw ${said.slice(0, 1500)}`, error);
    }
    if (error.message.length > 4000) {
      throw broken(`its message has ${error.message.length} characters`);
    }
    accepted = false;
  }
  const polluted = pollution();
  if (polluted !== null) throw broken(`it changed ${polluted}`);
  const allocated = process.memoryUsage().arrayBuffers - before;
  if (allocated > MOST_ALLOCATED) throw broken(`it allocated ${allocated} bytes`);
  const most = MOST_BYTES + MOST_PER_BYTE * bytesIn(input, broken);
  const made = bytesIn(output, broken);
  if (made > most) throw broken(`it made ${made} bytes, more than ${most}`);
  return accepted;
}

function isRefusal(parser: Parser, error: unknown): error is Error {
  return parser.errors.some((kind) => error instanceof kind);
}

/** Every valid input is accepted, or the mutations say nothing. @throws Broken */
export async function readValid(parser: Parser): Promise<void> {
  for (const [i, valid] of parser.valid.entries()) {
    try {
      await parser.read(valid);
    } catch (error) {
      throw new Broken(parser.name, -1 - i, 'the valid input is refused', { cause: error });
    }
  }
}

const PROTOTYPES = [
  Object,
  Array,
  Function,
  String,
  Number,
  Map,
  Set,
  RegExp,
  Uint8Array,
  Promise,
].map(({ name, prototype }) => ({ name, prototype: prototype as object }));
const everyProperty = (object: object): readonly (readonly [PropertyKey, unknown])[] =>
  Reflect.ownKeys(object).map((key) => {
    const property: { readonly value?: unknown; readonly get?: unknown } =
      Object.getOwnPropertyDescriptor(object, key)!;
    return [key, property.value ?? property.get] as const;
  });
const WHOLE = PROTOTYPES.map(({ prototype }) => everyProperty(prototype));

/** The name of a prototype that is no longer what it was; null: all are. */
function pollution(): string | null {
  for (const [i, { name, prototype }] of PROTOTYPES.entries()) {
    const now = everyProperty(prototype);
    const whole = WHOLE[i]!;
    const same =
      now.length === whole.length &&
      now.every(([key, value], at) => whole[at]![0] === key && whole[at]![1] === value);
    if (!same) return `${name}.prototype`;
  }
  return null;
}

/** About as many bytes as a value holds, each object counted once. */
function bytesIn(value: unknown, broken: (reason: string) => Broken): number {
  const seen = new Set<object>();
  const open: unknown[] = [value];
  let bytes = 0;
  while (open.length > 0) {
    const one = open.pop();
    bytes += 8;
    if (typeof one === 'string') bytes += one.length;
    if (typeof one !== 'object' || one === null || seen.has(one)) continue;
    seen.add(one);
    if (ArrayBuffer.isView(one)) {
      // A view into something larger keeps all of it.
      if (!seen.has(one.buffer)) bytes += one.byteLength;
      continue;
    }
    if (one instanceof Map || one instanceof Set) {
      for (const entry of one) open.push(entry);
      continue;
    }
    const prototype = Object.getPrototypeOf(one) as object | null;
    if (prototype !== null && !Object.hasOwn(prototype, 'constructor')) {
      throw broken('what it made has a prototype out of the input');
    }
    for (const inside of Object.values(one)) open.push(inside);
  }
  return bytes;
}
