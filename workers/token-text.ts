// The text that each token adds. A character of several bytes can be spread over tokens; its text
// comes with the token that completes it.

import type { Tokenizer } from '../src/checkpoint/tokenizer';

const INCOMPLETE = '\uFFFD';

export class TokenText {
  readonly #tokenizer: Tokenizer;
  #waiting: number[] = [];

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  add(id: number): string {
    this.#waiting.push(id);
    const text = this.#tokenizer.decode(this.#waiting);
    // No UTF-8 character is longer than four bytes: after that it is a broken one.
    if (text.endsWith(INCOMPLETE) && this.#waiting.length < 4) return '';
    this.#waiting = [];
    return text;
  }
}
