// Parses Python's regular expressions (the `re` module, Python 3.11 and later). pattern-program.ts compiles
// the syntax tree and pattern-machine.ts runs it. An adapter's patterns come from an untrusted file, so they
// never become a RegExp, which may never end. Refused by name: features that need backtracking
// (backreferences, atomic groups, possessive repeats, conditionals) and the verbose flag. Texts are module
// paths, which are ASCII, so \d, \w and \s match ASCII only.

/** An unsupported feature of a pattern, or a syntax error; the message is a phrase that follows "which". */
export class PatternError extends Error {}

/** Whether a character, as its code, belongs to it. */
export type CharSet = (code: number) => boolean;
export type Edge =
  'begin' | 'end' | 'end-or-newline' | 'line-begin' | 'line-end' | 'word' | 'inside';

export type Node =
  | { readonly kind: 'char'; readonly set: CharSet }
  | { readonly kind: 'edge'; readonly edge: Edge }
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'either'; readonly options: readonly Node[] }
  | {
      readonly kind: 'repeat';
      readonly item: Node;
      readonly least: number;
      readonly most: number;
      readonly lazy: boolean;
    }
  | { readonly kind: 'first-group'; readonly item: Node }
  | {
      readonly kind: 'look';
      readonly ahead: boolean;
      readonly wanted: boolean;
      readonly item: Node;
    };

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

const MOST_DEPTH = 100;
const MOST_REPEATS = 2 ** 32 - 1;

const inRange =
  (from: number, to: number): CharSet =>
  (code) =>
    code >= from && code <= to;
const digit = inRange(0x30, 0x39);
const upper = inRange(0x41, 0x5a);
const lower = inRange(0x61, 0x7a);
export const isWord: CharSet = (code) => digit(code) || upper(code) || lower(code) || code === 0x5f;
const isSpace: CharSet = (code) => code === 0x20 || (code >= 0x09 && code <= 0x0d);
const not =
  (set: CharSet): CharSet =>
  (code) =>
    !set(code);
