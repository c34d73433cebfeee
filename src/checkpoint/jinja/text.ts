// Python's string operations. Lengths and indices count code points, not UTF-16 units; whitespace is that of
// `str.isspace`; case follows Unicode.

import { BLANK } from './lexer';

const SURROGATE = /[\ud800-\udfff]/;
const BLANK_TEST = new RegExp(`^[${BLANK}]$`, 'u');
const ALL_BLANK = new RegExp(`^[${BLANK}]+$`, 'u');
/** The pieces that `split` without a separator returns. */
const WORD = new RegExp(`[^${BLANK}]+`, 'gu');
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;

/** Code points of a text, as texts; the text itself where its units are its code points. */
export const pointsOf = (text: string): string | readonly string[] =>
  SURROGATE.test(text) ? Array.from(text) : text;

export const lengthOf = (text: string): number => pointsOf(text).length;

/** Code points from `from` to before `to`, both at least 0. */
export function sliceOf(text: string, from: number, to: number): string {
  const points = pointsOf(text);
  const part = points.slice(from, to);
  return typeof part === 'string' ? part : part.join('');
}

/** The place of `unit` in UTF-16 as a place in code points. */
export const pointsBefore = (text: string, unit: number): number => lengthOf(text.slice(0, unit));

const isBlank = (point: string): boolean => BLANK_TEST.test(point);

/** Without the blanks, or the given characters, at one end or both. */
export function strip(
  text: string,
  characters: string | null,
  left: boolean,
  right: boolean,
): string {
  const set = characters === null ? null : new Set(characters);
  const goes = (point: string): boolean => (set ? set.has(point) : isBlank(point));
  const points = pointsOf(text);
  let from = 0;
  let to = points.length;
  if (left) while (from < to && goes(points[from]!)) from += 1;
  if (right) while (to > from && goes(points[to - 1]!)) to -= 1;
  const part = points.slice(from, to);
  return typeof part === 'string' ? part : part.join('');
}

/** @param max most parts that are cut off; negative: any number. */
export function split(
  text: string,
  separator: string | null,
  max: number,
  fromRight = false,
): string[] {
  if (separator === null) return splitAtBlanks(text, max, fromRight);
  if (separator === '') throw new Error('empty separator');
  const parts = text.split(separator);
  if (max < 0 || parts.length <= max + 1) return parts;
  return fromRight
    ? [parts.slice(0, parts.length - max).join(separator), ...parts.slice(parts.length - max)]
    : [...parts.slice(0, max), parts.slice(max).join(separator)];
}

function splitAtBlanks(text: string, max: number, fromRight: boolean): string[] {
  const words = [...text.matchAll(WORD)];
  const all = words.map(([word]) => word);
  if (max < 0 || words.length <= max) return all;
  // The remainder keeps the whitespace at its outer end.
  if (!fromRight) return [...all.slice(0, max), text.slice(words[max]!.index)];
  const last = words[words.length - max - 1]!;
  return [text.slice(0, last.index + last[0].length), ...all.slice(words.length - max)];
}

export function splitLines(text: string, keepEnds: boolean): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const { 0: end, index } of text.matchAll(LINE_END)) {
    lines.push(text.slice(start, keepEnds ? index + end.length : index));
    start = index + end.length;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** @param count most replacements; negative: all. */
export function replace(text: string, old: string, by: string, count: number): string {
  if (count < 0 && old !== '') return text.replaceAll(old, () => by);
  let left = count < 0 ? Infinity : count;
  if (old === '') {
    const points = Array.from(text);
    let made = '';
    points.forEach((point) => {
      made += (left > 0 ? by : '') + point;
      left -= 1;
    });
    return left > 0 ? made + by : made;
  }
  let made = '';
  let start = 0;
  for (let at = text.indexOf(old); at >= 0 && left > 0; at = text.indexOf(old, start)) {
    made += text.slice(start, at) + by;
    start = at + old.length;
    left -= 1;
  }
  return made + text.slice(start);
}

/** How often `part` is found, one after the other. */
export function count(text: string, part: string): number {
  if (part === '') return lengthOf(text) + 1;
  return text.split(part).length - 1;
}

/** Letters whose capital at the start of a word is another than their capital elsewhere (UnicodeData.txt). */
const DIGRAPHS = ['Ǆǅǆ', 'Ǉǈǉ', 'Ǌǋǌ', 'Ǳǲǳ'];
const GEORGIAN = /[\u10d0-\u10fa\u10fd-\u10ff]/u;
const WITH_IOTA = /[\u1f80-\u1faf]/u;
const LAST_IOTA: Readonly<Record<string, string>> = { ᾳ: 'ᾼ', ῃ: 'ῌ', ῳ: 'ῼ' };

/** Unicode's title case of one character. */
function initial(point: string): string {
  if (point === '') return '';
  const digraph = DIGRAPHS.find((forms) => forms.includes(point));
  if (digraph) return digraph[1]!;
  if (GEORGIAN.test(point) || /\p{Lt}/u.test(point)) return point;
  if (WITH_IOTA.test(point)) return String.fromCodePoint(point.codePointAt(0)! | 8);
  if (point === 'ŉ') return 'ʼN';
  const [first = '', ...rest] = Array.from(point.toUpperCase());
  return LAST_IOTA[point] ?? first + rest.join('').toLowerCase();
}

/** Its first character in title case, the others in lower case: a sigma that ends it knows what is before it. */
function initialOf(word: string): string {
  const [first = ''] = word;
  return initial(first) + word.toLowerCase().slice(first.toLowerCase().length);
}

export const capitalize = initialOf;

/** `str.title`: a letter after something without case is a capital. */
export const title = (text: string): string => text.replace(/\p{Cased}+/gu, initialOf);

export const swapCase = (text: string): string =>
  Array.from(text, (point) => {
    if (/\p{Lt}/u.test(point)) return point;
    const lower = point.toLowerCase();
    return point === lower ? point.toUpperCase() : lower;
  }).join('');

/** Words of a capital and small letters; what has no case ends a word. */
function isTitle(text: string): boolean {
  let inWord = false;
  for (const [point] of text.matchAll(/[^]/gu)) {
    const cased = /\p{Cased}/u.test(point);
    if (cased && /\p{Lowercase}/u.test(point) !== inWord) return false;
    inWord = cased;
  }
  return /[\p{Cased}]/u.test(text);
}

/** The tests of `str`, by their names; all are false of an empty text but `isascii`. */
export const TEXT_TESTS: Readonly<Record<string, (text: string) => boolean>> = {
  isalnum: (text) => /^[\p{L}\p{N}]+$/u.test(text),
  isalpha: (text) => /^\p{L}+$/u.test(text),
  isascii: (text) => !/[^\0-\x7f]/.test(text),
  isdecimal: (text) => /^\p{Nd}+$/u.test(text),
  isdigit: (text) =>
    /^[\p{Nd}²³¹⁰⁴-⁹₀-₉①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒\u1369-\u1371\u19da\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}\u{1f100}-\u{1f10a}]+$/u.test(
      text,
    ),
  islower: (text) => /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text),
  isspace: (text) => ALL_BLANK.test(text),
  istitle: isTitle,
  isupper: (text) => /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text),
};

/** Characters that HTML gives a meaning to, as markupsafe writes them. */
export const escapeHtml = (text: string): string =>
  text.replace(
    /[&<>'"]/g,
    (found) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' })[found]!,
  );
