// The methods of Python's `str`. What a method of a text that is marked as safe makes is marked too, and texts that
// are put into it are escaped, as markupsafe does.

import type { Meter } from './meter';
import { iterate } from './operators';
import {
  capitalize,
  count,
  escapeHtml,
  lengthOf,
  pointsBefore,
  replace,
  sliceOf,
  split,
  splitLines,
  strip,
  swapCase,
  TEXT_TESTS,
  title,
} from './text';
import {
  type Arguments,
  bind,
  Func,
  isList,
  Markup,
  textIn,
  Tuple,
  typeName,
  Undefined,
  type Value,
  wholeNumber,
} from './values';

type Method = (text: string, args: Arguments, meter: Meter, self: string | Markup) => Value;

/** @throws Error where an argument is no text. */
function textArgument(value: Value | undefined, method: string): string {
  const string = value === undefined ? null : textIn(value);
  if (string !== null) return string;
  if (value instanceof Undefined) throw new Error(value.why);
  throw new Error(
    `${method}() needs a text, not ${value === undefined ? 'nothing' : typeName(value)}`,
  );
}

/** A text, or null for None and for what was not given. */
const optionalText = (value: Value | undefined, method: string): string | null =>
  value === undefined || value === null ? null : textArgument(value, method);

const numberOr = (value: Value | undefined, otherwise: number): number =>
  value === undefined || value === null ? otherwise : wholeNumber(value, 'a count');

const stripping =
  (name: string, left: boolean, right: boolean): Method =>
  (text, args) => {
    const [characters] = bind(name, args, ['chars']);
    return strip(text, optionalText(characters, name), left, right);
  };

const splitting =
  (name: string, fromRight: boolean): Method =>
  (text, args, meter) => {
    const [separator, most] = bind(name, args, ['sep', 'maxsplit']);
    return meter.list(split(text, optionalText(separator, name), numberOr(most, -1), fromRight));
  };

/** The part of a text that `start` and `end` name, and where it begins, in code points. */
function part(
  text: string,
  start: Value | undefined,
  end: Value | undefined,
): [string, number] | null {
  const size = lengthOf(text);
  const place = (value: Value | undefined, missing: number): number => {
    const at = numberOr(value, missing);
    return at < 0 ? Math.max(0, at + size) : at;
  };
  const from = place(start, 0);
  const to = Math.min(size, place(end, size));
  return from > to ? null : [sliceOf(text, from, to), from];
}

const finding =
  (name: string, last: boolean, mustFind: boolean): Method =>
  (text, args, meter) => {
    const [given, start, end] = bind(name, args, ['sub', 'start', 'end'], 1);
    const wanted = textArgument(given, name);
    meter.search(text, wanted);
    const within = part(text, start, end);
    const unit = within ? (last ? within[0].lastIndexOf(wanted) : within[0].indexOf(wanted)) : -1;
    if (unit >= 0) return BigInt(within![1] + pointsBefore(within![0], unit));
    if (mustFind) throw new Error('substring not found');
    return -1n;
  };

const affix =
  (name: string, isPrefix: boolean): Method =>
  (text, args, meter) => {
    const [given, start, end] = bind(name, args, ['affix', 'start', 'end'], 1);
    const wanted = given instanceof Tuple ? given.items : [given!];
    const within = part(text, start, end);
    return wanted.some((each) => {
      const sought = textArgument(each, name);
      meter.read(Math.min(sought.length, text.length));
      return (
        within !== null && (isPrefix ? within[0].startsWith(sought) : within[0].endsWith(sought))
      );
    });
  };

const padding =
  (name: string, side: 'left' | 'right' | 'both'): Method =>
  (text, args, meter, self) => {
    const [width, fill] = bind(name, args, ['width', 'fillchar'], 1);
    const given = fill === undefined ? ' ' : textArgument(fill, name);
    if (lengthOf(given) !== 1) throw new Error('the fill has to be exactly one character long');
    const filler = self instanceof Markup ? escapeHtml(given) : given;
    const wanted = wholeNumber(width!, 'a width');
    const missing = wanted - lengthOf(text);
    if (missing <= 0) return text;
    meter.make(wanted * filler.length);
    const left = Math.floor(missing / 2) + (missing % 2 && wanted % 2 ? 1 : 0);
    const before = side === 'left' ? 0 : side === 'right' ? missing : left;
    return filler.repeat(before) + text + filler.repeat(missing - before);
  };

const partitioning =
  (name: string, last: boolean): Method =>
  (text, args, meter) => {
    const separator = textArgument(bind(name, args, ['sep'], 1)[0], name);
    if (separator === '') throw new Error('empty separator');
    meter.search(text, separator);
    const at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
    if (at < 0) return new Tuple(last ? ['', '', text] : [text, '', '']);
    return new Tuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
  };

