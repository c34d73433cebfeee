// Goldens: Python 3.11's math.erfc; R 4.3's p.adjust(p, "holm").

import { describe, expect, test } from 'vitest';
import {
  differenceP,
  holmCut,
  normalTail,
  proportionP,
} from '../../../../src/core/statistics/hypothesis';

test.each([
  [0, 0.5],
  [0.5, 0.3085375387259869],
  [1.959963984540054, 0.025],
  [3, 0.0013498980316300957],
  [6, 9.865876450377012e-10],
  [-1, 0.8413447460685429],
])('the upper tail of the normal beyond %f agrees with erfc', (z, tail) => {
  expect(normalTail(z) / tail).toBeCloseTo(1, 6);
});

describe('the p-value of two rates', () => {
  test('agrees with the pooled score test', () => {
    expect(differenceP(30, 100, 5, 90) / 1.4255643325315277e-5).toBeCloseTo(1, 5);
    expect(differenceP(60, 200, 50, 200)).toBeCloseTo(0.2628053835101041, 6);
  });

  test('does not depend on which comes first, and is 1 where nothing differs', () => {
    expect(differenceP(5, 90, 30, 100)).toBe(differenceP(30, 100, 5, 90));
    expect(differenceP(0, 90, 0, 100)).toBe(1);
    expect(differenceP(90, 90, 100, 100)).toBe(1);
    expect(differenceP(0, 0, 3, 10)).toBe(1);
  });

  test('of one rate against a half is that of its distance in standard errors', () => {
    expect(proportionP(60, 100, 0.5)).toBeCloseTo(0.04550026, 6);
    expect(proportionP(0, 0, 0.5)).toBe(1);
  });
});

describe("Holm's procedure", () => {
  // p.adjust gives .04 .06 .06 .06, and .004 .03 .03 .5.
  test.each([
    [[0.01, 0.02, 0.03, 0.04], 0.01],
    [[0.5, 0.001, 0.015, 0.01], 0.015],
    [[0.2, 0.3], 0],
    [[0.04], 0.04],
    [[0.01, 0.02], 0.02],
    [[], 0],
  ])('rejects of %j up to %f', (family, cut) => {
    expect(holmCut(family)).toBe(cut);
    expect(holmCut([...family].reverse())).toBe(cut);
  });
});
