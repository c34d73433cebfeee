// Patterns of a tokenizer.json as JavaScript has them. The reference runs them by Oniguruma with the
// syntax of Ruby, where much is written alike and means something else: ^ and $ are lines, {n}? is
// optional, ?+ is possessive, (?i:s) knows the long s. What has no equal here is refused by name.
// https://github.com/kkos/oniguruma/blob/master/doc/RE

import { characterClass, escapeOutside, foldedLiteral, isFoldable } from './oniguruma-class';
import { Unsupported } from './step';
import { WORD } from './unicode';

/** Groups within groups; the translation is recursive. */
const MOST_DEPTH = 100;

const ANCHORS: Readonly<Record<string, string>> = {
  A: '(?<![^])',
  z: '(?![^])',
  Z: '(?=\\n?(?![^]))',
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  B: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
};
/** An end of line at the very end of a text begins no line there, nor ends one. */
const LINE_START = '(?:(?<![^])|(?<=\\n)(?=[^]))';
const LINE_END = '(?:(?=\\n)|(?<!\\n)(?![^]))';
const GROUP = /^\(\?(?:[:=!>]|<[=!]|<[A-Za-z_]\w*>|i:|-i:|i\))/;
const INTERVAL = /^\{(\d*)(,?)(\d*)\}/;
/** Letters that case folding joins: ß equals ss, and so on. */
const TOGETHER = /ss|ff|fi|fl|st/i;

/**
 * @returns with the flags `g` and `v`
 * @throws Unsupported for what cannot be said in JavaScript, or is no pattern.
 */
export function regexFrom(pattern: string): RegExp {
  const source = new Reader(pattern).pattern();
  try {
    return new RegExp(source, 'gv');
  } catch {
    throw new Unsupported(`Postern can't read the pattern ${shown(pattern)}`);
  }
}

/** A pattern that matches a text as it is. */
export const regexOfText = (text: string): RegExp =>
  new RegExp([...text].map((char) => escapeOutside(char)).join(''), 'gv');

const shown = (pattern: string): string =>
  `"${pattern.length > 80 ? `${pattern.slice(0, 80)}…` : pattern}"`;

class Reader {
  readonly #source: string;
  #at = 0;
  /** Number of lookbehinds around the current position. */
  #behind = 0;
  #captures = 0;
  /** Groups that are open. */
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  pattern(): string {
    const out = this.#alternatives(false);
    if (this.#at < this.#source.length) throw this.#refuse('an unmatched )');
    return out;
  }

  /** Up to the end or the closing bracket of the group. */
  #alternatives(folds: boolean): string {
    let fold = folds;
    let out = '';
    /** Literals in a row, for those that ignoring case would join. */
    let literals = '';
    let first = true;
    while (this.#at < this.#source.length && this.#rest()[0] !== ')') {
      const rest = this.#rest();
      if (rest.startsWith('(?i)')) {
        // Later in a group it would also apply to the alternatives after it.
        if (!first) throw this.#refuse('(?i) within a group');
        this.#at += 4;
        fold = true;
        continue;
      }
      first = false;
      if (rest[0] === '|') {
        this.#at += 1;
        out += '|';
        literals = '';
        continue;
      }
      const { source, literal, quantifiable } = this.#atom(fold);
      literals = literal === null ? '' : literals + literal;
      if (fold && TOGETHER.test(literals)) throw this.#refuse(`(?i) with ${literals}`);
      out += quantifiable ? this.#quantified(source) : source;
    }
    return out;
  }

  #atom(fold: boolean): { source: string; literal: string | null; quantifiable: boolean } {
    const rest = this.#rest();
    const char = String.fromCodePoint(rest.codePointAt(0)!);
    const set = (source: string, length: number, quantifiable = true) => {
      this.#at += length;
      return { source, literal: null, quantifiable };
    };
    switch (char) {
      case '(':
        return { source: this.#group(fold), literal: null, quantifiable: true };
      case '[': {
        const { source, length } = characterClass(rest, fold, (what) => this.#refuse(what));
        return set(source, length);
      }
      case '.':
        return set('[^\\n]', 1);
      case '^':
        return set(LINE_START, 1, false);
      case '$':
        return set(LINE_END, 1, false);
      case '\\': {
        const anchor = ANCHORS[rest[1] ?? ''];
        if (anchor !== undefined) return set(anchor, 2, false);
        break;
      }
      case '*':
      case '+':
      case '?':
        throw this.#refuse(`${char} with nothing before it`);
      default:
    }
    const { source, length, literal } = foldedLiteral(rest, fold, (what) => this.#refuse(what));
    if (literal !== null && fold && !isFoldable(literal))
      throw this.#refuse(`(?i) with ${literal}`);
    this.#at += length;
    return { source, literal, quantifiable: true };
  }

  #group(fold: boolean): string {
    const rest = this.#rest();
    const opened = rest.startsWith('(?') ? GROUP.exec(rest)?.[0] : '(';
    if (opened === undefined) throw this.#refuse(`the group ${rest.slice(0, 4)}`);
    this.#at += opened.length;
    const behind = /^\(\?<[=!]$/.test(opened);
    const looks = behind || /^\(\?[=!]$/.test(opened);
    if (behind) this.#behind += 1;
    this.#depth += 1;
    if (this.#depth > MOST_DEPTH) throw this.#refuse(`groups in more than ${MOST_DEPTH} others`);
    const inner = this.#alternatives(opened === '(?i:' || (fold && opened !== '(?-i:'));
    if (behind) this.#behind -= 1;
    this.#depth -= 1;
    if (this.#rest()[0] !== ')') throw this.#refuse('an unmatched (');
    this.#at += 1;
    if (opened === '(?>') return this.#atomic(inner);
    // Nothing refers back to a group, so none needs to be remembered.
    return looks ? `(?:${opened}${inner}))` : `(?:${inner})`;
  }

  /** JavaScript gives back what a group took, except a lookahead, whose capture can be taken then. */
  #atomic(inner: string): string {
    if (this.#behind > 0) throw this.#refuse('an atomic group in a lookbehind');
    this.#captures += 1;
    return `(?:(?=(?<g${this.#captures}>${inner}))\\k<g${this.#captures}>)`;
  }

  #quantified(atom: string): string {
    let out = atom;
    for (;;) {
      const rest = this.#rest();
      const interval = INTERVAL.exec(rest);
      if (interval && (interval[1] !== '' || interval[3] !== '')) {
        const [whole, from, comma, to] = interval as unknown as [string, string, string, string];
        this.#at += whole.length;
        const range = `${out}{${from === '' ? '0' : from}${comma}${to}}`;
        const lazy = this.#rest()[0] === '?';
        if (lazy) this.#at += 1;
        // With one number only, a question mark makes the whole optional instead of lazy.
        out = lazy && comma === '' ? `(?:${range})?` : `(?:${range}${lazy ? '?' : ''})`;
        continue;
      }
      const sign = /^[*+?]/.exec(rest)?.[0];
      if (sign === undefined) return out;
      this.#at += 1;
      const after = this.#rest()[0];
      if (after === '?' || after === '+') this.#at += 1;
      out =
        after === '+'
          ? this.#atomic(`${out}${sign}`)
          : `(?:${out}${sign}${after === '?' ? '?' : ''})`;
    }
  }

  #rest(): string {
    return this.#source.slice(this.#at);
  }

  #refuse(what: string): Unsupported {
    return new Unsupported(
      `Its pattern ${shown(this.#source)} has ${what}, which Postern can't do`,
    );
  }
}
