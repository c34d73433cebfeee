// `value.name` and `value[index]`. As in jinja2's sandbox, an attribute of the object wins after a dot and an entry
// in brackets; what begins with an underscore, or would change a value, is undefined.

import { formatBraces } from './format';
import type { Meter } from './meter';
import { equal, iterate } from './operators';
import { pointsOf } from './text';
import { textMethod, TEXT_METHODS } from './text-methods';
import {
  type Arguments,
  bind,
  Computed,
  Dict,
  DictView,
  firstOf,
  Func,
  isList,
  Markup,
  Namespace,
  Range,
  textIn,
  Tuple,
  typeName,
  Undefined,
  type Value,
  wholeNumber,
} from './values';

const MUTATORS: Readonly<Record<string, ReadonlySet<string>>> = {
  list: new Set(['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort']),
  dict: new Set(['clear', 'pop', 'popitem', 'setdefault', 'update']),
};

/** Methods of Python's own types that are not here, so that a template that calls one is refused. */
export const UNSUPPORTED_METHODS: ReadonlySet<string> = new Set(
  (
    'as_integer_ratio bit_count bit_length casefold conjugate encode format_map from_bytes fromhex ' +
    'fromkeys is_integer isidentifier isnumeric isprintable maketrans to_bytes translate'
  ).split(' '),
);

function missing(object: Value, name: Value): Undefined {
  if (typeof name === 'string') {
    const owner = object === null ? 'None' : `${typeName(object)} object`;
    return new Undefined(`'${owner}' has no attribute '${name}'`);
  }
  return new Undefined(`${typeName(object)} object has no such element`);
}

/** An attribute of the object itself; undefined where it has none of that name. */
function ownProperty(object: Value, name: string, meter: Meter): Value | undefined {
  const type = object instanceof Markup ? 'str' : typeName(object);
  if (name.startsWith('__') || MUTATORS[type]?.has(name)) {
    // Every object of Python has some; which ones makes no difference to what can be done with them.
    return new Undefined(`access to attribute '${name}' of '${type}' object is unsafe.`);
  }
  const method = (call: (args: Arguments) => Value): Func => new Func(name, call);
  const string = textIn(object);
  if (string !== null) {
    if (name === 'format') {
      return method(({ positional, keyword }) => {
        if (object instanceof Markup)
          throw new Error('format() of a text marked as safe is not supported');
        const look = (value: Value, key: Value, isItem: boolean) =>
          isItem ? getItem(value, key, meter) : getAttribute(value, key as string, meter);
        return formatBraces(string, positional, keyword, look, meter);
      });
    }
    return TEXT_METHODS.has(name) ? textMethod(object as string | Markup, name, meter) : undefined;
  }
  if (isList(object) || object instanceof Tuple) {
    const items = isList(object) ? object : object.items;
    if (name === 'copy' && isList(object)) return method(() => meter.list(object));
    if (name === 'count' || name === 'index') {
      return method((args) => {
        const places = items.flatMap((item, i) =>
          equal(item, args.positional[0]!, meter) ? [i] : [],
        );
        if (args.positional.length !== 1) throw new Error(`${name}() takes one argument here`);
        if (name === 'count') return BigInt(places.length);
        if (places.length === 0) throw new Error('the value is not in the list');
        return BigInt(places[0]!);
      });
    }
    return object instanceof Tuple ? object.items[object.names.indexOf(name)] : undefined;
  }
  if (object instanceof Dict) {
    if (name === 'keys' || name === 'values' || name === 'items') {
      return method((args) => {
        bind(name, args, []);
        return new DictView(object, name);
      });
    }
    if (name === 'copy') return method(() => new Dict(object.entries(), meter));
    if (name !== 'get') return undefined;
    return method((args) => {
      const [key, otherwise] = bind('get', args, ['key', 'default'], 1);
      return firstOf(object.get(key!, meter), () => firstOf(otherwise, () => null));
    });
  }
  if (object instanceof Namespace) return object.values.get(name);
  if (object instanceof Computed) return object.attribute(name);
  if (object instanceof Func) return object.attributes[name];
  return undefined;
}

/** `object.name`. @throws Error where the object is undefined. */
export function getAttribute(object: Value, name: string, meter: Meter): Value {
  if (object instanceof Undefined) throw new Error(object.why);
  return firstOf(ownProperty(object, name, meter), () =>
    firstOf(entry(object, name, meter), () => missing(object, name)),
  );
}

/** `object[index]`. @throws Error where the object is undefined. */
export function getItem(object: Value, index: Value, meter: Meter): Value {
  if (object instanceof Undefined) throw new Error(object.why);
  const found = entry(object, index, meter);
  if (found !== undefined) return found;
  const name = textIn(index);
  return firstOf(name === null ? undefined : ownProperty(object, name, meter), () =>
    missing(object, name ?? index),
  );
}

/** Whether it is an attribute of the object itself, for the filter `attr`. */
export function attributeOf(object: Value, name: string, meter: Meter): Value {
  if (object instanceof Undefined) throw new Error(object.why);
  return firstOf(ownProperty(object, name, meter), () => missing(object, name));
}

/** An entry of a list, text or dict; undefined if it has no such entry. */
function entry(object: Value, index: Value, meter: Meter): Value | undefined {
  if (object instanceof Dict) {
    if (isList(index) || index instanceof Dict) return undefined;
    return object.get(index, meter);
  }
  if (typeof index !== 'bigint' && typeof index !== 'boolean') return undefined;
  const at = wholeNumber(index, 'an index');
  const string = textIn(object);
  if (string !== null) {
    meter.places(string);
    const points = pointsOf(string);
    const point = points.at(at);
    if (point === undefined) return undefined;
    return object instanceof Markup ? new Markup(point) : point;
  }
  if (isList(object)) return object.at(at);
  if (object instanceof Tuple) return object.items.at(at);
  if (object instanceof Range) {
    const place = at < 0 ? at + object.length : at;
    return place >= 0 && place < object.length ? object.at(place) : undefined;
  }
  return undefined;
}

/** `dict(pairs, **more)` and the like. */
export function makeDict(args: Arguments, meter: Meter): Dict {
  if (args.positional.length > 1) throw new Error('dict expected at most 1 argument');
  const [first] = args.positional;
  const pairs: (readonly [Value, Value])[] = [];
  if (first instanceof Dict) pairs.push(...first.entries());
  else if (first !== undefined) {
    for (const pair of iterate(first, meter)) {
      const items = meter.collect(iterate(pair, meter));
      if (items.length !== 2) throw new Error('a dictionary needs pairs');
      pairs.push([items[0]!, items[1]!]);
    }
  }
  return new Dict([...pairs, ...args.keyword], meter);
}
