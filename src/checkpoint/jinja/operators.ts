// Python's operators on a template's values.

import type { BinaryOperator, CompareOperator } from './ast';
import { formatPercent } from './format';
import type { Meter } from './meter';
import { floats, integers, toFloat } from './numbers';
import { text } from './print';
import { lengthOf, pointsOf, sliceOf, escapeHtml } from './text';
import {
  Dict,
  DictView,
  isList,
  Lazy,
  Markup,
  Range,
  textIn,
  Tuple,
  typeName,
  Undefined,
  type Value,
  wholeNumber,
} from './values';

export function truth(value: Value): boolean {
  if (value === null || value === false || value === '') return false;
  if (typeof value === 'bigint') return value !== 0n;
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'object') return true;
  if (value instanceof Markup) return value.text !== '';
  return sizeOf(value) !== 0 && !(value instanceof Undefined);
}

/** `len(value)` of what has one without counting; null for anything else. */
function sizeOf(value: Value): number | null {
  if (isList(value)) return value.length;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof DictView) return value.dict.size;
  if (value instanceof Range) return value.length;
  return value instanceof Undefined ? 0 : null;
}

/** `len(value)`. @throws Error for what has none. */
export function length(value: Value, meter: Meter): number {
  const string = textIn(value);
  if (string !== null) {
    meter.places(string);
    return lengthOf(string);
  }
  const size = sizeOf(value);
  if (size === null) throw new Error(`object of type '${typeName(value)}' has no len()`);
  return size;
}

/** `iter(value)`; null for what can not be gone through. */
export function iterator(value: Value): Iterator<Value> | null {
  if (value instanceof Lazy) return value.items;
  const string = textIn(value);
  if (string !== null) return string[Symbol.iterator]();
  if (isList(value)) return value[Symbol.iterator]();
  if (value instanceof Tuple) return value.items[Symbol.iterator]();
  if (value instanceof Dict) return viewItems(value, 'keys');
  if (value instanceof DictView) return viewItems(value.dict, value.kind);
  if (value instanceof Range) return rangeItems(value);
  return value instanceof Undefined ? [][Symbol.iterator]() : null;
}

function* viewItems(dict: Dict, kind: DictView['kind']): Generator<Value, undefined> {
  for (const [key, value] of dict.entries()) {
    yield kind === 'keys' ? key : kind === 'values' ? value : new Tuple([key, value]);
  }
  return undefined;
}

function* rangeItems(range: Range): Generator<Value, undefined> {
  for (let i = 0; i < range.length; i += 1) yield range.at(i);
  return undefined;
}

/** Goes through a value, a step an item. @throws Error for what can not be gone through. */
export function* iterate(value: Value, meter: Meter): Generator<Value, undefined> {
  const items = iterator(value);
  if (!items) throw new Error(`'${typeName(value)}' object is not iterable`);
  for (let next = items.next(); !next.done; next = items.next()) {
    meter.charge(1);
    yield next.value;
  }
  return undefined;
}

export function equal(a: Value, b: Value, meter: Meter): boolean {
  meter.charge(1);
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b) && compareNumbers(a, b) === 0;
  const left = textIn(a);
  const right = textIn(b);
  if (left !== null && right !== null) {
    if (left.length === right.length) meter.read(left.length);
    return left === right;
  }
  const lists =
    isList(a) && isList(b)
      ? [a, b]
      : a instanceof Tuple && b instanceof Tuple
        ? [a.items, b.items]
        : null;
  if (lists) {
    const [x, y] = lists as [readonly Value[], readonly Value[]];
    return (
      x.length === y.length &&
      meter.deeper(() => x.every((item, i) => item === y[i]! || equal(item, y[i]!, meter)))
    );
  }
  if (a instanceof Dict && b instanceof Dict) {
    if (a.size !== b.size) return false;
    return meter.deeper(() => {
      for (const [key, value] of a.entries()) {
        const other = b.get(key, meter);
        if (other === undefined || !equal(value, other, meter)) return false;
      }
      return true;
    });
  }
  if (a instanceof Range && b instanceof Range) {
    if (a.length !== b.length || a.length === 0) return a.length === b.length;
    return a.start === b.start && (a.length === 1 || a.step === b.step);
  }
  if (a instanceof Undefined && b instanceof Undefined) return true;
  return a === b;
}

