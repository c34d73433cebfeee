// Against a bootstrap that sums whole vectors in float64 with the same draws, written out here.

import { describe, expect, test } from 'vitest';
import type { Cell } from '../../../../src/core/cell';
import { cosineInterval } from '../../../../src/core/statistics/cosine-interval';
import { createRng } from '../../../../src/core/rng';
import { tensor } from '../../../../src/core/tensor';

const [N, LAYERS, D] = [12, 2, 6];
const rng = createRng(5);
const numbers = (size: number, mean = 0): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: size }, () => mean + rng.normal());
const prompts = Array.from({ length: N }, (_, i) => `question ${i}`);
const cell = (mean: number): Cell => ({
  pooled: tensor(numbers(N * LAYERS * D, mean), [N, LAYERS, D]),
  prompts,
});
const plus = cell(1);
const minus = cell(0);
const other = tensor(numbers(LAYERS * D, 1), [LAYERS, D]);

const at = ({ pooled }: Cell, row: number, layer: number, i: number): number =>
  pooled.data[(row * LAYERS + layer) * D + i]!;

function plainInterval(layer: number, seed: number): { low: number; high: number } {
  const draws = createRng(seed);
  const cosines: number[] = [];
  for (let draw = 0; draw < 1000; draw++) {
    const chosen = Array.from({ length: N }, () => draws.int(N));
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = 0; i < D; i++) {
      let mean = 0;
      for (const row of chosen) mean += (at(plus, row, layer, i) - at(minus, row, layer, i)) / N;
      const b = other.data[layer * D + i]!;
      ab += mean * b;
      aa += mean * mean;
      bb += b * b;
    }
    cosines.push(ab / Math.sqrt(aa * bb));
  }
  cosines.sort((a, b) => a - b);
  return { low: cosines[Math.floor(0.025 * 999)]!, high: cosines[Math.floor(0.975 * 999)]! };
}

describe('the interval of a cosine', () => {
  test.each([0, 1])('at layer %i is that of a plain bootstrap over questions', (layer) => {
    const found = cosineInterval(plus, minus, other, layer, createRng(3))!;
    const expected = plainInterval(layer, 3);
    expect(found.low).toBeCloseTo(expected.low, 9);
    expect(found.high).toBeCloseTo(expected.high, 9);
    expect(found.low).toBeLessThan(found.high);
  });

  test('keeps the texts of one question together: pairs that move alike are sure', () => {
    // Every question differs from every other, and its two sides by the same vector.
    const shifted = plus.pooled.data.map((x, i) => x + 10 * other.data[i % (LAYERS * D)]!);
    const moved = { ...plus, pooled: tensor(shifted, plus.pooled.dims) };
    const { low } = cosineInterval(moved, plus, other, 0, createRng(1))!;
    expect(low).toBeGreaterThan(0.999999);
  });

  test('does not depend on the length of the other direction', () => {
    const longer = tensor(
      other.data.map((x) => 50 * x),
      other.dims,
    );
    const [one, two] = [other, longer].map((o) => cosineInterval(plus, minus, o, 1, createRng(3))!);
    expect(two!.low).toBeCloseTo(one!.low, 6);
  });

  test('is not given where nothing can be said', () => {
    const zero = tensor(new Float32Array(LAYERS * D), [LAYERS, D]);
    expect(cosineInterval(plus, minus, zero, 0, createRng(1))).toBeNull();
    expect(cosineInterval(plus, plus, other, 0, createRng(1))).toBeNull();
    const few = { prompts: prompts.slice(0, 3), pooled: tensor(numbers(3 * 12), [3, LAYERS, D]) };
    expect(cosineInterval(few, few, other, 0, createRng(1))).toBeNull();
    expect(() => cosineInterval(plus, minus, tensor(numbers(4), [2, 2]), 0, createRng(1))).toThrow(
      RangeError,
    );
  });
});
