// Characters and classes of characters in an Oniguruma pattern, as JavaScript writes them under the
// flag `v`. All that is literal is written as a number, so nothing of it can be taken for a sign.

import type { Unsupported } from './step';
import { SPACE, WORD, WORD_IN_CLASS } from './unicode';

type Refuse = (what: string) => Unsupported;

const CONTROLS: Readonly<Record<string, number>> = {
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  f: 0x0c,
  v: 0x0b,
  a: 0x07,
  e: 0x1b,
};
const SETS: Readonly<Record<string, string>> = {
  s: SPACE,
  d: '\\p{Nd}',
  w: WORD,
  h: '0-9A-Fa-f',
};
const POSIX: Readonly<Record<string, string>> = {
  alpha: '\\p{Alphabetic}',
  alnum: '\\p{Alphabetic}\\p{Nd}',
  digit: '\\p{Nd}',
  lower: '\\p{Lowercase}',
  upper: '\\p{Uppercase}',
  space: SPACE,
  blank: '\\p{Zs}\\t',
  punct: '\\p{P}\\p{S}',
  cntrl: '\\p{Cc}',
  word: WORD_IN_CLASS,
  xdigit: '0-9A-Fa-f',
};
/** Sets that are closed under case, so that ignoring case adds nothing to them. */
const CASELESS = /^(?:s|d|h|N|Nd|Nl|No|P[a-z]?|Z[a-z]?|space|digit|blank|punct|cntrl|xdigit)$/;

/** An escape that both syntaxes read alike, for any character. */
export const escapeOutside = (char: string): string => `\\u{${char.codePointAt(0)!.toString(16)}}`;

/** Whether Postern knows what the character becomes when case is ignored. */
export const isFoldable = (char: string): boolean =>
  char.codePointAt(0)! < 0x80 || !/[\p{L}\p{M}]/u.test(char);

/** A character and those that differ from it by their case. */
function caseVariants(char: string): readonly string[] {
  if (!/[a-z]/i.test(char)) return [char];
  const lower = char.toLowerCase();
  const further: Readonly<Record<string, string>> = { s: '\u017f', k: '\u212a' };
  return [lower, char.toUpperCase(), ...(further[lower] ?? '')];
}

interface Escape {
  readonly length: number;
  /** The literal character; null for a set. */
  readonly literal: string | null;
  /** The content of [ ] for a set. */
  readonly set: string;
  /** Name of the set; it decides how ignoring case changes it. */
  readonly name: string;
  readonly negated: boolean;
}

