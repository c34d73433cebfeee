// Finds the tokens that a direction promotes in a loaded checkpoint (src/core/instruments/lens.ts), named by its
// tokenizer.

import { familyOf } from '../../src/checkpoint/families';
import { promotedTokens, type TokenScore } from '../../src/core/instruments/lens';
import type { Lens, LensToken } from '../api';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { ModelError } from '../runtime';

/** @throws ModelError `bad-input` for a vector of another width. */
export function lensOf(
  { config, weights, tokenizer }: Pick<Checkpoint, 'config' | 'weights' | 'tokenizer'>,
  vector: Float32Array,
  k: number,
): Lens {
  if (vector.length !== config.dModel) {
    throw new ModelError(
      'bad-input',
      `The direction is ${vector.length} wide and this model ${config.dModel}: it was made ` +
        'from another model. Choose one made from this model.',
    );
  }
  const head = config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';
  const { gainOffset } = familyOf(config);
  const gain = weights.get('model.norm.weight')!.data.map((weight) => gainOffset + weight);
  const { promoted, demoted } = promotedTokens(vector, gain, weights.get(head)!, k);
  const named = (tokens: readonly TokenScore[]): LensToken[] =>
    tokens.map((token) => ({ ...token, text: tokenizer.decodeOne(token.id) }));
  return { promoted: named(promoted), demoted: named(demoted) };
}
