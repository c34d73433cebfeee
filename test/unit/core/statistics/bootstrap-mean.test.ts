import { describe, expect, test } from 'vitest';
import { createRng } from '../../../../src/core/rng';
import { bootstrapMean, quantileOf } from '../../../../src/core/statistics/bootstrap-mean';
import { histogramOf } from '../../../../src/core/statistics/histogram';

describe('a quantile', () => {
  test('is that of numpy.quantile with its default method', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    expect(quantileOf(values, 0.95)).toBeCloseTo(7.95, 12);
    expect(quantileOf(values, 0.5)).toBe(3.5);
    expect(quantileOf([7], 0.95)).toBe(7);
    expect(quantileOf([], 0.5)).toBeNaN();
  });
});

describe('the bootstrap interval of a mean', () => {
  const rng = createRng(8);
  const values = Array.from({ length: 200 }, () => 3 + 2 * rng.normal());

  test('is about the normal one for many values, and does not know their order', () => {
    const found = bootstrapMean(values);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const sd = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
    const half = (1.96 * sd) / Math.sqrt(values.length);
    expect(found.mean).toBeCloseTo(mean, 12);
    expect(found.n).toBe(200);
    expect(found.low).toBeCloseTo(mean - half, 1);
    expect(found.high).toBeCloseTo(mean + half, 1);
    expect(bootstrapMean(values.toReversed())).toEqual({
      ...found,
      mean: expect.closeTo(mean, 12) as number,
    });
  });

  test('has no width for equal values, and says nothing of none', () => {
    expect(bootstrapMean([2, 2, 2])).toEqual({ mean: 2, low: 2, high: 2, n: 3 });
    expect(bootstrapMean([])).toEqual({ mean: NaN, low: NaN, high: NaN, n: 0 });
  });
});

describe('a histogram of several lists', () => {
  test('has one axis for all, and each list’s shares sum to 1', () => {
    const { centres, shares } = histogramOf([[0, 0, 1, 4], [2, 3.9], []], 4);
    expect(centres).toEqual([0.5, 1.5, 2.5, 3.5]);
    expect(shares).toEqual([
      [0.5, 0.25, 0, 0.25],
      [0, 0, 0.5, 0.5],
      [0, 0, 0, 0],
    ]);
  });

  test('has one bin where all values are equal, and none without values', () => {
    expect(histogramOf([[3, 3]], 4)).toEqual({ centres: [3], shares: [[1]] });
    expect(histogramOf([[], []], 4)).toEqual({ centres: [], shares: [[], []] });
  });
});
