import { describe, expect, test } from 'vitest';
import { rowsLike, spreadOf } from '../../../src/organism/controls';

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
});

test('random directions of a kind are found by number, and nothing else that begins alike', () => {
  const rows = ['cut/isotropic-1', 'cut/isotropic-12', 'cut/isotropic-all', 'cut/matched-1'].map(
    (key) => ({ key }),
  );
  const found = rowsLike({ rows: rows as Parameters<typeof rowsLike>[0]['rows'] }, 'cut/isotropic');
  expect(found.map(({ key }) => key)).toEqual(['cut/isotropic-1', 'cut/isotropic-12']);
});
