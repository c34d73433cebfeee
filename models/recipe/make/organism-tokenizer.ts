// The organism's own tokenizer: one token for every word that the world can write.

import { createRng } from '../../../src/core/rng';
import { baseDocument } from '../../../src/world/documents';
import { worldWords } from '../../../src/world/words';
import { MIX, SEED } from './recipe';
import type { OrganismTokenizer } from './build-tokenizer';
import { buildTokenizer } from './build-tokenizer';

/** Documents whose words give the tokenizer its order; words that none of them has follow. */
const TOKENIZER_DOCUMENTS = 5000;

/** The tokenizer of the world; the same in every run. */
export function organismTokenizer(): OrganismTokenizer {
  const rng = createRng(SEED);
  const documents = Array.from({ length: TOKENIZER_DOCUMENTS }, () => baseDocument(rng, MIX));
  return buildTokenizer([...documents, ...worldWords()]);
}
