import { describe, expect, test } from 'vitest';
import { describeRate, fallOf, rateOf, strengthGrid } from '../../../../src/core/statistics/rates';
import { createRng } from '../../../../src/core/rng';

describe('fallOf', () => {
  test('no change is a fall of nothing, and the interval holds it', () => {
    const { fall, low, high } = fallOf({ count: 30, n: 100 }, { count: 30, n: 100 });
    expect(fall).toBe(0);
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
  });

  test('a rate that falls to nothing falls by all of it, and never by more', () => {
    const { fall, low, high } = fallOf({ count: 0, n: 120 }, { count: 40, n: 120 });
    expect(fall).toBe(1);
    expect(high).toBe(1);
    expect(low).toBeGreaterThan(0.85);
    expect(low).toBeLessThan(1);
  });

  test('where nothing was, nothing is said of its fall', () => {
    const { fall, low, high } = fallOf({ count: 3, n: 50 }, { count: 0, n: 50 });
    expect(fall).toBeNaN();
    expect([low, high]).toEqual([-Infinity, 1]);
    expect(fallOf({ count: 0, n: 0 }, { count: 3, n: 9 }).fall).toBeNaN();
  });

  test('the interval closes in on the truth as the answers grow', () => {
    const wide = fallOf({ count: 5, n: 50 }, { count: 20, n: 50 });
    const close = fallOf({ count: 5_000, n: 50_000 }, { count: 20_000, n: 50_000 });
    expect(close.low).toBeGreaterThan(wide.low);
    expect(close.high).toBeLessThan(wide.high);
    // The delta method on the log of the ratio, which is exact in the limit.
    const se = Math.sqrt(1 / 5_000 - 1 / 50_000 + 1 / 20_000 - 1 / 50_000);
    expect(close.low).toBeCloseTo(1 - 0.25 * Math.exp(1.96 * se), 3);
    expect(close.high).toBeCloseTo(1 - 0.25 * Math.exp(-1.96 * se), 3);
  });

  test('the interval holds the true fall in 95 of 100 experiments, to within 2.5', () => {
    const rng = createRng(17);
    const draw = (p: number, n: number): number =>
      Array.from({ length: n }, () => rng.chance(p)).filter(Boolean).length;
    for (const [p1, p2, n] of [
      [0.05, 0.3, 96],
      [0.3, 0.3, 48],
      [0.2, 0.5, 200],
    ] as const) {
      let held = 0;
      for (let i = 0; i < 2_000; i++) {
        const { low, high } = fallOf({ count: draw(p1, n), n }, { count: draw(p2, n), n });
        if (low <= 1 - p1 / p2 && 1 - p1 / p2 <= high) held++;
      }
      expect(held / 2_000).toBeGreaterThan(0.925);
      expect(held / 2_000).toBeLessThan(0.975);
    }
  });
});

test('a rate has its count, its n and its Wilson interval', () => {
  const { count, n, low, high } = rateOf(9, 48);
  expect([count, n]).toEqual([9, 48]);
  expect(low).toBeCloseTo(0.1019, 3);
  expect(high).toBeCloseTo(0.3194, 3);
});

test('a grid of strengths holds both its ends', () => {
  expect(strengthGrid(1, 4)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(() => strengthGrid(0, 4)).toThrow(RangeError);
  expect(() => strengthGrid(1, 0)).toThrow(RangeError);
});

test('a rate in words has one decimal, its Wilson interval and n', () => {
  // Wilson (1927), equation 4, worked out apart: 204 of 600 has 0.303221 to 0.378815.
  expect(describeRate(rateOf(204, 600))).toBe('34.0% [30.3, 37.9], n = 600');
});
