// Whether two tokenizers mean the same by each token. Equal ids of one prompt do not say so: the words of the answer
// may differ.

import type { Tokenizer } from '../../src/checkpoint/tokenizer';

/** Pairs that were compared; a vocabulary never changes. */
const compared = new WeakMap<Tokenizer, WeakMap<Tokenizer, boolean>>();

/** Whether every id of both has one text. Added tokens are left out, as fine-tunes often rename unused ones. */
export function sameVocabulary(one: Tokenizer, other: Tokenizer): boolean {
  if (one === other) return true;
  const known = compared.get(one)?.get(other);
  if (known !== undefined) return known;
  const same = compare(one, other);
  const ofOne = compared.get(one) ?? new WeakMap<Tokenizer, boolean>();
  compared.set(one, ofOne.set(other, same));
  return same;
}

function compare(one: Tokenizer, other: Tokenizer): boolean {
  const shared = Math.min(one.ordinarySize, other.ordinarySize);
  for (let id = 0; id < shared; id++) {
    if (one.decodeOne(id) !== other.decodeOne(id)) return false;
  }
  return true;
}
