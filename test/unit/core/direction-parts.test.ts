// Every value is held against a plain loop over float64 arrays, written out here.

import { describe, expect, test } from 'vitest';
import { asLongAs, matchedRandom, withoutPartAlong } from '../../../src/core/direction-parts';
import { dot, norm } from '../../../src/core/projection';
import { createRng } from '../../../src/core/rng';
import { rowOf, tensor, type Tensor, zeros } from '../../../src/core/tensor';

const LAYERS = 3;
const D = 20;
const rng = createRng(11);
const random = (...dims: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => rng.normal()),
    dims,
  );
const vectors = random(LAYERS, D);
const axis = random(LAYERS, D);
const layersOf = ({ data }: Tensor): number[][] =>
  Array.from({ length: LAYERS }, (_, l) => Array.from(data.subarray(l * D, (l + 1) * D)));

describe('a direction without its part along another', () => {
  test('is v - (v . u) u at each layer, as a float64 loop gives it', () => {
    const expected = layersOf(vectors).map((v, l) => {
      const a = layersOf(axis)[l]!;
      let va = 0;
      let aa = 0;
      for (let i = 0; i < D; i++) {
        va += v[i]! * a[i]!;
        aa += a[i]! * a[i]!;
      }
      return v.map((x, i) => x - (va / aa) * a[i]!);
    });
    layersOf(withoutPartAlong(vectors, axis)).forEach((row, l) => {
      row.forEach((x, i) => expect(x).toBeCloseTo(expected[l]![i]!, 6));
    });
  });

  test('has nothing along it, and the length of the axis does not matter', () => {
    const rest = withoutPartAlong(vectors, axis);
    const longer = { ...axis, data: axis.data.map((x) => 1000 * x) };
    for (let l = 0; l < LAYERS; l++) {
      const [r, a] = [rowOf(rest, l).data, rowOf(axis, l).data];
      expect(Math.abs(dot(r, a))).toBeLessThan(1e-6 * norm(r) * norm(a));
      expect(norm(r)).toBeLessThan(norm(rowOf(vectors, l).data));
    }
    withoutPartAlong(vectors, longer).data.forEach((x, i) => {
      expect(x).toBeCloseTo(rest.data[i]!, 5);
    });
  });

  test('stays where the axis is zero, and is nothing along itself', () => {
    expect(withoutPartAlong(vectors, zeros([LAYERS, D]))).toEqual(vectors);
    for (const x of withoutPartAlong(vectors, vectors).data) expect(Math.abs(x)).toBeLessThan(1e-6);
  });

  test('of another shape is refused', () => {
    expect(() => withoutPartAlong(vectors, random(LAYERS, D + 1))).toThrow(RangeError);
    expect(() => withoutPartAlong(random(D), random(D))).toThrow(/\[20\]/);
  });
});

test('a direction as long as another keeps its way and takes the other length, layer by layer', () => {
  const long = asLongAs(vectors, axis);
  for (let l = 0; l < LAYERS; l++) {
    const [to, v, a] = [long, vectors, axis].map((t) => rowOf(t, l).data) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    expect(norm(to)).toBeCloseTo(norm(a), 5);
    expect(dot(to, v) / (norm(to) * norm(v))).toBeCloseTo(1, 6);
  }
  expect(asLongAs(zeros([LAYERS, D]), axis)).toEqual(zeros([LAYERS, D]));
});

describe('random vectors that vary as residuals do', () => {
  const N = 40;
  // Stretched along a few coordinates, with a mean far from zero.
  const pooled = random(N, LAYERS, D);
  for (let i = 0; i < pooled.data.length; i++) {
    const d = i % D;
    pooled.data[i] = 3 + pooled.data[i]! * (d < 3 ? 10 : 0.5);
  }
  const direction = zeros([LAYERS, D]);
  for (let l = 0; l < LAYERS; l++) direction.data[l * D + D - 1] = 2 + l;

  test('are the centred residuals weighted by normal numbers, as a float64 loop gives them', () => {
    const seeded = createRng(3);
    const weights = Array.from({ length: N }, () => seeded.normal());
    const drawn = layersOf(matchedRandom(createRng(3), pooled, direction));
    for (let l = 0; l < LAYERS; l++) {
      const sum = new Float64Array(D);
      for (let i = 0; i < D; i++) {
        let mean = 0;
        for (let r = 0; r < N; r++) mean += pooled.data[(r * LAYERS + l) * D + i]! / N;
        for (let r = 0; r < N; r++)
          sum[i]! += weights[r]! * (pooled.data[(r * LAYERS + l) * D + i]! - mean);
      }
      sum[D - 1] = 0;
      const length = Math.sqrt(sum.reduce((total, x) => total + x * x, 0));
      for (let i = 0; i < D; i++) expect(drawn[l]![i]).toBeCloseTo((sum[i]! / length) * (2 + l), 4);
    }
  });

  test('lie where residuals vary, are as long as the direction and at right angles to it', () => {
    let stretched = 0;
    for (let seed = 0; seed < 50; seed++) {
      const drawn = matchedRandom(createRng(seed), pooled, direction);
      for (let l = 0; l < LAYERS; l++) {
        const row = rowOf(drawn, l).data;
        expect(norm(row)).toBeCloseTo(2 + l, 4);
        expect(Math.abs(row[D - 1]!)).toBeLessThan(1e-6);
        stretched += (norm(row.subarray(0, 3)) / norm(row)) ** 2 / (50 * LAYERS);
      }
    }
    // Three coordinates of variance 100 beside sixteen of 0.25: 98.7% of the variance.
    expect(stretched).toBeGreaterThan(0.95);
  });

  test('are the same for the same seed, and need residuals of the shape of the direction', () => {
    const draw = (seed: number) => matchedRandom(createRng(seed), pooled, direction);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(() => matchedRandom(createRng(1), random(2, LAYERS, D), direction)).toThrow(/than 3/);
    expect(() => matchedRandom(createRng(1), pooled, random(LAYERS, 4))).toThrow(RangeError);
  });
});
