// Intervals of rates whose answers come in clusters: 600 answers to questions of 12 topics are fewer than
// 600 independent ones. The cluster bootstrap draws whole clusters with replacement and reads the 2.5% and
// 97.5% quantiles of the rate (Efron & Tibshirani 1993, ch. 13; Field & Welsh 2007, J. R. Stat. Soc. B 69:369).
// With few clusters, or the same rate in all, those quantiles come too close together: they meet in one
// point at 0 of n. No interval here is therefore narrower than that of independent answers, as survey
// statistics never let an effective sample grow beyond the sample (Korn & Graubard 1998, Surv. Methodol.
// 24:193; Parker et al. 2017, NCHS Vital Health Stat. 2(175)). A dozen clusters still give somewhat too
// narrow an interval (Cameron, Gelbach & Miller 2008, Rev. Econ. Stat. 90:414).

import { type ClusteredInterval, type Fall, fallOf, type Rate } from './rates';
import { createRng } from '../rng';
import { type DifferenceInterval, type Interval, newcombe, wilson } from './stats';

/** Answers of one cluster: how many, and how many of them are counted. */
export interface Cluster {
  readonly count: number;
  readonly n: number;
}

/** One cluster before and after an edit, or under two conditions. */
export interface ClusterPair {
  readonly first: Cluster;
  readonly second: Cluster;
}

export interface BootstrapOptions {
  /** Resamples. */
  readonly draws?: number;
  readonly seed?: number;
}

const DRAWS = 4000;
const SEED = 20_251;

/** Answers of all clusters together. */
function totalOfClusters(clusters: readonly Cluster[]): Cluster {
  let count = 0;
  let n = 0;
  for (const one of clusters) {
    if (!(one.count >= 0 && one.count <= one.n)) {
      throw new RangeError(`${one.count} of ${one.n} is not a proportion.`);
    }
    count += one.count;
    n += one.n;
  }
  return { count, n };
}

const NONE: Cluster = { count: 0, n: 0 };
const isFilled = ({ n }: Cluster): boolean => n > 0;

/**
 * The design effect: by how much the variance of the rate is larger than that of as many independent
 * answers (Kish 1965, ch. 8; the rate as a ratio, Cochran 1977, ch. 6). 1 for one answer a cluster; NaN for
 * fewer than two clusters, or where all answers are alike and there is no variance to compare.
 */
export function designEffect(clusters: readonly Cluster[]): number {
  const filled = clusters.filter(isFilled);
  const { count, n } = totalOfClusters(filled);
  const k = filled.length;
  const p = count / n;
  if (k < 2 || n < 2 || p === 0 || p === 1) return NaN;
  const between = filled.reduce((sum, one) => sum + (one.count - p * one.n) ** 2, 0);
  return ((k / (k - 1)) * between * (n - 1)) / (n * n * p * (1 - p));
}

/** Quantile by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996). */
function quantile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low === high || !Number.isFinite(low) ? low : low + (at - below) * (high - low);
}

/** Rates of both sides of a resample; NaN where a side has no answers. */
type Statistic = (first: number, second: number) => number;

const byNumbers = (a: ClusterPair, b: ClusterPair): number =>
  a.first.n - b.first.n ||
  a.first.count - b.first.count ||
  a.second.n - b.second.n ||
  a.second.count - b.second.count;

/**
 * The 95% percentile interval of a statistic over resampled clusters; null where no resample has one.
 * @param statistic NaN leaves the resample out
 */
function percentile(
  pairs: readonly ClusterPair[],
  statistic: Statistic,
  { draws = DRAWS, seed = SEED }: BootstrapOptions,
): Interval | null {
  // The order of the clusters says nothing, so it must not change the draw.
  const sorted = [...pairs].sort(byNumbers);
  const k = sorted.length;
  const column = (of: (pair: ClusterPair) => number) => Float64Array.from(sorted, of);
  const counts1 = column(({ first }) => first.count);
  const sizes1 = column(({ first }) => first.n);
  const counts2 = column(({ second }) => second.count);
  const sizes2 = column(({ second }) => second.n);
  const rng = createRng(seed);
  const values = new Float64Array(draws);
  let found = 0;
  for (let draw = 0; draw < draws; draw++) {
    let count1 = 0;
    let n1 = 0;
    let count2 = 0;
    let n2 = 0;
    let bits = 0;
    for (let i = 0; i < k; i++) {
      // One number of 32 bits picks two clusters: what is left of it after the first is as even.
      bits = ((i & 1) === 0 ? rng.next() : bits) * k;
      const picked = Math.floor(bits);
      bits -= picked;
      count1 += counts1[picked]!;
      n1 += sizes1[picked]!;
      count2 += counts2[picked]!;
      n2 += sizes2[picked]!;
    }
    const value = statistic(count1 / n1, count2 / n2);
    if (!Number.isNaN(value)) values[found++] = value;
  }
  if (found === 0) return null;
  const ordered = values.subarray(0, found).sort();
  return { low: quantile(ordered, 0.025), high: quantile(ordered, 0.975) };
}

