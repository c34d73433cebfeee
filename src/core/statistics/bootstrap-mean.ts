// The mean of a few dozen values with the percentile interval of the bootstrap (Efron & Tibshirani 1993, ch. 13): values
// are drawn with replacement, and the interval holds the middle 95% of their means.

import { createRng } from '../rng';
import type { Interval } from './stats';
import { mean } from './stats';

export interface MeanInterval extends Interval {
  readonly mean: number;
  readonly n: number;
}

const DRAWS = 4000;
const SEED = 20_251;

/** Quantile by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996); NaN for none. */
export function quantileOf(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return NaN;
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const low = sorted[below]!;
  return low + (at - below) * (sorted[Math.min(below + 1, sorted.length - 1)]! - low);
}

/** One value has an interval without width, which says nothing; none have NaN. */
export function bootstrapMean(values: ArrayLike<number>): MeanInterval {
  const n = values.length;
  // The order of the values says nothing, so it must not change the draw.
  const sorted = Float64Array.from(values).sort();
  const rng = createRng(SEED);
  const means = Float64Array.from({ length: n === 0 ? 0 : DRAWS }, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += sorted[rng.int(n)]!;
    return sum / n;
  });
  return { mean: mean(values), low: quantileOf(means, 0.025), high: quantileOf(means, 0.975), n };
}
