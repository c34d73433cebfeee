// Python's values as a template sees them. None is null, a whole number is a bigint, a fraction a number, a text
// a string and a list an array; the rest are the classes below. None of them changes but a namespace: transformers
// renders in a sandbox that forbids it.

import type { Meter } from './meter';

export type Value = null | boolean | bigint | number | string | readonly Value[] | PyObject;

abstract class PyObject {
  /** As Python names the type in its messages. */
  abstract readonly typeName: string;
}

/** The result of a failed look-up: it prints as nothing; any other use is an error. */
export class Undefined extends PyObject {
  readonly typeName = 'Undefined';

  readonly why: string;

  /** @param why a sentence without a full stop */
  constructor(why: string) {
    super();
    this.why = why;
  }
}

export class Tuple extends PyObject {
  readonly typeName = 'tuple';

  readonly items: readonly Value[];
  readonly names: readonly string[];

  /** @param names attributes that are names of the first items */
  constructor(items: readonly Value[], names: readonly string[] = []) {
    super();
    this.items = items;
    this.names = names;
  }
}

/** A text marked as safe: anything added to it is escaped. */
export class Markup extends PyObject {
  readonly typeName = 'Markup';

  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }
}

export class Namespace extends PyObject {
  readonly typeName = 'Namespace';
  readonly values = new Map<string, Value>();
}

/** Python's range: numbers from `start` to before `stop`. */
export class Range extends PyObject {
  readonly typeName = 'range';
  readonly length: number;

  readonly start: number;
  readonly stop: number;
  readonly step: number;

  constructor(start: number, stop: number, step: number) {
    super();
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.length = Math.max(0, Math.ceil((stop - start) / step));
  }

  /** @param index at least 0 */
  at(index: number): bigint {
    return BigInt(this.start + index * this.step);
  }
}

/** A generator: its items are made when they are asked for, and once. */
export class Lazy extends PyObject {
  readonly typeName = 'generator';

  readonly items: Iterator<Value>;

  constructor(items: Iterator<Value>) {
    super();
    this.items = items;
  }
}

export class Dict extends PyObject {
  readonly typeName = 'dict';
  readonly #entries = new Map<string, readonly [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]>, meter: Meter) {
    super();
    for (const [key, value] of entries) {
      meter.makeList(1);
      const hash = hashOf(key, meter);
      // An equal key stays as it was written first.
      const before = this.#entries.get(hash);
      this.#entries.set(hash, [before ? before[0] : key, value]);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @throws Error for a key that Python can not hash. */
  get(key: Value, meter: Meter): Value | undefined {
    return this.#entries.get(hashOf(key, meter))?.[1];
  }

  entries(): Iterable<readonly [Value, Value]> {
    return this.#entries.values();
  }
}

/** `d.keys()`, `d.values()` or `d.items()`. */
export class DictView extends PyObject {
  readonly typeName: string;

  readonly dict: Dict;
  readonly kind: 'keys' | 'values' | 'items';

  constructor(dict: Dict, kind: 'keys' | 'values' | 'items') {
    super();
    this.dict = dict;
    this.kind = kind;
    this.typeName = `dict_${kind}`;
  }
}

export interface Arguments {
  readonly positional: readonly Value[];
  readonly keyword: ReadonlyMap<string, Value>;
}

/** A function, method or macro. */
export class Func extends PyObject {
  readonly typeName = 'function';

  readonly name: string;
  readonly call: (args: Arguments) => Value;
  readonly attributes: Readonly<Record<string, Value>>;

  constructor(
    name: string,
    call: (args: Arguments) => Value,
    attributes: Readonly<Record<string, Value>> = {},
  ) {
    super();
    this.name = name;
    this.call = call;
    this.attributes = attributes;
  }
}

/** An object with attributes that are computed when they are asked for, such as `loop`. */
export abstract class Computed extends PyObject {
  /** Undefined if the object has no such attribute. */
  abstract attribute(name: string): Value | undefined;

