// The text that each token adds to the answer. A character of several bytes can span several tokens; its text
// comes with the token that completes it. The pieces concatenate to the result of `decode` for the whole
// answer, with one exception: if invalid bytes follow a character in a row of byte tokens, the reference
// drops the whole row, but its first character was already shown.

import type { Tokenizer } from '../../src/checkpoint/tokenizer';

const INCOMPLETE = /\uFFFD+$/u;
/** No character of UTF-8 has more bytes: after that it is a broken one. */
const MAX_BYTES = 4;

export class TokenText {
  readonly #tokenizer: Tokenizer;
  /** The last tokens with a known text: enough of the answer to continue decoding. */
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
    // The text of an empty token (a space at the very start) depends on the next token.
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
