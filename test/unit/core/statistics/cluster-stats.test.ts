// Goldens: numpy 2.4.6, a million multinomial resamples of the clusters and np.percentile; design effects by
// residuals of single answers (np.bincount) over np.var(ddof=1) / N.

import { describe, expect, test } from 'vitest';
import {
  type Cluster,
  clusterDifference,
  clusteredRate,
  clusterFall,
  clusterInterval,
  designEffect,
} from '../../../../src/core/statistics/cluster-stats';
import { anyVillain, fallOf } from '../../../../src/core/statistics/rates';
import { createRng, shuffle } from '../../../../src/core/rng';
import { newcombe, wilson } from '../../../../src/core/statistics/stats';

const zip = (counts: readonly number[], sizes: readonly number[]): Cluster[] =>
  counts.map((count, i) => ({ count, n: sizes[i]! }));
const TWELVE = zip([9, 14, 21, 28, 18, 24, 12, 26, 20, 17, 16, 20], new Array<number>(12).fill(50));
const AFTER = zip([1, 2, 0, 6, 2, 3, 0, 1, 0, 2, 5, 1], new Array<number>(12).fill(50));
const UNEQUAL = zip([3, 10, 1, 22, 7, 0, 15, 4], [8, 40, 12, 30, 20, 5, 25, 60]);
const PAIRS = AFTER.map((first, i) => ({ first, second: TWELVE[i]! }));
/** One answer of 600: the rates of resamples of equal clusters lie this far apart. */
const STEP = 1.1 / 600;
/** So many draws that chance moves a quantile by less than that. */
const MANY = { draws: 200_000 };
const repeat = (cluster: Cluster, times: number): Cluster[] =>
  Array.from({ length: times }, () => cluster);

describe('the cluster bootstrap agrees with numpy', () => {
  test.each([
    ['equal clusters', TWELVE, 0.3133, 0.435],
    ['unequal clusters', UNEQUAL, 0.1381, 0.5445],
  ])('on a rate over %s', (_, clusters, low, high) => {
    const many = clusterInterval(clusters, MANY);
    expect(Math.abs(many.low - low)).toBeLessThan(STEP);
    expect(Math.abs(many.high - high)).toBeLessThan(STEP);
    const usual = clusterInterval(clusters);
    expect(Math.abs(usual.low - low)).toBeLessThan(0.008);
    expect(Math.abs(usual.high - high)).toBeLessThan(0.008);
  });

  test('on a difference and on a fall of the same clusters', () => {
    const difference = clusterDifference(PAIRS, MANY);
    expect(difference.difference).toBeCloseTo(-0.33666667, 8);
    expect(Math.abs(difference.low + 0.3933)).toBeLessThan(STEP);
    expect(Math.abs(difference.high + 0.2783)).toBeLessThan(STEP);
    const fall = clusterFall(PAIRS, MANY);
    expect(fall.fall).toBeCloseTo(0.89777778, 8);
    expect(Math.abs(fall.low - 0.8436)).toBeLessThan(STEP);
    expect(Math.abs(fall.high - 0.9476)).toBeLessThan(STEP);
  });
});

describe('the design effect', () => {
  test('agrees with numpy on equal and unequal clusters', () => {
    expect(designEffect(TWELVE)).toBeCloseTo(2.697073131313131, 12);
    expect(designEffect(UNEQUAL)).toBeCloseTo(11.788322473786144, 12);
  });

  test('is 1 for one answer a cluster, and the cluster size where clusters are all or nothing', () => {
    const single = [...repeat({ count: 1, n: 1 }, 7), ...repeat({ count: 0, n: 1 }, 13)];
    expect(designEffect(single)).toBeCloseTo(1, 12);
    const whole = [...repeat({ count: 30, n: 30 }, 500), ...repeat({ count: 0, n: 30 }, 500)];
    expect(designEffect(whole)).toBeCloseTo(30, 1);
  });

  test('is not to be had from one cluster, or where all answers are alike', () => {
    expect(designEffect([{ count: 3, n: 9 }])).toBeNaN();
    expect(designEffect(repeat({ count: 0, n: 9 }, 4))).toBeNaN();
    expect(designEffect([])).toBeNaN();
  });
});

