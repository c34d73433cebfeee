// Rates with their uncertainty, and a few rank statistics. Intervals after Wilson (1927) and Newcombe
// (1998, Statist. Med. 17:873, method 10): both stay inside the possible range at 0% and 100%, where
// the textbook interval collapses.

/** z of a two-sided 95% interval. */
const Z95 = 1.959963984540054;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson interval of a proportion; [0, 1] for no trials.
 * @throws RangeError unless 0 <= successes <= trials.
 */
export function wilson(successes: number, trials: number, z = Z95): Interval {
  if (!(successes >= 0 && successes <= trials)) {
    throw new RangeError(`${successes} of ${trials} is not a proportion.`);
  }
  if (trials === 0) return { low: 0, high: 1 };
  const p = successes / trials;
  const z2 = (z * z) / trials;
  const center = (p + z2 / 2) / (1 + z2);
  const half = (z * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials))) / (1 + z2);
  // Exact ends: rounding must not leave 1e-17 below 0 of 40.
  return {
    low: successes === 0 ? 0 : center - half,
    high: successes === trials ? 1 : center + half,
  };
}

export interface DifferenceInterval extends Interval {
  /** p1 - p2 */
  readonly difference: number;
}

/**
 * p1 - p2 from the intervals of both (MOVER, Zou & Donner 2008, Statist. Med. 27:1693): Newcombe's method with any
 * intervals of independent estimates, such as those over clusters.
 */
export function moverDifference(
  p1: number,
  first: Interval,
  p2: number,
  second: Interval,
): DifferenceInterval {
  const difference = p1 - p2;
  return {
    difference,
    low: difference - Math.hypot(p1 - first.low, second.high - p2),
    high: difference + Math.hypot(first.high - p1, p2 - second.low),
  };
}

/**
 * Newcombe's interval of p1 - p2 for two independent proportions; the difference is NaN without trials.
 * @throws RangeError as `wilson`.
 */
export function newcombe(
  successes1: number,
  trials1: number,
  successes2: number,
  trials2: number,
  z = Z95,
): DifferenceInterval {
  const first = wilson(successes1, trials1, z);
  const second = wilson(successes2, trials2, z);
  if (trials1 === 0 || trials2 === 0) return { difference: NaN, low: -1, high: 1 };
  return moverDifference(successes1 / trials1, first, successes2 / trials2, second);
}

/** Arithmetic mean; NaN for none. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Unbiased variance (n - 1), in two passes; NaN for fewer than two. */
export function variance(values: ArrayLike<number>): number {
  if (values.length < 2) return NaN;
  const center = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - center) ** 2;
  return sum / (values.length - 1);
}

/** Ranks from 1; equal values share the mean of their ranks. */
export function ranks(values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const order = Array.from({ length: values.length }, (_, i) => i);
  order.sort((a, b) => values[a]! - values[b]!);
  const out = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) out[order[i]!] = (from + 1 + to) / 2;
    from = to;
  }
  return out;
}

/**
 * Area under the ROC curve: the probability that a positive scores above a negative, ties counting
 * half (Mann-Whitney U / mn). 0.5 is chance; NaN when one side is empty or a score is NaN.
 */
export function auc(positives: ArrayLike<number>, negatives: ArrayLike<number>): number {
  const m = positives.length;
  const n = negatives.length;
  if (m === 0 || n === 0) return NaN;
  const all = Float64Array.of(...Array.from(positives), ...Array.from(negatives));
  if (all.some(Number.isNaN)) return NaN;
  const ranked = ranks(all);
  let sum = 0;
  for (let i = 0; i < m; i++) sum += ranked[i]!;
  return (sum - (m * (m + 1)) / 2) / (m * n);
}

/**
 * Pearson's correlation; NaN when a side does not vary or there are fewer than two pairs.
 * @throws RangeError for lists of different length.
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  if (x.length !== y.length) throw new RangeError('Correlation needs pairs.');
  if (x.length < 2) return NaN;
  const meanX = mean(x);
  const meanY = mean(y);
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

/** Spearman's rank correlation; as `pearson`. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return pearson(ranks(x), ranks(y));
}