const CLASSES: Readonly<Record<string, CharSet>> = {
  d: digit,
  D: not(digit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};
const CONTROLS: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
const EDGES: Readonly<Record<string, Edge>> = {
  A: 'begin',
  Z: 'end',
  z: 'end',
  b: 'word',
  B: 'inside',
};

/** Looked up in a table where texts have their characters: a set may list thousands. */
function anyOf(
  ranges: readonly (readonly [number, number])[],
  classes: Iterable<CharSet>,
): CharSet {
  const ascii = new Uint8Array(128);
  for (const [from, to] of ranges) ascii.fill(1, from, Math.min(to + 1, 128));
  for (const set of classes) for (let code = 0; code < 128; code++) if (set(code)) ascii[code] = 1;
  return (code) =>
    code < 128 ? ascii[code] === 1 : ranges.some(([from, to]) => code >= from && code <= to);
}

function foldCase(set: CharSet): CharSet {
  return (code) => set(code) || (upper(code) && set(code + 32)) || (lower(code) && set(code - 32));
}

/**
 * Parses a pattern.
 * @throws PatternError
 */
export function parsePattern(text: string): Node {
  return new Parser(text).whole();
}

class Parser {
  readonly #chars: readonly string[];
  #at = 0;
  #groups = 0;
  readonly #names = new Set<string>();
  #flags: Flags = { i: false, m: false, s: false };

  constructor(text: string) {
    this.#chars = [...text];
  }

  whole(): Node {
    const node = this.#either(0);
    if (this.#at < this.#chars.length) throw new PatternError('has a ")" that closes nothing');
    return node;
  }

  #peek(ahead = 0): string | undefined {
    return this.#chars[this.#at + ahead];
  }

  #take(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw new PatternError('ends in the middle');
    return char;
  }

  #eat(text: string): boolean {
    const there = [...text].every((char, i) => this.#peek(i) === char);
    if (there) this.#at += text.length;
    return there;
  }

  #until(end: string): string {
    let text = '';
    for (let char = this.#take(); char !== end; char = this.#take()) text += char;
    return text;
  }

  #either(depth: number): Node {
    if (depth > MOST_DEPTH) throw new PatternError(`is nested deeper than ${MOST_DEPTH} groups`);
    const options = [this.#sequence(depth, depth === 0)];
    while (this.#eat('|')) options.push(this.#sequence(depth, false));
    return options.length === 1 ? options[0]! : { kind: 'either', options };
  }

  #sequence(depth: number, first: boolean): Node {
    const items: Node[] = [];
    for (let char = this.#peek(); char !== undefined && char !== '|' && char !== ')';) {
      const node = this.#item(depth, first && items.length === 0);
      if (node) items.push(this.#repeated(node));
      char = this.#peek();
    }
    return items.length === 1 ? items[0]! : { kind: 'sequence', items };
  }

  /** null: the item matches nothing, such as a comment. */
  #item(depth: number, first: boolean): Node | null {
    const char = this.#take();
    const { m, s } = this.#flags;
    switch (char) {
      case '.':
        return { kind: 'char', set: s ? () => true : (code) => code !== 10 };
      case '^':
        return { kind: 'edge', edge: m ? 'line-begin' : 'begin' };
      case '$':
        return { kind: 'edge', edge: m ? 'line-end' : 'end-or-newline' };
      case '[':
        return this.#set();
      case '(':
        return this.#group(depth, first);
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw new PatternError(`repeats nothing with "${char}"`);
      default:
        if (char === '{' && this.#counts(this.#at - 1))
          throw new PatternError('repeats nothing with "{"');
        return this.#literal(char.codePointAt(0)!);
    }
  }

  #literal(code: number): Node {
    const set: CharSet = (other) => other === code;
    return { kind: 'char', set: this.#flags.i ? foldCase(set) : set };
  }

  #repeated(item: Node): Node {
    const range = this.#range();
    if (!range) return item;
    if (item.kind === 'edge') throw new PatternError('repeats a place between characters');
    const [least, most] = range;
    if (this.#eat('+')) throw new PatternError('has a possessive repeat');
    const lazy = this.#eat('?');
    if (this.#range()) throw new PatternError('repeats a repeat');
    return { kind: 'repeat', item, least, most, lazy };
  }

  #range(): readonly [number, number] | null {
    if (this.#eat('*')) return [0, Infinity];
    if (this.#eat('+')) return [1, Infinity];
    if (this.#eat('?')) return [0, 1];
    const counts = this.#peek() === '{' ? this.#counts(this.#at) : null;
    if (!counts) return null;
    const [text, least, comma, most] = counts;
    this.#at += text.length;
    const from = least === '' ? 0 : Number(least);
    const to = comma === '' ? from : most === '' ? Infinity : Number(most);
    if (Math.max(from, to === Infinity ? 0 : to) > MOST_REPEATS || from > to) {
      throw new PatternError(`repeats as often as "${text}" says`);
    }
    return [from, to];
  }

  /** `{m}`, `{m,}`, `{,n}` or `{m,n}` and its parts; anything else in braces is plain text. */
  #counts(at: number): readonly [text: string, m: string, comma: string, n: string] | null {
    const text = this.#chars.slice(at, at + 24).join('');
    const [whole = '', m = '', comma = '', n = ''] =
      /^\{(\d{0,10})(,?)(\d{0,10})\}/.exec(text) ?? [];
    return whole === '' || whole === '{}' ? null : [whole, m, comma, n];
  }

  #group(depth: number, first: boolean): Node | null {
    const inner = (): Node => {
      const node = this.#either(depth + 1);
      if (!this.#eat(')')) throw new PatternError('has a "(" that is never closed');
      return node;
    };
    const numbered = (): Node => {
      const number = ++this.#groups;
      const item = inner();
      return number === 1 ? { kind: 'first-group', item } : item;
    };
    if (!this.#eat('?')) return numbered();
    if (this.#eat(':')) return inner();
    if (this.#eat('P<')) {
      const name = this.#until('>');
      if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) throw new PatternError('names a group badly');
      if (this.#names.has(name)) throw new PatternError('names two groups alike');
      this.#names.add(name);
      return numbered();
    }
    if (this.#eat('P=')) throw new PatternError('refers back to a group');
    if (this.#eat('#')) return (void this.#until(')'), null);
    for (const [sign, ahead, wanted] of LOOKS) {
      if (this.#eat(sign)) return { kind: 'look', ahead, wanted, item: inner() };
    }
    if (this.#eat('>')) throw new PatternError('has an atomic group');
    if (this.#eat('(')) throw new PatternError('has a condition');
    return this.#flagged(first, inner);
  }

  #flagged(first: boolean, inner: () => Node): Node | null {
    const text = /^([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/.exec(
      this.#chars.slice(this.#at, this.#at + 24).join(''),
    );
    const [whole = '', on = '', off = '', end] = text ?? [];
    const odd = [...on, ...off].find((flag) => !'aimsu'.includes(flag));
    if (!text || (on + off === '' && end === ')'))
      throw new PatternError('has an unknown kind of group');
    if (odd !== undefined) throw new PatternError(`has the flag "${odd}"`);
    this.#at += whole.length;
    const before = this.#flags;
    const now = { ...before };
    for (const flag of 'ims' as Iterable<keyof Flags>) {
      if (on.includes(flag)) now[flag] = true;
      if (off.includes(flag)) now[flag] = false;
    }
    if (end === ')') {
      if (!first || off !== '') throw new PatternError(`has the flags "(?${on})" inside of it`);
      this.#flags = now;
      return null;
    }
    this.#flags = now;
    const node = inner();
    this.#flags = before;
    return node;
  }

  #escape(): Node {
    const char = this.#take();
    const edge = EDGES[char];
    if (edge) return { kind: 'edge', edge };
    if (CLASSES[char]) return { kind: 'char', set: CLASSES[char] };
    if (/[1-9]/.test(char) && !this.#isOctal(char))
      throw new PatternError('refers back to a group');
    return this.#literal(this.#escaped(char));
  }

  /** Three octal digits are a character, not a group. */
  #isOctal(char: string): boolean {
    return /^[0-3][0-7][0-7]$/.test(`${char}${this.#peek() ?? ''}${this.#peek(1) ?? ''}`);
  }

  /** The code point that a one-character escape denotes. */
  #escaped(char: string): number {
    if (/[0-7]/.test(char)) {
      let digits = char;
      while (digits.length < 3 && /[0-7]/.test(this.#peek() ?? '')) digits += this.#take();
      return parseInt(digits, 8);
    }
    const hex = { x: 2, u: 4, U: 8 }[char];
    if (hex !== undefined) {
      const digits = Array.from({ length: hex }, () => this.#take()).join('');
      if (!/^[\da-fA-F]+$/.test(digits)) throw new PatternError(`has a bad "\\${char}"`);
      return parseInt(digits, 16);
    }
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    if (/[a-zA-Z0-9]/.test(char)) throw new PatternError(`has an unknown "\\${char}"`);
    return char.codePointAt(0)!;
  }

  #set(): Node {
    const negated = this.#eat('^');
    const ranges: [number, number][] = [];
    const classes = new Set<CharSet>();
    /** A class such as \d, or the code of one character. */
    const one = (): CharSet | number => {
      const char = this.#take();
      if (char !== '\\') return char.codePointAt(0)!;
      const escape = this.#take();
      return CLASSES[escape] ?? this.#escaped(escape);
    };
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      const from = one();
      if (this.#peek() !== '-' || this.#peek(1) === ']' || this.#peek(1) === undefined) {
        if (typeof from === 'number') ranges.push([from, from]);
        else classes.add(from);
        continue;
      }
      this.#take();
      const to = one();
      if (typeof from !== 'number' || typeof to !== 'number' || from > to) {
        throw new PatternError('has a bad range in brackets');
      }
      ranges.push([from, to]);
    }
    this.#take();
    const any = anyOf(ranges, classes);
    const set = this.#flags.i ? foldCase(any) : any;
    return { kind: 'char', set: negated ? not(set) : set };
  }
}

const LOOKS = [
  ['=', true, true],
  ['!', true, false],
  ['<=', false, true],
  ['<!', false, false],
] as const;
