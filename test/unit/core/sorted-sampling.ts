// The distribution with its cuts made the plain way, by sorting the whole vocabulary: what the selection of
// src/core/sampling-cuts.ts is held against, bit for bit.

import type { Sampling } from '../../../src/core/sampling';

/** @param logits with a finite highest one and no NaN; temperature above 0. */
export function sortedDistribution(
  logits: ArrayLike<number>,
  { temperature, topK, topP, repetitionPenalty }: Sampling,
  history: readonly number[],
): Float64Array {
  const scores = Float64Array.from(logits);
  for (const id of new Set(history)) {
    const score = scores[id];
    if (score === undefined) continue;
    scores[id] = score < 0 ? score * repetitionPenalty : score / repetitionPenalty;
  }
  const most = scores.reduce((a, b) => Math.max(a, b));
  const weights = scores.map((score) => Math.exp((score - most) / temperature));
  let total = sum(weights);
  if (topK > 0 && topK < weights.length) {
    const threshold = Float64Array.from(weights).sort()[weights.length - topK]!;
    weights.forEach((weight, id) => {
      if (weight < threshold) weights[id] = 0;
    });
    total = sum(weights);
  }
  if (topP < 1) {
    const rising = [...weights.keys()].sort((a, b) => weights[a]! - weights[b]! || a - b);
    let dropped = 0;
    for (const id of rising.slice(0, -1)) {
      dropped += weights[id]!;
      if (dropped > (1 - topP) * total) break;
      weights[id] = 0;
    }
    total = sum(weights);
  }
  return weights.map((weight) => weight / total);
}

/** In the order of ids, which decides the last bit. */
function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
