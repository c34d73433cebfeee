import { describe, expect, test } from 'vitest';
import { student95, studentP, welch } from '../../../../src/core/statistics/student';

describe('Student’s t', () => {
  // Closed forms: one degree of freedom is Cauchy's, two have t / sqrt(2 + t^2).
  test.each([0.3, 1, 2.5, 7])(
    'has the closed forms of one and two degrees of freedom at %d',
    (t) => {
      expect(studentP(t, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(t), 9);
      expect(studentP(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 9);
    },
  );

  // The printed table of every textbook.
  test.each([
    [1, 12.706],
    [4, 2.776],
    [10, 2.228],
    [30, 2.042],
    [Infinity, 1.96],
  ])('has the 95%% quantile of %d degrees of freedom', (df, t) => {
    expect(student95(df)).toBeCloseTo(t, 3);
  });

  test('compares two means by Welch', () => {
    // By hand: 1 .. 5 and 4, 6, 8: errors 2.5 / 5 and 4 / 3; df = 1.8333^2 / (0.25 / 4 + 1.7778 / 2).
    const one = { mean: 3, squaredError: 0.5, df: 4 };
    const two = { mean: 6, squaredError: 4 / 3, df: 2 };
    const { difference, low, high, p } = welch(one, two);
    const df = (11 / 6) ** 2 / (0.0625 + 8 / 9);
    expect(difference).toBe(-3);
    expect(high - low).toBeCloseTo(2 * student95(df) * Math.sqrt(11 / 6), 9);
    expect(p).toBeCloseTo(studentP(3 / Math.sqrt(11 / 6), df), 12);
    expect(low < 0 && high > 0).toBe(p > 0.05);
  });

  test('knows no difference where neither side varies', () => {
    const none = { mean: 0, squaredError: 0, df: 4 };
    expect(welch(none, none)).toEqual({ difference: 0, low: 0, high: 0, p: 1 });
  });
});
