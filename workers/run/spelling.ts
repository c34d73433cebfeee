// Measures how much of a text a tokenizer knows: a word that takes several tokens is spelled out. The bundled
// model has one token for every word of its world, so a spelled-out word is like noise to it.

import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import type { Spelling } from '../api';
import { throwIfCancelled, type Runtime, type Signal } from '../runtime';

const WORD = /(?: )?\p{L}+/gu;
const COMMONEST = 10;

/** @throws ModelError `cancelled`. */
export async function spelling(
  tokenizer: Tokenizer,
  texts: readonly string[],
  { breathe }: Pick<Runtime, 'breathe'>,
  signal: Signal,
): Promise<Spelling> {
  const known = new Map<string, boolean>();
  const spelled = new Map<string, number>();
  let words = 0;
  for (const [i, text] of texts.entries()) {
    if (i % 64 === 63) await breathe();
    throwIfCancelled(signal);
    for (const [word] of text.matchAll(WORD)) {
      words += 1;
      let whole = known.get(word);
      if (whole === undefined) known.set(word, (whole = tokenizer.encode(word).length === 1));
      if (!whole) spelled.set(word, (spelled.get(word) ?? 0) + 1);
    }
  }
  return {
    words,
    spelledOut: [...spelled.values()].reduce((sum, n) => sum + n, 0),
    commonest: [...spelled]
      .sort(([a, na], [b, nb]) => nb - na || (a < b ? -1 : 1))
      .slice(0, COMMONEST)
      .map(([word]) => word.trim()),
  };
}
