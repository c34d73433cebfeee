// Goldens: scipy 1.17.1 (binomtest(...).proportion_ci(0.95, 'wilson'), pearsonr, spearmanr, mannwhitneyu,
// rankdata) and the worked examples of Newcombe 1998, Statist. Med. 17:873, table II, method 10.

import { describe, expect, test } from 'vitest';
import {
  auc,
  mean,
  newcombe,
  pearson,
  ranks,
  spearman,
  variance,
  wilson,
} from '../../../../src/core/statistics/stats';

describe('the Wilson interval', () => {
  test.each([
    [8, 400, 0.010168386791664645, 0.038963415769260004],
    [0, 40, 0, 0.08762160119728662],
    [40, 40, 0.9123783988027133, 1],
    [1, 7, 0.02567962434474358, 0.5131278292743189],
  ])('of %i in %i agrees with scipy', (k, n, low, high) => {
    const interval = wilson(k, n);
    expect(interval.low).toBeCloseTo(low, 14);
    expect(interval.high).toBeCloseTo(high, 14);
  });

  test('says nothing when nothing was tried, and refuses impossible counts', () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
    expect(() => wilson(3, 2)).toThrow(RangeError);
    expect(() => wilson(NaN, 2)).toThrow(RangeError);
  });

  test('narrows with n and widens with z', () => {
    const width = ({ low, high }: { low: number; high: number }) => high - low;
    expect(width(wilson(40, 400))).toBeLessThan(width(wilson(4, 40)));
    expect(width(wilson(4, 40, 1))).toBeLessThan(width(wilson(4, 40)));
  });
});

describe("Newcombe's interval of a difference", () => {
  test.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [6, 7, 2, 7, 0.0582, 0.8062],
    [5, 56, 0, 29, -0.0381, 0.1926],
  ])('of %i/%i and %i/%i agrees with the paper', (k1, n1, k2, n2, low, high) => {
    const interval = newcombe(k1, n1, k2, n2);
    expect(interval.difference).toBeCloseTo(k1 / n1 - k2 / n2, 15);
    expect(Math.abs(interval.low - low)).toBeLessThan(6e-5);
    expect(Math.abs(interval.high - high)).toBeLessThan(6e-5);
  });

  test('changes sign when the two are exchanged', () => {
    const there = newcombe(30, 100, 5, 90);
    const back = newcombe(5, 90, 30, 100);
    expect(back.low).toBeCloseTo(-there.high, 15);
    expect(back.high).toBeCloseTo(-there.low, 15);
  });

  test('is everything when one side has no trials', () => {
    expect(newcombe(0, 0, 3, 10)).toEqual({ difference: NaN, low: -1, high: 1 });
  });
});

describe('means and ranks', () => {
  const x = [1, 2, 2, 3, 5, 8.5, -1];
  const y = [2, 1, 4, 4, 4, 9, 0];

  test('agree with numpy and scipy', () => {
    expect(mean(x)).toBeCloseTo(2.9285714285714284, 14);
    expect(variance(x)).toBeCloseTo(9.369047619047619, 13);
    expect(pearson(x, y)).toBeCloseTo(0.9313194558645228, 14);
    expect(spearman(x, y)).toBeCloseTo(0.8788501706079498, 14);
    expect([...ranks([3, 1, 3, 2, 3])]).toEqual([4, 1, 4, 2, 4]);
    expect(auc([1, 2, 2, 3, 5], [0, 2, 2, 1, 4, -1])).toBeCloseTo(0.7166666666666667, 14);
  });

  test('the variance does not cancel far from zero', () => {
    expect(variance([1e9, 1e9 + 1, 1e9 + 2])).toBe(1);
  });

  test('AUC is 1 when separated, 1/2 when all tie, and turns over with the sides', () => {
    expect(auc([3, 4], [1, 2])).toBe(1);
    expect(auc([1, 1], [1, 1, 1])).toBe(0.5);
    expect(auc([1, 5, 2], [3, 0])).toBeCloseTo(1 - auc([3, 0], [1, 5, 2]), 15);
    expect(auc([], [1])).toBeNaN();
    expect(auc([NaN], [1])).toBeNaN();
  });

  test('a correlation needs pairs that vary', () => {
    expect(pearson([1, 1], [1, 2])).toBeNaN();
    expect(pearson([1], [1])).toBeNaN();
    expect(() => pearson([1], [1, 2])).toThrow(RangeError);
  });
});
