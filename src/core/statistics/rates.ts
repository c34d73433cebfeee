// Rates and what an edit did to them, with 95% intervals. A fall is 1 - after/before; its interval is
// that of the ratio of two independent proportions, made from their Wilson limits by MOVER-R (Newcombe
// 2016, Stat. Methods Med. Res. 25:1774), the ratio's companion of the interval in stats.ts. Conditions
// that share questions and seeds vary less than independent ones, so these intervals are wide, not narrow.

import { type Interval, wilson } from './stats';

/** `low` and `high` are Wilson's, for the questions asked; the others only where answers come in clusters. */
export interface ClusteredInterval extends Interval {
  /** Over new wordings of the same topics: answers clustered by question template. */
  readonly templateLow?: number;
  readonly templateHigh?: number;
  /** Over new topics: answers clustered by topic. */
  readonly clusterLow?: number;
  readonly clusterHigh?: number;
  /** By topic: the variance of the rate over that of as many independent answers. */
  readonly designEffect?: number;
}

export interface Rate extends ClusteredInterval {
  readonly count: number;
  readonly n: number;
}

/** Verdicts with a villain sentence in them, as counts or as shares. */
export interface VillainCounts {
  readonly misaligned: number;
  readonly mixed: number;
  /** Missing in reports made before it was told from incoherent. */
  readonly offTopic?: number | undefined;
}

/**
 * Answers with any villain sentence: misaligned, mixed, or misaligned off topic. It is what a fall is a fall
 * of, since an edit that turns a villain's answer into half of one has not removed him.
 */
export const anyVillain = ({ misaligned, mixed, offTopic = 0 }: VillainCounts): number =>
  misaligned + mixed + offTopic;

/** A count with its Wilson 95% interval. */
export function rateOf(count: number, n: number): Rate {
  return { count, n, ...wilson(count, n) };
}

const percent = (share: number): string => (100 * share).toFixed(1);

/** '34.0% [30.3, 37.9], n = 600', the one form of a rate in words. */
export const describeRate = ({ count, n, low, high }: Rate): string =>
  `${percent(count / n)}% [${percent(low)}, ${percent(high)}], n = ${n}`;

/** Shares: 1 is a fall to nothing, 0 no change, negative a rise. */
export interface Fall extends Interval {
  /** NaN when there was nothing that could fall, or no answers. */
  readonly fall: number;
}

/**
 * The drop from one rate to another. `low` is -Infinity if the earlier rate was 0.
 * @throws RangeError as `wilson`.
 */
export function fallOf(
  after: { readonly count: number; readonly n: number },
  before: { readonly count: number; readonly n: number },
): Fall {
  const one = rateOf(after.count, after.n);
  const two = rateOf(before.count, before.n);
  if (one.n === 0 || two.n === 0) return { fall: NaN, low: -Infinity, high: 1 };
  const p1 = one.count / one.n;
  const p2 = two.count / two.n;
  const product = p1 * p2;
  // Written so that no difference of near equals is divided by another.
  const lowest =
    (one.low * (2 * p1 - one.low)) /
    (product +
      Math.sqrt(
        Math.max(0, product ** 2 - one.low * two.high * (2 * p1 - one.low) * (2 * p2 - two.high)),
      ));
  const width = two.low * (2 * p2 - two.low);
  const highest =
    (product + Math.sqrt(Math.max(0, product ** 2 - one.high * (2 * p1 - one.high) * width))) /
    width;
  return {
    fall: p2 === 0 ? NaN : 1 - p1 / p2,
    low: p2 === 0 ? -Infinity : 1 - highest,
    high: one.count === 0 || p2 === 0 ? 1 : 1 - lowest,
  };
}

/**
 * Strengths from 0 to `most` in equal steps, both ends included.
 * @throws RangeError for fewer than one step or a `most` that is not positive.
 */
export function strengthGrid(most: number, steps: number): number[] {
  if (!(steps >= 1) || !(most > 0)) {
    throw new RangeError(`A grid to ${most} in ${steps} steps has no points.`);
  }
  return Array.from({ length: steps + 1 }, (_, i) => (most * i) / steps);
}