const isNumber = (value: Value): value is boolean | bigint | number =>
  typeof value === 'boolean' || typeof value === 'bigint' || typeof value === 'number';

const asInteger = (value: boolean | bigint): bigint => BigInt(value);

function compareNumbers(a: boolean | bigint | number, b: boolean | bigint | number): number {
  const [x, y] = [a, b].map((each) => (typeof each === 'boolean' ? asInteger(each) : each)) as [
    bigint | number,
    bigint | number,
  ];
  return x < y ? -1 : x > y ? 1 : x == y ? 0 : NaN;
}

/** Texts by their code points. */
function compareTexts(a: string, b: string): number {
  const x = pointsOf(a);
  const y = pointsOf(b);
  if (typeof x === 'string' && typeof y === 'string') return a < b ? -1 : Number(a > b);
  const n = Math.min(x.length, y.length);
  for (let i = 0; i < n; i += 1) {
    const difference = x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

/** Below, at or above 0 as `a` is less than, equal to or greater than `b`. @throws Error as Python does. */
export function order(a: Value, b: Value, operator: string, meter: Meter): number {
  meter.charge(1);
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  const left = textIn(a);
  const right = textIn(b);
  if (left !== null && right !== null) {
    meter.places(left);
    meter.places(right);
    return compareTexts(left, right);
  }
  const pair =
    isList(a) && isList(b)
      ? ([a, b] as const)
      : a instanceof Tuple && b instanceof Tuple
        ? ([a.items, b.items] as const)
        : null;
  if (!pair) throw notSupported(operator, a, b);
  const [x, y] = pair;
  return meter.deeper(() => {
    for (let i = 0; i < Math.min(x.length, y.length); i += 1) {
      if (!equal(x[i]!, y[i]!, meter)) return order(x[i]!, y[i]!, operator, meter);
    }
    return x.length - y.length;
  });
}

/** @throws Error for what is undefined. */
function refuseUndefined(...values: readonly Value[]): void {
  for (const value of values) if (value instanceof Undefined) throw new Error(value.why);
}

function notSupported(operator: string, a: Value, b: Value): Error {
  refuseUndefined(a, b);
  return new Error(`'${operator}' not supported between '${typeName(a)}' and '${typeName(b)}'`);
}

export function compare(operator: CompareOperator, a: Value, b: Value, meter: Meter): boolean {
  switch (operator) {
    case '==':
      return equal(a, b, meter);
    case '!=':
      return !equal(a, b, meter);
    case 'in':
      return contains(b, a, meter);
    case 'not in':
      return !contains(b, a, meter);
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const sign = order(a, b, operator, meter);
      if (operator === '<') return sign < 0;
      if (operator === '<=') return sign <= 0;
      return operator === '>' ? sign > 0 : sign >= 0;
    }
  }
}

/** `item in container`. */
export function contains(container: Value, item: Value, meter: Meter): boolean {
  const string = textIn(container);
  if (string !== null) {
    const part = textIn(item);
    if (part === null) {
      throw new Error(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    }
    meter.search(string, part);
    return string.includes(part);
  }
  if (container instanceof Dict) return container.get(item, meter) !== undefined;
  if (!iterator(container))
    throw new Error(`argument of type '${typeName(container)}' is not iterable`);
  for (const each of iterate(container, meter)) if (equal(each, item, meter)) return true;
  return false;
}

export function negative(operator: '-' | '+', value: Value): Value {
  refuseUndefined(value);
  if (!isNumber(value))
    throw new Error(`bad operand type for unary ${operator}: '${typeName(value)}'`);
  const number = typeof value === 'boolean' ? asInteger(value) : value;
  return operator === '-' ? -number : number;
}

export function binary(operator: BinaryOperator, a: Value, b: Value, meter: Meter): Value {
  if (operator === '%' && (typeof a === 'string' || a instanceof Markup)) {
    if (a instanceof Markup)
      throw new Error('"%" on a text that is marked as safe is not supported');
    return formatPercent(a, b, meter);
  }
  if (isNumber(a) && isNumber(b)) {
    if (typeof a === 'number' || typeof b === 'number')
      return floats(operator, toFloat(a), toFloat(b));
    return integers(operator, asInteger(a), asInteger(b), meter);
  }
  const joined =
    operator === '+' ? added(a, b, meter) : operator === '*' ? repeated(a, b, meter) : null;
  if (joined !== null) return joined;
  refuseUndefined(a, b);
  throw new Error(
    `unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`,
  );
}

function added(a: Value, b: Value, meter: Meter): Value | null {
  const left = textIn(a);
  const right = textIn(b);
  if (left !== null && right !== null) {
    if (typeof a === 'string' && typeof b === 'string') return meter.text(a + b);
    const safe = (value: Value, plain: string) =>
      value instanceof Markup ? plain : escapeHtml(plain);
    return new Markup(meter.text(safe(a, left) + safe(b, right)));
  }
  if (isList(a) && isList(b)) {
    meter.makeList(a.length + b.length);
    return [...a, ...b];
  }
  if (a instanceof Tuple && b instanceof Tuple) {
    meter.makeList(a.items.length + b.items.length);
    return new Tuple([...a.items, ...b.items]);
  }
  return null;
}

function repeated(a: Value, b: Value, meter: Meter): Value | null {
  const isCount = (value: Value) => typeof value === 'bigint' || typeof value === 'boolean';
  const [what, times] = isCount(b) ? [a, b] : [b, a];
  if (!isCount(times)) return null;
  const n = Math.max(0, wholeNumber(times, 'a count'));
  const string = textIn(what);
  if (string !== null) {
    if (string === '' || n === 0) return what instanceof Markup ? new Markup('') : '';
    meter.make(string.length * n);
    const made = string.repeat(n);
    return what instanceof Markup ? new Markup(made) : made;
  }
  const items = isList(what) ? what : what instanceof Tuple ? what.items : null;
  if (!items) return null;
  meter.makeList(items.length * n);
  const made = items.length === 0 ? [] : Array.from({ length: n }, () => items).flat();
  return isList(what) ? made : new Tuple(made);
}

/** `value[from:to:step]`. @throws Error for what has no slices. */
export function slice(value: Value, from: Value, to: Value, step: Value, meter: Meter): Value {
  const stride = step === null ? 1 : wholeNumber(step, 'a step');
  if (stride === 0) throw new Error('slice step cannot be zero');
  const string = textIn(value);
  const size = string === null ? sizeOf(value) : length(value, meter);
  const canSlice =
    string !== null || isList(value) || value instanceof Tuple || value instanceof Range;
  if (!canSlice || size === null) {
    refuseUndefined(value);
    throw new Error(`'${typeName(value)}' object is not subscriptable by a slice`);
  }
  const back = stride < 0;
  const clamp = (bound: Value, missing: number): number => {
    if (bound === null) return missing;
    const at = wholeNumber(bound, 'a slice index');
    return Math.min(Math.max(at < 0 ? at + size : at, back ? -1 : 0), back ? size - 1 : size);
  };
  const first = clamp(from, back ? size - 1 : 0);
  const end = clamp(to, back ? -1 : size);
  if (value instanceof Range) {
    const at = (i: number) => value.start + i * value.step;
    return new Range(at(first), at(end), value.step * stride);
  }
  const again = (made: string): Value => (value instanceof Markup ? new Markup(made) : made);
  if (string !== null && stride === 1) return again(sliceOf(string, first, Math.max(first, end)));
  const count = Math.max(0, Math.ceil((end - first) / stride));
  const source: ArrayLike<unknown> =
    string === null ? (isList(value) ? value : (value as Tuple).items) : pointsOf(string);
  if (string === null) meter.makeList(count);
  else meter.points(count);
  const items = Array.from({ length: count }, (_, i) => source[first + i * stride]);
  if (string !== null) return again(items.join(''));
  return isList(value) ? (items as Value[]) : new Tuple(items as Value[]);
}

/** The `~` of jinja2. */
export function concatenate(values: readonly Value[], meter: Meter): string {
  return meter.text(values.map((value) => text(value, meter)).join(''));
}

/** A value that can be called, or an error as Python words it. */
export function notCallable(value: Value): Error {
  return new Error(
    value instanceof Undefined ? value.why : `'${typeName(value)}' object is not callable`,
  );
}

/** A sort by `keyOf` that keeps the order of equals. */
export function sorted(
  items: readonly Value[],
  keyOf: (item: Value) => Value,
  reverse: boolean,
  meter: Meter,
): Value[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  meter.charge(items.length * Math.ceil(Math.log2(items.length + 1)));
  const sign = reverse ? -1 : 1;
  keyed.sort((a, b) => sign * order(a.key, b.key, '<', meter) || 0);
  return keyed.map(({ item }) => item);
}
