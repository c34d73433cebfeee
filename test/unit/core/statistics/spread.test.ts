import { describe, expect, test } from 'vitest';
import { describeSpread, spreadOf } from '../../../../src/core/statistics/spread';

describe('a spread over directions or seeds', () => {
  test('has mean, standard deviation, range, and the 95% interval of Student’s t', () => {
    // By hand: mean 3, variance 2.5, t of four degrees of freedom 2.776.
    const spread = spreadOf([1, 2, 3, 4, 5]);
    expect(spread).toMatchObject({ n: 5, mean: 3, least: 1, most: 5 });
    expect(spread.sd).toBeCloseTo(1.5811388, 6);
    expect(spread.high).toBeCloseTo(3 + (2.776 * 1.5811388) / Math.sqrt(5), 6);
    expect(spread.low).toBeCloseTo(6 - spread.high, 12);
  });

  test('of one value has no deviation, and of none is refused', () => {
    expect(spreadOf([0.5])).toMatchObject({ n: 1, mean: 0.5, sd: NaN });
    expect(() => spreadOf([])).toThrow(RangeError);
  });

  test('is said with the interval of its mean and its range, one value as one draw', () => {
    expect(describeSpread(spreadOf([0.1, 0.2, 0.3]), 'seeds')).toBe(
      '20.0% [0.0, 44.8], 10.0 to 30.0% over 3 seeds',
    );
    expect(describeSpread(spreadOf([0.25]), 'seeds')).toBe('25.0%, one draw');
  });
});