const simple =
  (name: string, make: (text: string) => Value): Method =>
  (text, args) => {
    bind(name, args, []);
    return make(text);
  };

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['strip', stripping('strip', true, true)],
  ['lstrip', stripping('lstrip', true, false)],
  ['rstrip', stripping('rstrip', false, true)],
  ['split', splitting('split', false)],
  ['rsplit', splitting('rsplit', true)],
  ['find', finding('find', false, false)],
  ['rfind', finding('rfind', true, false)],
  ['index', finding('index', false, true)],
  ['rindex', finding('rindex', true, true)],
  ['startswith', affix('startswith', true)],
  ['endswith', affix('endswith', false)],
  ['ljust', padding('ljust', 'left')],
  ['rjust', padding('rjust', 'right')],
  ['center', padding('center', 'both')],
  ['partition', partitioning('partition', false)],
  ['rpartition', partitioning('rpartition', true)],
  ['upper', simple('upper', (text) => text.toUpperCase())],
  ['lower', simple('lower', (text) => text.toLowerCase())],
  ['capitalize', simple('capitalize', capitalize)],
  ['title', simple('title', title)],
  ['swapcase', simple('swapcase', swapCase)],
  ...Object.entries(TEXT_TESTS).map(([name, test]) => [name, simple(name, test)] as const),
  [
    'splitlines',
    (text, args, meter) => {
      const [keep] = bind('splitlines', args, ['keepends']);
      return meter.list(
        splitLines(text, keep !== undefined && keep !== null && keep !== false && keep !== 0n),
      );
    },
  ],
  [
    'replace',
    (text, args, meter, self) => {
      const [old, by, most] = bind('replace', args, ['old', 'new', 'count'], 2);
      const given = textArgument(by, 'replace');
      const put = self instanceof Markup && !(by instanceof Markup) ? escapeHtml(given) : given;
      return replaced(text, textArgument(old, 'replace'), put, numberOr(most, -1), meter);
    },
  ],
  [
    'count',
    (text, args, meter) => {
      const [given, start, end] = bind('count', args, ['sub', 'start', 'end'], 1);
      const wanted = textArgument(given, 'count');
      meter.search(text, wanted);
      meter.read(text.length * 8);
      const within = part(text, start, end);
      return BigInt(within ? count(within[0], wanted) : 0);
    },
  ],
  [
    'join',
    (text, args, meter, self) => {
      const [items] = bind('join', args, ['iterable'], 1);
      const parts = meter.collect(iterate(items!, meter)).map((item) => {
        const string = textArgument(item, 'join');
        return self instanceof Markup && !(item instanceof Markup) ? escapeHtml(string) : string;
      });
      return joined(parts, text, meter);
    },
  ],
  [
    'removeprefix',
    (text, args) => {
      const prefix = textArgument(bind('removeprefix', args, ['prefix'], 1)[0], 'removeprefix');
      return text.startsWith(prefix) ? text.slice(prefix.length) : text;
    },
  ],
  [
    'removesuffix',
    (text, args) => {
      const suffix = textArgument(bind('removesuffix', args, ['suffix'], 1)[0], 'removesuffix');
      return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
    },
  ],
  [
    'zfill',
    (text, args, meter) => {
      const width = wholeNumber(bind('zfill', args, ['width'], 1)[0]!, 'a width');
      meter.make(Math.max(0, width));
      const sign = /^[-+]/.exec(text)?.[0] ?? '';
      return sign + '0'.repeat(Math.max(0, width - lengthOf(text))) + text.slice(sign.length);
    },
  ],
  [
    'expandtabs',
    (text, args, meter) => {
      const size = numberOr(bind('expandtabs', args, ['tabsize'])[0], 8);
      meter.make(text.length + Math.max(0, size) * count(text, '\t'));
      let column = 0;
      let made = '';
      for (const point of text) {
        if (point === '\t') {
          const blanks = size > 0 ? size - (column % size) : 0;
          made += ' '.repeat(blanks);
          column += blanks;
        } else {
          made += point;
          column = point === '\n' || point === '\r' ? 0 : column + 1;
        }
      }
      return made;
    },
  ],
]);

/** The names of the methods; `format` is elsewhere, since it looks up attributes. */
export const TEXT_METHODS: ReadonlySet<string> = new Set(METHODS.keys());

/** Refuses what would be too long before it is made. */
export function replaced(
  text: string,
  old: string,
  by: string,
  most: number,
  meter: Meter,
): string {
  meter.search(text, old);
  meter.points(text.length);
  if (by.length > old.length) {
    meter.read(text.length * 8);
    const found = Math.min(count(text, old), most < 0 ? Infinity : most);
    meter.make(text.length + found * (by.length - old.length));
  }
  return replace(text, old, by, most);
}

/** Refuses what would be too long before it is made. */
export function joined(parts: readonly string[], separator: string, meter: Meter): string {
  const between = separator.length * Math.max(0, parts.length - 1);
  meter.make(parts.reduce((sum, one) => sum + one.length, between));
  return parts.join(separator);
}

function marked(made: Value): Value {
  if (typeof made === 'string') return new Markup(made);
  if (isList(made)) return made.map(marked);
  return made instanceof Tuple ? new Tuple(made.items.map(marked)) : made;
}

/** Methods that take a text apart. */
const BY_POINTS: ReadonlySet<string> = new Set([
  'capitalize',
  'expandtabs',
  'istitle',
  'join',
  'swapcase',
  'title',
]);

export function textMethod(self: string | Markup, name: string, meter: Meter): Func {
  return new Func(name, (args) => {
    const text = textIn(self)!;
    meter.places(text);
    if (BY_POINTS.has(name)) meter.points(text.length);
    const made = METHODS.get(name)!(text, args, meter, self);
    if (typeof made === 'string') {
      // Stripping goes through what it takes away.
      meter.points(Math.max(0, text.length - made.length));
      meter.text(made);
    }
    return self instanceof Markup ? marked(made) : made;
  });
}