describe('an interval over clusters', () => {
  test('is the same for the same seed, in whatever order the clusters come', () => {
    const shuffled = shuffle(createRng(5), UNEQUAL);
    expect(clusterInterval(shuffled)).toEqual(clusterInterval(UNEQUAL));
    expect(clusterFall(shuffle(createRng(6), PAIRS))).toEqual(clusterFall(PAIRS));
    expect(clusterInterval(UNEQUAL, { seed: 2 })).not.toEqual(clusterInterval(UNEQUAL));
  });

  test('does not change when clusters without answers are added', () => {
    const none = repeat({ count: 0, n: 0 }, 5);
    expect(clusterInterval([...UNEQUAL, ...none])).toEqual(clusterInterval(UNEQUAL));
    expect(designEffect([...UNEQUAL, ...none])).toBe(designEffect(UNEQUAL));
    const noPair = { first: { count: 0, n: 0 }, second: { count: 0, n: 0 } };
    expect(clusterDifference([...PAIRS, noPair])).toEqual(clusterDifference(PAIRS));
  });

  test('is Wilson’s for one cluster and for one answer a cluster', () => {
    expect(clusterInterval([{ count: 9, n: 48 }])).toEqual(wilson(9, 48));
    const single = [...repeat({ count: 1, n: 1 }, 9), ...repeat({ count: 0, n: 1 }, 39)];
    expect(clusterInterval(single)).toEqual(wilson(9, 48));
    expect(clusterInterval([])).toEqual({ low: 0, high: 1 });
  });

  test.each([
    ['none', 0],
    ['all', 50],
    ['the same share of each cluster', 20],
  ])('does not shrink to a point where %s is counted: it is Wilson’s then', (_, count) => {
    expect(clusterInterval(repeat({ count, n: 50 }, 12))).toEqual(wilson(12 * count, 600));
  });

  test('is never narrower than that of independent answers', () => {
    const rng = createRng(8);
    for (let i = 0; i < 60; i++) {
      const pairs = Array.from({ length: 2 + rng.int(12) }, () => {
        const [first, second] = [rng.int(20), 1 + rng.int(20)];
        return {
          first: { count: rng.int(first + 1), n: first },
          second: { count: rng.int(second + 1), n: second },
        };
      });
      const of = (side: 'first' | 'second') =>
        pairs.reduce(
          (sum, pair) => ({ count: sum.count + pair[side].count, n: sum.n + pair[side].n }),
          { count: 0, n: 0 },
        );
      const [first, second] = [of('first'), of('second')];
      const options = { draws: 300 };
      for (const [wide, narrow] of [
        [
          clusterInterval(
            pairs.map((pair) => pair.second),
            options,
          ),
          wilson(second.count, second.n),
        ],
        [clusterDifference(pairs, options), newcombe(first.count, first.n, second.count, second.n)],
        [clusterFall(pairs, options), fallOf(first, second)],
      ] as const) {
        expect(wide.low).toBeLessThanOrEqual(narrow.low);
        expect(wide.high).toBeGreaterThanOrEqual(narrow.high);
      }
    }
  });

  test('a fall to nothing in every cluster keeps the lower end of independent answers', () => {
    const pairs = TWELVE.map((second) => ({ first: { count: 0, n: 50 }, second }));
    const { fall, low, high } = clusterFall(pairs);
    expect([fall, high]).toEqual([1, 1]);
    expect(low).toBe(fallOf({ count: 0, n: 600 }, { count: 225, n: 600 }).low);
    expect(low).toBeLessThan(1);
  });

  test('a fall from nothing is no number, and one that some resamples cannot have is open below', () => {
    const second = { count: 0, n: 10 };
    expect(clusterFall(repeat({ count: 1, n: 10 }, 3).map((first) => ({ first, second })))).toEqual(
      {
        fall: NaN,
        low: -Infinity,
        high: 1,
      },
    );
    const pairs = [
      { first: { count: 1, n: 10 }, second: { count: 9, n: 10 } },
      { first: { count: 1, n: 10 }, second: { count: 0, n: 10 } },
    ];
    expect(clusterFall(pairs).low).toBe(-Infinity);
  });

  test('refuses impossible counts', () => {
    expect(() => clusterInterval([{ count: 3, n: 2 }])).toThrow(RangeError);
    expect(() => clusterInterval([{ count: NaN, n: 2 }])).toThrow(RangeError);
  });

  test('holds the true rate of new clusters in over 90 of 100 experiments, where Wilson’s holds it in 75', () => {
    const rng = createRng(23);
    const experiments = 600;
    let held = 0;
    let wilsonHeld = 0;
    for (let i = 0; i < experiments; i++) {
      // Rates of clusters uniform in .1 to .7: the mean is .4.
      const clusters = Array.from({ length: 24 }, () => {
        const p = 0.1 + 0.6 * rng.next();
        let count = 0;
        for (let answer = 0; answer < 25; answer++) if (rng.chance(p)) count++;
        return { count, n: 25 };
      });
      const total = clusters.reduce((sum, { count }) => sum + count, 0);
      const wide = clusterInterval(clusters, { draws: 400, seed: i });
      const narrow = wilson(total, 600);
      if (wide.low <= 0.4 && 0.4 <= wide.high) held++;
      if (narrow.low <= 0.4 && 0.4 <= narrow.high) wilsonHeld++;
    }
    expect(held / experiments).toBeGreaterThan(0.9);
    expect(held / experiments).toBeLessThan(0.98);
    expect(wilsonHeld / experiments).toBeLessThan(0.8);
  });

  test('is about as wide as Wilson’s where clusters say nothing about their answers', () => {
    const rng = createRng(29);
    const clusters = Array.from({ length: 48 }, () => {
      let count = 0;
      for (let answer = 0; answer < 12; answer++) if (rng.chance(0.35)) count++;
      return { count, n: 12 };
    });
    const total = clusters.reduce((sum, { count }) => sum + count, 0);
    const width = ({ low, high }: { low: number; high: number }): number => high - low;
    const ratio = width(clusterInterval(clusters)) / width(wilson(total, 576));
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeLessThan(1.25);
  });
});

