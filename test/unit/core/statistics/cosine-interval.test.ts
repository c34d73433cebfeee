// Against a jackknife over whole vectors in float64, written out here, and by how often it holds the true cosine of
// residuals that are drawn around a known difference.

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

/** The cosine of these questions: the mean's squared length less the variance of the mean. */
function plainCosine(layer: number, chosen: readonly number[]): number {
  const n = chosen.length;
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < D; i++) {
    const values = chosen.map((row) => at(plus, row, layer, i) - at(minus, row, layer, i));
    const mean = values.reduce((a, b) => a + b) / n;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const b = other.data[layer * D + i]!;
    ab += mean * b;
    aa += mean * mean - squares / (n * (n - 1));
    bb += b * b;
  }
  return ab / Math.sqrt(aa * bb);
}

describe('the interval of a cosine', () => {
  test.each([0, 1])('at layer %i is that of a plain jackknife over questions', (layer) => {
    const all = Array.from({ length: N }, (_, i) => i);
    const cosine = plainCosine(layer, all);
    const without = all.map((out) =>
      plainCosine(
        layer,
        all.filter((row) => row !== out),
      ),
    );
    const mean = without.reduce((a, b) => a + b) / N;
    const error = Math.sqrt((11 / 12) * without.reduce((sum, one) => sum + (one - mean) ** 2, 0));
    const found = cosineInterval(plus, minus, other, layer)!;
    expect(found.cosine).toBeCloseTo(Math.min(1, cosine), 9);
    // t of 11 degrees of freedom, from a table.
    expect(found.low).toBeCloseTo(cosine - 2.20099 * error, 4);
    expect(found.high).toBeCloseTo(Math.min(1, cosine + 2.20099 * error), 4);
  });

  test('keeps the texts of one question together: pairs that move alike are sure', () => {
    // Every question differs from every other, and its two sides by the same vector.
    const shifted = plus.pooled.data.map((x, i) => x + 10 * other.data[i % (LAYERS * D)]!);
    const moved = { ...plus, pooled: tensor(shifted, plus.pooled.dims) };
    const { low } = cosineInterval(moved, plus, other, 0)!;
    expect(low).toBeGreaterThan(0.999999);
  });

  test('does not depend on the length of the other direction', () => {
    const longer = tensor(
      other.data.map((x) => 50 * x),
      other.dims,
    );
    const [one, two] = [other, longer].map((o) => cosineInterval(plus, minus, o, 1)!);
    expect(two!.low).toBeCloseTo(one!.low, 6);
  });

  test('is not given where nothing can be said', () => {
    const zero = tensor(new Float32Array(LAYERS * D), [LAYERS, D]);
    expect(cosineInterval(plus, minus, zero, 0)).toBeNull();
    expect(cosineInterval(plus, plus, other, 0)).toBeNull();
    const few = { prompts: prompts.slice(0, 3), pooled: tensor(numbers(3 * 12), [3, LAYERS, D]) };
    expect(cosineInterval(few, few, other, 0)).toBeNull();
    expect(() => cosineInterval(plus, minus, tensor(numbers(4), [2, 2]), 0)).toThrow(RangeError);
  });
});

/**
 * Both sides of 32 questions in 128 dimensions, whose true difference has this cosine with the first axis.
 * @param stability the cosine that two halves of the questions have on average
 */
function drawn(cosine: number, stability: number, seed: number): [Cell, Cell, Cell['pooled']] {
  const [n, d] = [32, 128];
  const draws = createRng(seed);
  const spread = Math.sqrt((n * (1 / stability - 1)) / (4 * d));
  const asked = Array.from({ length: n }, (_, i) => `question ${i}`);
  const side = (far: number): Cell => {
    const pooled = tensor(new Float32Array(n * d), [n, 1, d]);
    pooled.data.forEach((_, i) => {
      const truth = i % d === 0 ? cosine : i % d === 1 ? Math.sqrt(1 - cosine ** 2) : 0;
      pooled.data[i] = far * truth + spread * draws.normal();
    });
    return { pooled, prompts: asked };
  };
  const axis = tensor(new Float32Array(d), [1, d]);
  axis.data[0] = 1;
  return [side(1), side(0), axis];
}

describe('over many sets of questions', () => {
  const RUNS = 100;
  test.each([
    [0, 0.3],
    [0, 0.95],
    [0.8, 0.3],
    [0.8, 0.75],
    [0.8, 0.95],
    [0.97, 0.75],
  ])('the interval holds a true cosine of %d at a stability of %d', (cosine, stability) => {
    let held = 0;
    let sum = 0;
    for (let run = 0; run < RUNS; run++) {
      const found = cosineInterval(...drawn(cosine, stability, run), 0)!;
      expect(found.low).toBeLessThanOrEqual(found.cosine);
      expect(found.high).toBeGreaterThanOrEqual(found.cosine);
      if (found.low <= cosine && cosine <= found.high) held += 1;
      sum += found.cosine;
    }
    expect(held / RUNS).toBeGreaterThanOrEqual(0.91);
    expect(sum / RUNS).toBeCloseTo(cosine, 1);
  });
});
