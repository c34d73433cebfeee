import { describe, expect, test } from 'vitest';
import {
  contributionsMinus,
  contributionsTo,
  strongestWriter,
  type Written,
} from '../../../../src/core/instruments/writers';
import { tensor } from '../../../../src/core/tensor';

/** Two layers of two heads, two wide; attention is the sum of its heads. */
const written = (by: number): Written => ({
  embedding: Float32Array.of(1 * by, 2),
  attention: tensor(Float32Array.of(3, 4 * by, 5, 6), [2, 2]),
  mlp: tensor(Float32Array.of(-1, 0, 2, -8 * by), [2, 2]),
  heads: tensor(Float32Array.of(1, 4 * by, 2, 0, 5, 1, 0, 5), [2, 2, 2]),
});
const UNIT = Float32Array.of(0, 1);

describe('contributions to a projection', () => {
  test('are the projections of the parts up to the layer, and their sum is the projection', () => {
    expect(contributionsTo(written(1), UNIT, 0)).toEqual({
      embedding: 2,
      attention: [4],
      mlp: [0],
      heads: [[4, 0]],
      sum: 6,
    });
    const last = contributionsTo(written(1), UNIT, 1);
    expect(last).toMatchObject({ attention: [4, 6], mlp: [0, -8], sum: 4 });
    expect(last.heads).toEqual([
      [4, 0],
      [1, 5],
    ]);
  });

  test('of one model minus those of another are the parts of the difference', () => {
    const [a, b] = [1, 2].map((by) => contributionsTo(written(by), UNIT, 1)) as [
      ReturnType<typeof contributionsTo>,
      ReturnType<typeof contributionsTo>,
    ];
    const minus = contributionsMinus(b, a);
    expect(minus).toMatchObject({ embedding: 0, attention: [4, 0], mlp: [0, -8], sum: -4 });
    expect(strongestWriter(minus)).toEqual({ kind: 'mlp', layer: 1, value: -8 });
  });

  test('are refused for a layer that is not there and for a direction of another width', () => {
    expect(() => contributionsTo(written(1), UNIT, 2)).toThrow(RangeError);
    expect(() => contributionsTo(written(1), Float32Array.of(1), 0)).toThrow(RangeError);
  });
});