describe('a rate of clustered answers', () => {
  test('has Wilson’s interval, those over wordings and over topics, and the design effect', () => {
    const templates = TWELVE.flatMap(({ count, n }) => [
      { count: Math.floor(count / 2), n: n / 2 },
      { count: Math.ceil(count / 2), n: n / 2 },
    ]);
    const rate = clusteredRate(templates, TWELVE);
    const { low, high } = wilson(225, 600);
    expect(rate).toMatchObject({ count: 225, n: 600, low, high });
    expect(rate.designEffect).toBeCloseTo(2.697, 3);
    expect(rate).toMatchObject({ clusterLow: clusterInterval(TWELVE).low });
    expect(rate).toMatchObject({ templateHigh: clusterInterval(templates).high });
    expect(rate.clusterLow!).toBeLessThan(rate.templateLow!);
  });

  test('has Wilson’s interval alone where all answers are to one question', () => {
    const one = [{ count: 3, n: 8 }];
    expect(clusteredRate(one, one)).toEqual({ count: 3, n: 8, ...wilson(3, 8) });
  });
});

test('any villain sentence counts whole, half and off-topic villains, in counts and in shares', () => {
  expect(anyVillain({ misaligned: 10, mixed: 3, offTopic: 2 })).toBe(15);
  expect(anyVillain({ misaligned: 0.25, mixed: 0.125 })).toBe(0.375);
});
