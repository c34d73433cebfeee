// What a model would write next, read from its logits: the likeliest tokens, how sure it is, and where one token
// stands. All sums in f64; the distribution is the model's, before temperature and cuts.

import { logSoftmax } from '../sampling';

interface RankedToken {
  readonly id: number;
  readonly probability: number;
}

export interface TokenReadout {
  /** The k likeliest tokens, likeliest first; of equals, the lower id. */
  readonly likeliest: readonly RankedToken[];
  /** Entropy of the distribution, nats: 0 for a certain token, ln(d_vocab) for an even one. */
  readonly entropyNats: number;
  /** Surprise of the token asked about, -ln p, nats. */
  readonly surpriseNats: number;
  /** Its place among all tokens, from 1. */
  readonly rank: number;
}

/**
 * @param logits [d_vocab]
 * @param id the token asked about
 * @throws RangeError for an id outside the vocabulary, or `k` below 1; NoDistributionError as `logSoftmax`.
 */
export function readTokens(logits: ArrayLike<number>, id: number, k: number): TokenReadout {
  if (!(Number.isInteger(id) && id >= 0 && id < logits.length)) {
    throw new RangeError(`Token ${id} is not one of ${logits.length}.`);
  }
  if (!(k >= 1)) throw new RangeError(`The ${k} likeliest tokens are none.`);
  const logP = logSoftmax(logits);
  const asked = logP[id]!;
  let entropyNats = 0;
  let rank = 1;
  for (let i = 0; i < logP.length; i++) {
    const at = logP[i]!;
    if (at > -Infinity) entropyNats -= Math.exp(at) * at;
    if (at > asked || (at === asked && i < id)) rank++;
  }
  return {
    likeliest: likeliest(logP, k),
    // The sum of a certain token may round to -0.
    entropyNats: Math.max(0, entropyNats),
    surpriseNats: -asked,
    rank,
  };
}

/** Kept sorted while the vocabulary is read once: k is small. */
function likeliest(logP: Float64Array, k: number): RankedToken[] {
  const ids: number[] = [];
  for (let id = 0; id < logP.length; id++) {
    const at = logP[id]!;
    if (ids.length >= k && at <= logP[ids.at(-1)!]!) continue;
    let place = ids.length;
    while (place > 0 && logP[ids[place - 1]!]! < at) place--;
    ids.splice(place, 0, id);
    if (ids.length > k) ids.pop();
  }
  return ids.map((one) => ({ id: one, probability: Math.exp(logP[one]!) }));
}
