// The filters of jinja2 on texts and numbers; those on lists are in sequence-filters.ts. `tojson` is that of
// transformers, which escapes neither HTML nor letters beyond ASCII.

import { attributeOf } from './attributes';
import { formatPercent, rounded } from './format';
import type { Meter } from './meter';
import { toFloat } from './numbers';
import { binary, iterator, length, negative, truth } from './operators';
import { json, text } from './print';
import { SEQUENCE_FILTERS } from './sequence-filters';
import { capitalize, escapeHtml, lengthOf, sliceOf, splitLines, strip } from './text';
import { joined, replaced, textMethod } from './text-methods';
import {
  type Arguments,
  bind,
  Dict,
  isList,
  Markup,
  textIn,
  Tuple,
  Undefined,
  type Value,
  wholeNumber,
} from './values';
import type { Filter } from './filter';

/** On the text of a value, which stays marked as safe where it was. */
const onText =
  (name: string, make: (text: string, meter: Meter) => string): Filter =>
  (value, args, { meter }) => {
    bind(name, args, []);
    return again(value, (string) => make(string, meter), meter);
  };

function again(value: Value, make: (text: string) => string, meter: Meter): Value {
  const string = text(value, meter);
  meter.points(string.length);
  const made = meter.text(make(string));
  return value instanceof Markup ? new Markup(made) : made;
}

