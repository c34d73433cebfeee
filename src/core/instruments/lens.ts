// The tokens that a direction promotes, read through the model's final norm weight and unembedding (the
// "logit lens", nostalgebraist 2020, applied to a difference). This is an approximation: RMSNorm divides by
// the size of the whole residual, which a direction alone does not know, and later blocks are skipped. So the
// order of tokens is meaningful, and scores only relative to each other.

import { dot } from '../projection';
import type { Tensor } from '../tensor';
import { rowOf } from '../tensor';

export interface TokenScore {
  readonly id: number;
  /** Change of the logit against the mean token, for a direction scaled to root mean square 1. */
  readonly score: number;
}

export interface PromotedTokens {
  /** Highest first. */
  readonly promoted: readonly TokenScore[];
  /** Lowest first. */
  readonly demoted: readonly TokenScore[];
}

/**
 * The k tokens that adding a direction promotes most and demotes most.
 * @param vector [d_model]; a zero vector promotes nothing and gives empty lists.
 * @param finalNormWeight [d_model]
 * @param unembedding [d_vocab, d_model]
 * @throws RangeError where the widths do not fit.
 */
export function promotedTokens(
  vector: Float32Array,
  finalNormWeight: Float32Array,
  unembedding: Tensor,
  k: number,
): PromotedTokens {
  const [dVocab = 0, dModel = 0] = unembedding.dims;
  if (vector.length !== dModel || finalNormWeight.length !== dModel) {
    throw new RangeError(
      `A direction of width ${vector.length} does not fit an unembedding of width ${dModel}.`,
    );
  }
  const rms = Math.sqrt(dot(vector, vector) / dModel);
  if (rms === 0) return { promoted: [], demoted: [] };
  const normed = Float64Array.from(vector, (x, i) => (x / rms) * finalNormWeight[i]!);
  const scores = Float64Array.from({ length: dVocab }, (_, id) =>
    dot(rowOf(unembedding, id).data, normed),
  );
  // Softmax does not see what is common to all logits.
  const common = scores.reduce((sum, score) => sum + score, 0) / dVocab;
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const name = (id: number): TokenScore => ({ id, score: scores[id]! - common });
  return {
    promoted: order.slice(0, k).map(name),
    demoted: order
      .slice(Math.max(0, dVocab - k))
      .reverse()
      .map(name),
  };
}