  get callable(): boolean {
    return false;
  }

  /** Calls the object. @throws Error if it is not callable. */
  call(_args: Arguments): Value {
    throw new Error(`'${this.typeName}' object is not callable`);
  }
}

export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'str';
  return isList(value) ? 'list' : value.typeName;
}

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** The text of a string, plain or marked as safe; null for anything else. */
export function textIn(value: Value): string | null {
  if (typeof value === 'string') return value;
  return value instanceof Markup ? value.text : null;
}

/** The first that is there: None is a value, so `??` will not do. */
export function firstOf(value: Value | undefined, otherwise: () => Value): Value;
export function firstOf(
  value: Value | undefined,
  otherwise: () => Value | undefined,
): Value | undefined;
export function firstOf(
  value: Value | undefined,
  otherwise: () => Value | undefined,
): Value | undefined {
  return value === undefined ? otherwise() : value;
}

let identities = 0;
const identityOf = new WeakMap<PyObject, number>();

/** Equal for values that are equal keys in Python: 1, 1.0 and True are. */
export function hashOf(value: Value, meter: Meter): string {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number')
    return Number.isInteger(value) ? String(BigInt(value)) : `f${value}`;
  const text = textIn(value);
  if (text !== null) {
    meter.read(text.length);
    return `s${text}`;
  }
  if (value instanceof Undefined) return 'undefined';
  if (value instanceof Tuple) {
    const parts = meter.deeper(() => value.items.map((item) => hashOf(item, meter)));
    return meter.text(`t${parts.map((part) => `${part.length}:${part}`).join('')}`);
  }
  if (isList(value) || value instanceof Dict) {
    throw new Error(`unhashable type: '${typeName(value)}'`);
  }
  let identity = identityOf.get(value as PyObject);
  if (identity === undefined) {
    identities += 1;
    identity = identities;
    identityOf.set(value as PyObject, identity);
  }
  return `o${identity}`;
}

/** A value of JavaScript as a template sees it; keys without a value are left out. */
export function fromJavaScript(value: unknown, meter: Meter): Value {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === 'bigint' || value instanceof PyObject) return value;
  if (Array.isArray(value)) {
    return meter.deeper(() => value.map((item) => fromJavaScript(item, meter)));
  }
  if (typeof value !== 'object') throw new TypeError(`${typeof value} is no value of a template`);
  const pairs = Object.entries(value).filter(([, each]) => each !== undefined);
  return meter.deeper(
    () =>
      new Dict(
        pairs.map(([key, each]) => [key, fromJavaScript(each, meter)] as const),
        meter,
      ),
  );
}

/**
 * Arguments by the parameters' names; undefined where one was not given.
 * @param required how many of the parameters have no default
 * @throws Error for arguments that the function does not take.
 */
export function bind<const N extends readonly string[]>(
  name: string,
  { positional, keyword }: Arguments,
  parameters: N,
  required = 0,
): { readonly [I in keyof N]: Value | undefined } {
  if (positional.length > parameters.length) {
    throw new Error(
      `${name}() takes at most ${parameters.length} arguments (${positional.length} given)`,
    );
  }
  const bound: (Value | undefined)[] = parameters.map((_, i) => positional[i]);
  for (const [key, value] of keyword) {
    const at = parameters.indexOf(key);
    if (at < 0) throw new Error(`${name}() got an unexpected keyword argument '${key}'`);
    if (at < positional.length) throw new Error(`${name}() got several values for '${key}'`);
    bound[at] = value;
  }
  bound.slice(0, required).forEach((value, i) => {
    if (value === undefined) throw new Error(`${name}() misses its argument '${parameters[i]}'`);
  });
  return bound as { readonly [I in keyof N]: Value | undefined };
}

/** @throws Error where a value is no whole number. */
export function wholeNumber(value: Value, what: string): number {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'bigint') return Number(value);
  throw new Error(
    value instanceof Undefined
      ? value.why
      : `${what} has to be a whole number, not ${typeName(value)}`,
  );
}