/** The wider end of both on each side. */
const widest = (one: Interval, two: Interval | null): Interval =>
  two === null ? one : { low: Math.min(one.low, two.low), high: Math.max(one.high, two.high) };

/**
 * 95% interval of a rate over new clusters like these. Wilson's where there are fewer than two clusters or
 * one answer in each, and never narrower than it.
 * @throws RangeError unless every count is within 0 .. n.
 */
export function clusterInterval(
  clusters: readonly Cluster[],
  options: BootstrapOptions = {},
): Interval {
  const filled = clusters.filter(isFilled);
  const { count, n } = totalOfClusters(filled);
  const independent = wilson(count, n);
  if (filled.length < 2 || filled.every((one) => one.n === 1)) return independent;
  const pairs = filled.map((first) => ({ first, second: NONE }));
  return widest(
    independent,
    percentile(pairs, (rate) => rate, options),
  );
}

/** Both sides of pairs where at least one has answers, and the sums. */
function summed(pairs: readonly ClusterPair[]) {
  const filled = pairs.filter(({ first, second }) => isFilled(first) || isFilled(second));
  return {
    filled,
    first: totalOfClusters(filled.map(({ first }) => first)),
    second: totalOfClusters(filled.map(({ second }) => second)),
  };
}

/**
 * First rate minus second over new clusters like these, a cluster's two conditions drawn together; never
 * narrower than Newcombe's interval of independent answers.
 * @throws RangeError as `clusterInterval`.
 */
export function clusterDifference(
  pairs: readonly ClusterPair[],
  options: BootstrapOptions = {},
): DifferenceInterval {
  const { filled, first, second } = summed(pairs);
  const independent = newcombe(first.count, first.n, second.count, second.n);
  if (filled.length < 2) return independent;
  const found = percentile(filled, (one, two) => one - two, options);
  return { difference: independent.difference, ...widest(independent, found) };
}

/**
 * The fall from `second` (before) to `first` (after), 1 - after/before, over new clusters like these; never
 * narrower than `fallOf`. Resamples with nothing that could fall are left out, or a rise without end.
 * @throws RangeError as `clusterInterval`.
 */
export function clusterFall(pairs: readonly ClusterPair[], options: BootstrapOptions = {}): Fall {
  const { filled, first, second } = summed(pairs);
  const independent = fallOf(first, second);
  if (filled.length < 2) return independent;
  const found = percentile(filled, (after, before) => 1 - after / before, options);
  return { fall: independent.fall, ...widest(independent, found) };
}

const ends = (clusters: readonly Cluster[], options: BootstrapOptions): Interval | null =>
  clusters.filter(isFilled).length < 2 ? null : clusterInterval(clusters, options);

/**
 * Wilson's interval of a rate and those over new wordings and new topics, each left out where there are fewer
 * than two clusters.
 * @throws RangeError as `clusterInterval`.
 */
export function clusteredInterval(
  byTemplate: readonly Cluster[],
  byTopic: readonly Cluster[],
  options: BootstrapOptions = {},
): ClusteredInterval {
  const { count, n } = totalOfClusters(byTopic);
  const template = ends(byTemplate, options);
  const topic = ends(byTopic, options);
  const effect = designEffect(byTopic);
  return {
    ...wilson(count, n),
    ...(template && { templateLow: template.low, templateHigh: template.high }),
    ...(topic && { clusterLow: topic.low, clusterHigh: topic.high }),
    ...(Number.isNaN(effect) ? {} : { designEffect: effect }),
  };
}

/** A rate with those intervals; as `clusteredInterval`. */
export const clusteredRate = (
  byTemplate: readonly Cluster[],
  byTopic: readonly Cluster[],
  options: BootstrapOptions = {},
): Rate => ({
  ...totalOfClusters(byTopic),
  ...clusteredInterval(byTemplate, byTopic, options),
});
