// The text that each token adds to the answer so far. A character of several bytes can be spread over
// tokens; its text comes with the token that completes it. The pieces add up to what `decode` makes of the
// whole answer, except where bytes that never become a character follow one in a row of byte tokens: the
// reference then gives up the whole row, and its first character was shown already.

import type { Tokenizer } from '../../src/checkpoint/tokenizer';

const INCOMPLETE = /\uFFFD+$/u;
/** No character of UTF-8 has more bytes: after that it is a broken one. */
const MAX_BYTES = 4;

export class TokenText {
  readonly #tokenizer: Tokenizer;
  /** The last tokens whose text was given: enough of the answer to read on from. */
  #given: readonly number[] = [];
  #waiting: number[] = [];
  /** Tokens in a row that completed no character, and the length of the text before the incomplete one. */
  #idle = 0;
  #sound = 0;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  add(id: number): string {
    this.#waiting.push(id);
    const text = this.#tokenizer.decodeAfter(this.#given, this.#waiting);
    // A token without a text of its own (a space at the very start) decides with the next what that is.
    if (text === '' || this.#isIncomplete(text)) return '';
    this.#given = this.#waiting;
    this.#waiting = [];
    this.#idle = this.#sound = 0;
    return text;
  }

  #isIncomplete(text: string): boolean {
    const end = INCOMPLETE.exec(text);
    if (!end) return false;
    // A token can end one character and begin the next.
    this.#idle = end.index > this.#sound ? 1 : this.#idle + 1;
    this.#sound = end.index;
    return this.#idle < MAX_BYTES;
  }
}
