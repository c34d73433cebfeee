// The text that each token adds to the answer so far. A character of several bytes can be spread over
// tokens; its text comes with the token that completes it.

import type { Tokenizer } from '../../src/checkpoint/tokenizer';

const INCOMPLETE = '\uFFFD';

export class TokenText {
  readonly #tokenizer: Tokenizer;
  /** The last tokens whose text was given: enough of the answer to read on from. */
  #given: readonly number[] = [];
  #waiting: number[] = [];

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  add(id: number): string {
    this.#waiting.push(id);
    const text = this.#tokenizer.decodeAfter(this.#given, this.#waiting);
    // A token without a text of its own (a space at the very start) decides with the next what that is.
    if (text === '') return '';
    // No UTF-8 character is longer than four bytes: after that it is a broken one.
    if (text.endsWith(INCOMPLETE) && this.#waiting.length < 4) return '';
    this.#given = this.#waiting;
    this.#waiting = [];
    return text;
  }
}