const WORD_START = /([-\s({[<]+)/u;
const titled = (string: string): string =>
  string
    .split(WORD_START)
    .map((part) => {
      const [first = '', ...rest] = Array.from(part);
      return first.toUpperCase() + rest.join('').toLowerCase();
    })
    .join('');

const WHOLE = /^[-+]?\d+(?:_\d+)*$/;
const FRACTION = /^[-+]?(?:(?:\d+(?:_\d+)*)?\.?\d+(?:_\d+)*|\d+(?:_\d+)*\.)(?:e[-+]?\d+)?$/i;

/** `float(text)`; null where it is no number. */
function parseFloatText(string: string): number | null {
  const bare = strip(string, null, true, true);
  if (FRACTION.test(bare)) return Number(bare.replaceAll('_', ''));
  const word = /^([-+]?)(inf|infinity|nan)$/i.exec(bare);
  if (!word) return null;
  return word[2]!.toLowerCase() === 'nan' ? NaN : word[1] === '-' ? -Infinity : Infinity;
}

/** `int(text, base)`; null where it is no number. */
function parseInteger(string: string, base: number, meter: Meter): bigint | null {
  const bare = strip(string, null, true, true).toLowerCase();
  const found = /^([-+]?)(0[xob])?_?([\da-z]+(?:_[\da-z]+)*)$/.exec(bare);
  if (!found) return null;
  const [, sign, prefix, written = ''] = found;
  const prefixBase = prefix ? { '0x': 16, '0o': 8, '0b': 2 }[prefix]! : 0;
  const radix = base === 0 ? prefixBase || 10 : base;
  // "0b1" in base 16 is a number without a prefix.
  const digits = (prefix && prefixBase !== radix ? prefix + written : written).replaceAll('_', '');
  if (radix === 10 && !WHOLE.test(bare)) return null;
  meter.makeInteger(digits.length * 4);
  let value = 0n;
  for (const digit of digits) {
    const worth = parseInt(digit, 36);
    if (worth >= radix) return null;
    value = value * BigInt(radix) + BigInt(worth);
  }
  return sign === '-' ? -value : value;
}

function toInteger(value: Value, base: number, meter: Meter): bigint | null {
  if (value instanceof Undefined) throw new Error(value.why);
  const string = textIn(value);
  if (string !== null) meter.points(string.length);
  const whole = string === null ? null : parseInteger(string, base, meter);
  if (whole !== null) return whole;
  if (typeof value === 'bigint' || typeof value === 'boolean') return BigInt(value);
  const number =
    typeof value === 'number' ? value : string === null ? null : parseFloatText(string);
  if (typeof value === 'number' && !Number.isFinite(value) && !Number.isNaN(value)) {
    // int(inf) raises what the filter does not catch the first time.
    throw new Error('cannot convert float infinity to integer');
  }
  return number === null || !Number.isFinite(number) ? null : BigInt(Math.trunc(number));
}

const percentEncoded = (string: string, keepSlash: boolean): string =>
  encodeURIComponent(string)
    .replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%2F/g, keepSlash ? '/' : '%2F');

function jsonOptions(args: Arguments, meter: Meter): Parameters<typeof json>[1] {
  const [ascii, indent, separators, sortKeys] = bind('tojson', args, [
    'ensure_ascii',
    'indent',
    'separators',
    'sort_keys',
  ]);
  let unit: string | null = null;
  if (indent !== undefined && indent !== null) {
    unit = textIn(indent);
    if (unit === null) {
      const width = wholeNumber(indent, 'the indent');
      meter.make(Math.max(0, width));
      unit = ' '.repeat(Math.max(0, width));
    }
  }
  const given = separators instanceof Tuple ? separators.items : separators;
  const pair = isList(given ?? null) ? (given as readonly Value[]).map(textIn) : null;
  if (
    separators !== undefined &&
    separators !== null &&
    (pair?.length !== 2 || pair.includes(null))
  ) {
    throw new Error('tojson: separators are two texts');
  }
  return {
    ascii: ascii !== undefined && truth(ascii),
    indent: unit,
    separators: (pair as [string, string] | null) ?? [unit === null ? ', ' : ',', ': '],
    sortKeys: sortKeys !== undefined && truth(sortKeys),
  };
}

const length1: Filter = (value, args, { meter }) => {
  bind('length', args, []);
  return BigInt(length(value, meter));
};

const fallback: Filter = (value, args) => {
  const [otherwise = '', falseToo = false] = bind('default', args, ['default_value', 'boolean']);
  return value instanceof Undefined || (truth(falseToo) && !truth(value)) ? otherwise : value;
};

const escape: Filter = (value, args, { meter }) => {
  bind('escape', args, []);
  if (value instanceof Markup) return value;
  const string = text(value, meter);
  meter.make(string.length * 5);
  return new Markup(escapeHtml(string));
};

const TEXT_FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ['upper', onText('upper', (string) => string.toUpperCase())],
  ['lower', onText('lower', (string) => string.toLowerCase())],
  ['capitalize', onText('capitalize', capitalize)],
  [
    'title',
    (value, args, { meter }) => {
      bind('title', args, []);
      const string = text(value, meter);
      meter.points(string.length);
      return meter.text(titled(string));
    },
  ],
  [
    'trim',
    (value, args, { meter }) => {
      const [characters = null] = bind('trim', args, ['chars']);
      const set = characters === null ? null : textIn(characters);
      if (characters !== null && set === null) throw new Error('trim: the characters are no text');
      return again(value, (string) => strip(string, set, true, true), meter);
    },
  ],
  [
    'string',
    (value, args, { meter }) => {
      bind('string', args, []);
      return value instanceof Markup ? value : text(value, meter);
    },
  ],
  ['length', length1],
  ['count', length1],
  ['default', fallback],
  ['d', fallback],
  ['escape', escape],
  ['e', escape],
  [
    'forceescape',
    (value, args, { meter }) => {
      bind('forceescape', args, []);
      const string = text(value, meter);
      meter.make(string.length * 5);
      return new Markup(escapeHtml(string));
    },
  ],
  [
    'safe',
    (value, args, { meter }) => {
      bind('safe', args, []);
      return value instanceof Markup ? value : new Markup(text(value, meter));
    },
  ],
  [
    'replace',
    (value, args, { meter }) => {
      const [old, by, most = null] = bind('replace', args, ['old', 'new', 'count'], 2);
      const [from, to] = [text(old!, meter), text(by!, meter)];
      return replaced(
        text(value, meter),
        from,
        to,
        most === null ? -1 : wholeNumber(most, 'a count'),
        meter,
      );
    },
  ],
  [
    'indent',
    (value, args, { meter }) => {
      const [width = 4n, first = false, blank = false] = bind('indent', args, [
        'width',
        'first',
        'blank',
      ]);
      const given = textIn(width);
      const size = given === null ? Math.max(0, wholeNumber(width, 'the indent')) : 0;
      meter.make(size);
      const unit = given ?? ' '.repeat(size);
      if (value instanceof Markup)
        throw new Error('indent of a text marked as safe is not supported');
      const whole = binary('+', value, '\n', meter) as string;
      const lines = splitLines(whole, false).map((line, i) =>
        (i === 0 ? truth(first) : line !== '' || truth(blank)) ? unit + line : line,
      );
      return joined(lines, '\n', meter);
    },
  ],
  [
    'truncate',
    (value, args, { meter }) => {
      const [most = 255n, inWords = false, end = '...', leeway = 5n] = bind('truncate', args, [
        'length',
        'killwords',
        'end',
        'leeway',
      ]);
      const size = wholeNumber(most, 'a length');
      const tail = text(end, meter);
      if (size < lengthOf(tail))
        throw new Error(`expected length >= ${lengthOf(tail)}, got ${size}`);
      const slack = leeway === null ? 5 : wholeNumber(leeway, 'the leeway');
      if (length(value, meter) <= size + slack) return value;
      const string = textIn(value);
      if (string === null || value instanceof Markup)
        throw new Error('truncate needs a plain text');
      const cut = sliceOf(string, 0, size - lengthOf(tail));
      const space = cut.lastIndexOf(' ');
      return (truth(inWords) || space < 0 ? cut : cut.slice(0, space)) + tail;
    },
  ],
  [
    'center',
    (value, args, { meter }) => {
      const [width = 80n] = bind('center', args, ['width']);
      const self = value instanceof Markup ? value : text(value, meter);
      return textMethod(self, 'center', meter).call({ positional: [width], keyword: new Map() });
    },
  ],
  [
    'wordcount',
    (value, args, { meter }) => {
      bind('wordcount', args, []);
      const string = text(value, meter);
      meter.points(string.length);
      return BigInt(string.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0);
    },
  ],
  [
    'format',
    (value, { positional, keyword }, { meter }) => {
      if (positional.length > 0 && keyword.size > 0)
        throw new Error('format: arguments of both kinds');
      if (value instanceof Markup)
        throw new Error('format of a text marked as safe is not supported');
      const given = keyword.size > 0 ? new Dict(keyword, meter) : new Tuple(positional);
      return formatPercent(text(value, meter), given, meter);
    },
  ],
  [
    'urlencode',
    (value, args, { meter }) => {
      bind('urlencode', args, []);
      if (textIn(value) === null && !(value instanceof Undefined) && iterator(value) !== null) {
        throw new Error('urlencode of pairs is not supported');
      }
      const string = text(value, meter);
      meter.make(string.length * 9);
      return percentEncoded(string, true);
    },
  ],
  [
    'int',
    (value, args, { meter }) => {
      const [otherwise = 0n, base = 10n] = bind('int', args, ['default', 'base']);
      return toInteger(value, wholeNumber(base, 'the base'), meter) ?? otherwise;
    },
  ],
  [
    'float',
    (value, args, { meter }) => {
      const [otherwise = 0] = bind('float', args, ['default']);
      if (value instanceof Undefined) throw new Error(value.why);
      const string = textIn(value);
      if (string !== null) {
        meter.points(string.length);
        return parseFloatText(string) ?? otherwise;
      }
      const isNumber =
        typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
      return isNumber ? toFloat(value) : otherwise;
    },
  ],
  [
    'abs',
    (value, args) => {
      bind('abs', args, []);
      const number = negative('+', value) as bigint | number;
      return number < 0 || Object.is(number, -0) ? -number : number;
    },
  ],
  [
    'round',
    (value, args, { meter }) => {
      const [precision = 0n, method = 'common'] = bind('round', args, ['precision', 'method']);
      const digits = wholeNumber(precision, 'the precision');
      const number = negative('+', value) as bigint | number;
      if (method === 'common') {
        if (typeof number === 'number') return rounded(number, digits);
        if (digits >= 0) return number;
        throw new Error('round of a whole number to tens is not supported');
      }
      if (method !== 'ceil' && method !== 'floor') {
        throw new Error('method must be common, ceil or floor');
      }
      const unit = binary('**', 10n, precision, meter);
      const scaled = toFloat(binary('*', number, unit, meter) as number);
      const whole = BigInt(method === 'ceil' ? Math.ceil(scaled) : Math.floor(scaled));
      return binary('/', whole, unit, meter);
    },
  ],
  ['tojson', (value, args, { meter }) => json(value, jsonOptions(args, meter), meter)],
  [
    'attr',
    (value, args, { meter }) => {
      const name = textIn(bind('attr', args, ['name'], 1)[0]!);
      if (name === null) throw new Error('attr: the name has to be a text');
      return attributeOf(value, name, meter);
    },
  ],
]);

export const FILTERS: ReadonlyMap<string, Filter> = new Map([...TEXT_FILTERS, ...SEQUENCE_FILTERS]);

/** Filters of jinja2 that are not here. */
export const UNSUPPORTED_FILTERS: ReadonlySet<string> = new Set(
  'filesizeformat pprint random striptags urlize wordwrap xmlattr'.split(' '),
);
