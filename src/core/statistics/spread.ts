// Rates over several directions or training seeds, each of which is one observation: an interval of answers says
// nothing of how another direction or another seed would differ.

import { type Interval, mean, variance } from './stats';

/** Rates over several directions or seeds, each of which is one observation. */
export interface Spread {
  readonly n: number;
  readonly mean: number;
  /** NaN for one. */
  readonly sd: number;
  readonly least: number;
  readonly most: number;
  /** 95% of the mean by Student's t over the observations; NaN for one. */
  readonly low: number;
  readonly high: number;
}

/** Two-sided 95% quantiles of Student's t by degrees of freedom, 1 to 30. */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];

/** @throws RangeError for none. */
export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  if (n === 0) throw new RangeError('A spread needs at least one value.');
  const center = mean(values);
  const sd = Math.sqrt(variance(values));
  const half = ((T95[n - 2] ?? 1.96) * sd) / Math.sqrt(n);
  return {
    n,
    mean: center,
    sd,
    least: Math.min(...values),
    most: Math.max(...values),
    low: center - half,
    high: center + half,
  };
}

/** The interval of the mean within the range of rates; null for one value. */
export const rateBounds = ({ low, high }: Spread): Interval | null =>
  Number.isNaN(low) ? null : { low: Math.max(0, low), high: Math.min(1, high) };

const percent = (share: number): string => (100 * share).toFixed(1);

/** '36.3% [34.1, 38.5], 24.7 to 44.0% over 20 directions': mean with its interval, then the range. */
export function describeSpread(spread: Spread, things: string): string {
  const { n, mean: center, least, most } = spread;
  const bounds = rateBounds(spread);
  if (!bounds) return `${percent(center)}%, one draw`;
  return `${percent(center)}% [${percent(bounds.low)}, ${percent(bounds.high)}], ${percent(least)} to ${percent(most)}% over ${n} ${things}`;
}
