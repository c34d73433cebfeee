import { describe, expect, test } from 'vitest';
import { cosine, cosineByLayer, cosineMatrix, randomCosine } from '../../../src/core/cosine';
import { randomDirectionLike } from '../../../src/core/edit';
import { projections, rowNorms, unitRows } from '../../../src/core/projection';
import { createRng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { rowOf, tensor } from '../../../src/core/tensor';

const normal = (dims: readonly number[], seed: number): Tensor => {
  const rng = createRng(seed);
  const size = dims.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, () => rng.normal()),
    dims,
  );
};

describe('cosine', () => {
  test('keeps its sign, ignores length, and is exact by hand', () => {
    expect(cosine([3, 4], [4, 3])).toBeCloseTo(24 / 25, 15);
    expect(cosine([3, 4], [-6, -8])).toBe(-1);
    expect(cosine([1, 0], [0, 5])).toBe(0);
    expect(cosine([1e-30, 0], [1e30, 0])).toBe(1);
  });

  test('of a zero vector is not a number, and never outside [-1, 1]', () => {
    expect(cosine([0, 0], [1, 2])).toBeNaN();
    for (let seed = 0; seed < 50; seed++) {
      const v = normal([97], seed).data;
      expect(Math.abs(cosine(v, v))).toBeLessThanOrEqual(1);
      expect(cosine(v, v)).toBeCloseTo(1, 14);
    }
  });

  test('refuses different widths and different layers', () => {
    expect(() => cosine([1], [1, 2])).toThrow(RangeError);
    expect(() => cosineByLayer(normal([2, 4], 1), normal([3, 4], 1))).toThrow(RangeError);
    expect(() => cosineMatrix(normal([2, 4], 1), normal([2, 5], 1))).toThrow(RangeError);
  });

  test('the diagonal of the layer x layer matrix is the cosine by layer', () => {
    const a = normal([4, 6], 1);
    const b = normal([4, 6], 2);
    const matrix = cosineMatrix(a, b);
    expect(matrix.length).toBe(16);
    cosineByLayer(a, b).forEach((value, layer) => expect(matrix[layer * 5]).toBe(value));
    expect(matrix[1 * 4 + 3]).toBe(cosine(rowOf(a, 1).data, rowOf(b, 3).data));
  });

  test('random directions meet at 1 / sqrt(d), root mean square', () => {
    const d = 64;
    let squares = 0;
    for (let i = 0; i < 500; i++) {
      squares += cosine(normal([d], 2 * i).data, normal([d], 2 * i + 1).data) ** 2;
    }
    expect(Math.sqrt(squares / 500)).toBeCloseTo(randomCosine(d), 1);
    expect(Math.abs(Math.sqrt(squares / 500) / randomCosine(d) - 1)).toBeLessThan(0.1);
  });
});

describe('projection', () => {
  test('is the component along the unit direction of each layer', () => {
    const vectors = tensor(Float32Array.of(0, 2, 3, 4, 0, 0), [3, 2]);
    const residuals = tensor(Float32Array.of(7, -1, 5, 10, 8, 9, 1, 1, 1, 1, 1, 1), [2, 3, 2]);
    const c = projections(residuals, vectors);
    expect(c.dims).toEqual([2, 3]);
    expect([...c.data]).toEqual([-1, 11, 0, 1, Math.fround(1.4), 0]);
    expect(projections(rowOf(residuals, 0), vectors).dims).toEqual([3]);
    expect(() => projections(normal([2, 3], 1), vectors)).toThrow(RangeError);
  });

  test('unit rows have length 1, and a zero row stays zero', () => {
    const units = unitRows(tensor(Float32Array.of(3, 4, 0, 0), [2, 2]));
    expect([...units.data]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, 0]);
  });

  test('the random control has the length of the direction, layer by layer, not sqrt(d) times it', () => {
    const vectors = normal([5, 128], 3);
    const control = randomDirectionLike(createRng(9), vectors);
    const wanted = rowNorms(vectors);
    rowNorms(control).forEach((length, layer) => expect(length).toBeCloseTo(wanted[layer]!, 4));
    cosineByLayer(vectors, control).forEach((c) => expect(Math.abs(c)).toBeLessThan(0.4));
    expect(randomDirectionLike(createRng(9), vectors).data).toEqual(control.data);
  });
});
