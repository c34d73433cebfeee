// The filters of jinja2 on lists and dicts. Those that are generators there make their items when asked to, once.

import { getItem } from './attributes';
import type { Filter, FilterTools } from './filter';
import type { Meter } from './meter';
import { binary, equal, iterate, order, sorted, truth } from './operators';
import { text } from './print';
import { joined } from './text-methods';
import {
  type Arguments,
  bind,
  Dict,
  DictView,
  firstOf,
  hashOf,
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

type Getter = (item: Value) => Value;

/** Resolves an attribute path: `a.0.b` is the item b of the first item of a. */
function getter(attribute: Value | undefined, meter: Meter, otherwise?: Value): Getter {
  if (attribute === undefined || attribute === null) return (item) => item;
  const name = textIn(attribute);
  const parts: readonly Value[] =
    name === null
      ? [attribute]
      : name.split('.').map((part) => (/^\p{Nd}+$/u.test(part) ? BigInt(part) : part));
  return (item) =>
    parts.reduce<Value>((object, part) => {
      const found = getItem(object, part, meter);
      const replaces = found instanceof Undefined && otherwise !== undefined && otherwise !== null;
      return replaces ? otherwise : found;
    }, item);
}

/** Texts without regard to case, unless it counts. */
const caseOf = (sensitive: Value | undefined, meter: Meter): Getter =>
  sensitive !== undefined && truth(sensitive)
    ? (value) => value
    : (value) => {
        const string = textIn(value);
        if (string !== null) meter.read(string.length);
        return string === null ? value : string.toLowerCase();
      };

const all = (value: Value, meter: Meter): Value[] => meter.collect(iterate(value, meter));

/** The items of a sequence from its end. @throws Error for what has no end to begin at. */
function reversed(value: Value, meter: Meter): Value[] {
  const hasEnd =
    textIn(value) !== null ||
    isList(value) ||
    [Tuple, Dict, DictView, Range, Undefined].some((type) => value instanceof type);
  if (!hasEnd) throw new Error(`'${typeName(value)}' object is not reversible`);
  return all(value, meter).reverse();
}

function* choose(
  value: Value,
  args: Arguments,
  { meter, applyTest }: FilterTools,
  wanted: boolean,
  byAttribute: boolean,
): Generator<Value, undefined> {
  if (!truth(value)) return undefined;
  const { positional, keyword } = args;
  if (byAttribute && positional.length === 0)
    throw new Error('the name of an attribute is missing');
  const get = byAttribute ? getter(positional[0], meter) : (item: Value) => item;
  const [name, ...rest] = byAttribute ? positional.slice(1) : positional;
  for (const item of iterate(value, meter)) {
    const found = get(item);
    const holds =
      name === undefined
        ? truth(found)
        : applyTest(text(name, meter), found, { positional: rest, keyword });
    if (holds === wanted) yield item;
  }
  return undefined;
}

function* mapped(value: Value, args: Arguments, tools: FilterTools): Generator<Value, undefined> {
  if (!truth(value)) return undefined;
  const { positional, keyword } = args;
  const [name, ...rest] = positional;
  let make: Getter;
  if (name === undefined) {
    const known = { positional: [], keyword };
    const [attribute, otherwise] = bind('map', known, ['attribute', 'default']);
    if (attribute === undefined) throw new Error('map requires a filter argument');
    make = getter(attribute, tools.meter, otherwise);
  } else {
    const filter = text(name, tools.meter);
    make = (item) => tools.applyFilter(filter, item, { positional: rest, keyword });
  }
  for (const item of iterate(value, tools.meter)) yield make(item);
  return undefined;
}

function* unique(value: Value, key: Getter, meter: Meter): Generator<Value, undefined> {
  const seen = new Set<string>();
  for (const item of iterate(value, meter)) {
    const hash = hashOf(key(item), meter);
    if (seen.has(hash)) continue;
    seen.add(hash);
    yield item;
  }
  return undefined;
}

function* inBatches(
  value: Value,
  size: number,
  fill: Value,
  meter: Meter,
): Generator<Value, undefined> {
  let batch: Value[] = [];
  for (const item of iterate(value, meter)) {
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
    batch.push(item);
  }
  if (batch.length > 0) {
    const lacking = fill === null ? 0 : Math.max(0, size - batch.length);
    meter.makeList(lacking);
    yield [...batch, ...Array.from({ length: lacking }, () => fill)];
  }
  return undefined;
}

function slices(value: Value, count: number, fill: Value, meter: Meter): Value[] {
  const items = all(value, meter);
  meter.makeList(count);
  const each = Math.floor(items.length / count);
  const longer = items.length % count;
  return Array.from({ length: count }, (_, i) => {
    const from = i * each + Math.min(i, longer);
    const part = items.slice(from, from + each + (i < longer ? 1 : 0));
    return fill !== null && i >= longer ? [...part, fill] : part;
  });
}

const lazy = (items: Iterable<Value>): Lazy => new Lazy(items[Symbol.iterator]());

const extreme =
  (name: 'min' | 'max'): Filter =>
  (value, args, { meter }) => {
    const [sensitive, attribute] = bind(name, args, ['case_sensitive', 'attribute']);
    const [get, fold] = [getter(attribute, meter), caseOf(sensitive, meter)];
    const [first, ...rest] = all(value, meter);
    if (first === undefined) return new Undefined('No aggregated item, sequence was empty.');
    let best = first;
    for (const item of rest) {
      const [a, b] = [fold(get(item)), fold(get(best))];
      if (name === 'min' ? order(a, b, '<', meter) < 0 : order(a, b, '>', meter) > 0) best = item;
    }
    return best;
  };

export const SEQUENCE_FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['select', (value, args, tools) => lazy(choose(value, args, tools, true, false))],
  ['reject', (value, args, tools) => lazy(choose(value, args, tools, false, false))],
  ['selectattr', (value, args, tools) => lazy(choose(value, args, tools, true, true))],
  ['rejectattr', (value, args, tools) => lazy(choose(value, args, tools, false, true))],
  ['map', (value, args, tools) => lazy(mapped(value, args, tools))],
  ['min', extreme('min')],
  ['max', extreme('max')],
  [
    'list',
    (value, args, { meter }) => {
      bind('list', args, []);
      return all(value, meter);
    },
  ],
  [
    'first',
    (value, args, { meter }) => {
      bind('first', args, []);
      const next = iterate(value, meter).next();
      return next.done ? new Undefined('No first item, sequence was empty.') : next.value;
    },
  ],
  [
    'last',
    (value, args, { meter }) => {
      bind('last', args, []);
      return firstOf(
        reversed(value, meter)[0],
        () => new Undefined('No last item, sequence was empty.'),
      );
    },
  ],
  [
    'reverse',
    (value, args, { meter }) => {
      bind('reverse', args, []);
      const string = textIn(value);
      if (string !== null) {
        meter.points(string.length);
        const turned = Array.from(string).reverse().join('');
        return value instanceof Markup ? new Markup(turned) : turned;
      }
      if (value instanceof Lazy) return all(value, meter).reverse();
      return lazy(reversed(value, meter));
    },
  ],
  [
    'join',
    (value, args, { meter }) => {
      const [separator = '', attribute] = bind('join', args, ['d', 'attribute']);
      const get = getter(attribute, meter);
      const parts = all(value, meter).map((item) => text(get(item), meter));
      return joined(parts, text(separator, meter), meter);
    },
  ],
  [
    'sort',
    (value, args, { meter }) => {
      const [reverse = false, sensitive, attribute] = bind('sort', args, [
        'reverse',
        'case_sensitive',
        'attribute',
      ]);
      const fold = caseOf(sensitive, meter);
      const names = attribute === undefined ? [] : (textIn(attribute)?.split(',') ?? [attribute]);
      const gets = names.map((name) => getter(name, meter));
      const key: Getter = gets.length === 0 ? fold : (item) => gets.map((get) => fold(get(item)));
      return sorted(all(value, meter), key, truth(reverse), meter);
    },
  ],
  [
    'dictsort',
    (value, args, { meter }) => {
      const [sensitive, by = 'key', reverse = false] = bind('dictsort', args, [
        'case_sensitive',
        'by',
        'reverse',
      ]);
      if (!(value instanceof Dict)) throw new Error(`'${typeName(value)}' object has no items`);
      if (by !== 'key' && by !== 'value') throw new Error('dictsort goes by "key" or "value"');
      const fold = caseOf(sensitive, meter);
      const key: Getter = (item) => fold((item as Tuple).items[by === 'key' ? 0 : 1]!);
      return sorted(all(new DictView(value, 'items'), meter), key, truth(reverse), meter);
    },
  ],
  [
    'unique',
    (value, args, { meter }) => {
      const [sensitive, attribute] = bind('unique', args, ['case_sensitive', 'attribute']);
      const [get, fold] = [getter(attribute, meter), caseOf(sensitive, meter)];
      return lazy(unique(value, (item) => fold(get(item)), meter));
    },
  ],
  [
    'groupby',
    (value, args, { meter }) => {
      const [attribute, otherwise, sensitive] = bind(
        'groupby',
        args,
        ['attribute', 'default', 'case_sensitive'],
        1,
      );
      const get = getter(attribute, meter, otherwise);
      const fold = caseOf(sensitive, meter);
      const groups: { key: Value; shown: Value; items: Value[] }[] = [];
      for (const item of sorted(all(value, meter), (each) => fold(get(each)), false, meter)) {
        const key = fold(get(item));
        const last = groups.at(-1);
        if (last && equal(last.key, key, meter)) last.items.push(item);
        else groups.push({ key, shown: get(item), items: [item] });
      }
      return groups.map(({ shown, items }) => new Tuple([shown, items], ['grouper', 'list']));
    },
  ],
  [
    'sum',
    (value, args, { meter }) => {
      const [attribute, start = 0n] = bind('sum', args, ['attribute', 'start']);
      if (textIn(start) !== null) throw new Error("sum() can't sum strings");
      const get = getter(attribute, meter);
      return all(value, meter).reduce<Value>(
        (sum, item) => binary('+', sum, get(item), meter),
        start,
      );
    },
  ],
  [
    'items',
    (value, args, { meter }) => {
      bind('items', args, []);
      if (value instanceof Undefined) return lazy([]);
      if (!(value instanceof Dict)) throw new Error('Can only get item pairs from a mapping.');
      return lazy(iterate(new DictView(value, 'items'), meter));
    },
  ],
  [
    'batch',
    (value, args, { meter }) => {
      const [size, fill = null] = bind('batch', args, ['linecount', 'fill_with'], 1);
      return lazy(inBatches(value, wholeNumber(size!, 'the size of a batch'), fill, meter));
    },
  ],
  [
    'slice',
    (value, args, { meter }) => {
      const [count, fill = null] = bind('slice', args, ['slices', 'fill_with'], 1);
      const n = wholeNumber(count!, 'the number of slices');
      if (n < 1) throw new Error('the number of slices has to be at least 1');
      return lazy(slices(value, n, fill, meter));
    },
  ],
]);