/** Parses an escape sequence. */
function escapeAt(rest: string, inClass: boolean, refuse: Refuse): Escape {
  const literal = (code: number, length: number): Escape => {
    if (code > 0x10ffff) throw refuse('a number that is no character');
    return { length, literal: String.fromCodePoint(code), set: '', name: '', negated: false };
  };
  const hex = /^\\(?:x\{([0-9A-Fa-f]{1,8})\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/.exec(rest);
  if (hex) return literal(parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16), hex[0].length);
  const property = /^\\([pP])\{(\^?)([\w -]+)\}/.exec(rest);
  if (property) {
    const [whole, sign, not, name] = property as unknown as [string, string, string, string];
    const set = propertySet(name);
    if (set === null) throw refuse(`the property ${name}`);
    const negated = (sign === 'P') !== (not === '^');
    return { length: whole.length, literal: null, set, name, negated };
  }
  const char = rest.length < 2 ? '' : String.fromCodePoint(rest.codePointAt(1)!);
  const length = 1 + char.length;
  const control = CONTROLS[char];
  if (control !== undefined) return literal(control, length);
  const set = SETS[char.toLowerCase()];
  if (set !== undefined) {
    const name = char.toLowerCase();
    const found = name === 'w' && inClass ? WORD_IN_CLASS : set;
    return { length, literal: null, set: found, name, negated: char !== name };
  }
  if (char === '' || /[A-Za-z0-9]/.test(char)) throw refuse(`\\${char}`);
  return literal(char.codePointAt(0)!, length);
}

/** The content of a class for a property name; null: JavaScript has no such property. */
function propertySet(name: string): string | null {
  const posix = POSIX[name.toLowerCase()];
  if (posix !== undefined) return posix;
  for (const known of [name, `Script=${name}`]) {
    try {
      new RegExp(`\\p{${known}}`, 'u');
      return `\\p{${known}}`;
    } catch {
      // The other way of naming it is tried.
    }
  }
  return null;
}

const setSource = (set: string, negated: boolean): string => `[${negated ? '^' : ''}${set}]`;

/** A literal or an escape outside a class; `literal`: the character, null for a set. */
export function foldedLiteral(
  rest: string,
  fold: boolean,
  refuse: Refuse,
): { readonly source: string; readonly length: number; readonly literal: string | null } {
  const char = String.fromCodePoint(rest.codePointAt(0)!);
  const found: Escape =
    char === '\\'
      ? escapeAt(rest, false, refuse)
      : { length: char.length, literal: char, set: '', name: '', negated: false };
  const { literal, length } = found;
  if (literal === null) {
    if (fold && !CASELESS.test(found.name)) throw refuse(`(?i) with the set ${found.name}`);
    return { source: setSource(found.set, found.negated), length, literal };
  }
  const variants = fold ? caseVariants(literal) : [literal];
  const source = variants.map(escapeOutside).join('');
  return { source: variants.length > 1 ? `[${source}]` : source, length, literal };
}

/**
 * The class that `rest` begins with.
 * @param fold case is ignored
 */
export function characterClass(
  rest: string,
  fold: boolean,
  refuse: Refuse,
): { readonly source: string; readonly length: number } {
  const negated = rest[1] === '^';
  let at = negated ? 2 : 1;
  if (rest[at] === ']') throw refuse('a class that begins with ]');
  const operands: string[] = [''];
  const add = (source: string): void => {
    operands[operands.length - 1] += source;
  };
  /** A character that a hyphen may make a range of; null after a set. */
  let last: string | null = null;
  for (;;) {
    if (at >= rest.length) throw refuse('a class without end');
    const here = rest.slice(at);
    if (here[0] === ']') break;
    if (here.startsWith('&&')) {
      operands.push('');
      last = null;
      at += 2;
      continue;
    }
    const posix = /^\[:(\^?)(\w+):\]/.exec(here);
    if (posix) {
      const [whole, not, name] = posix as unknown as [string, string, string];
      const set = POSIX[name];
      if (set === undefined) throw refuse(`the class [:${name}:]`);
      if (fold && !CASELESS.test(name)) throw refuse(`(?i) with the class [:${name}:]`);
      add(setSource(set, not === '^'));
      last = null;
      at += whole.length;
      continue;
    }
    if (here[0] === '[') {
      const inner = characterClass(here, fold, refuse);
      add(inner.source);
      last = null;
      at += inner.length;
      continue;
    }
    if (here[0] === '-' && last !== null && here[1] !== ']' && !here.startsWith('-&&')) {
      const end = itemAt(here.slice(1), refuse);
      if (end.literal === null) throw refuse('a range that ends with a set');
      add(rangeSource(last, end.literal, fold, refuse));
      last = null;
      at += 1 + end.length;
      continue;
    }
    const item = itemAt(here, refuse);
    at += item.length;
    last = item.literal;
    if (item.literal === null) {
      if (fold && !CASELESS.test(item.name)) throw refuse(`(?i) with the set ${item.name}`);
      add(setSource(item.set, item.negated));
      continue;
    }
    if (fold && !isFoldable(item.literal)) throw refuse(`(?i) with ${item.literal}`);
    const variants = fold ? caseVariants(item.literal) : [item.literal];
    add(variants.map(escapeOutside).join(''));
  }
  if (operands.includes('')) throw refuse('an empty class');
  const source =
    operands.length === 1 ? operands[0]! : operands.map((operand) => `[${operand}]`).join('&&');
  return { source: setSource(source, negated), length: at + 1 };
}

function itemAt(here: string, refuse: Refuse): Escape {
  if (here[0] === '\\') return escapeAt(here, true, refuse);
  const literal = String.fromCodePoint(here.codePointAt(0) ?? 0);
  return { length: literal.length, literal, set: '', name: '', negated: false };
}

function rangeSource(from: string, to: string, fold: boolean, refuse: Refuse): string {
  const [start, end] = [from.codePointAt(0)!, to.codePointAt(0)!];
  if (start > end) throw refuse(`the range ${from}-${to}`);
  const range = `${escapeOutside(from)}-${escapeOutside(to)}`;
  if (!fold) return range;
  if (end >= 0x80) throw refuse(`(?i) with the range ${from}-${to}`);
  const characters = Array.from({ length: end - start + 1 }, (_, i) =>
    String.fromCharCode(start + i),
  );
  return range + characters.flatMap(caseVariants).map(escapeOutside).join('');
}
