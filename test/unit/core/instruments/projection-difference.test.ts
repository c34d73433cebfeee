import { describe, expect, test } from 'vitest';
import {
  meansAlongRandom,
  projectionDifferences,
  residualsAt,
} from '../../../../src/core/instruments/projection-difference';
import { createRng } from '../../../../src/core/rng';
import { tensor } from '../../../../src/core/tensor';

const [N, LAYERS, D] = [5, 3, 16];
const rng = createRng(4);
const pooled = () =>
  tensor(
    Float32Array.from({ length: N * LAYERS * D }, () => rng.normal()),
    [N, LAYERS, D],
  );
const [answers, own] = [pooled(), pooled()];
const direction = Float32Array.from({ length: D }, () => rng.normal());
const at = (layer: number) => ({
  answers: residualsAt(answers, layer),
  ownAnswers: residualsAt(own, layer),
});

describe('projection differences', () => {
  test('are what a plain float64 loop over layer, example and width gives', () => {
    for (let layer = 0; layer < LAYERS; layer++) {
      let square = 0;
      for (let i = 0; i < D; i++) square += direction[i]! ** 2;
      const wanted = Array.from({ length: N }, (_, row) => {
        let along = 0;
        for (let i = 0; i < D; i++) {
          const place = row * LAYERS * D + layer * D + i;
          along += (answers.data[place]! - own.data[place]!) * direction[i]!;
        }
        return along / Math.sqrt(square);
      });
      const found = projectionDifferences(at(layer), direction);
      wanted.forEach((value, row) => expect(found[row]).toBeCloseTo(value, 12));
    }
  });

  test('turn their sign with the direction and with the two answers, and do not know its length', () => {
    const found = projectionDifferences(at(1), direction);
    const { answers: first, ownAnswers: second } = at(1);
    const swapped = projectionDifferences({ answers: second, ownAnswers: first }, direction);
    const opposite = projectionDifferences(
      at(1),
      direction.map((x) => -x),
    );
    const longer = projectionDifferences(
      at(1),
      direction.map((x) => 8 * x),
    );
    found.forEach((value, row) => {
      expect(swapped[row]).toBeCloseTo(-value, 12);
      expect(opposite[row]).toBeCloseTo(-value, 12);
      expect(longer[row]).toBeCloseTo(value, 6);
    });
  });

  test('are nothing between an answer and itself, and the length of a move along the direction', () => {
    const { ownAnswers: same } = at(0);
    expect([...projectionDifferences({ answers: same, ownAnswers: same }, direction)]).toEqual(
      Array(N).fill(0),
    );
    const length = Math.hypot(...direction);
    const moved = tensor(
      same.data.map((x, i) => x + (3 * direction[i % D]!) / length),
      same.dims,
    );
    for (const value of projectionDifferences({ answers: moved, ownAnswers: same }, direction)) {
      expect(value).toBeCloseTo(3, 5);
    }
  });

  test('are refused for other shapes, a layer that is not there, and a direction without length', () => {
    expect(() => projectionDifferences(at(0), direction.subarray(1))).toThrow(/width 15/);
    expect(() =>
      projectionDifferences(
        { answers: at(0).answers, ownAnswers: tensor(new Float32Array(D), [1, D]) },
        direction,
      ),
    ).toThrow(/do not fit/);
    expect(() => projectionDifferences(at(0), new Float32Array(D))).toThrow(/no length/);
    expect(() => residualsAt(answers, LAYERS)).toThrow(/0 to 2, not 3/);
  });
});

describe('the mean along random directions', () => {
  test('spreads as a vector of that length does in as many dimensions, around nothing', () => {
    const pairs = at(2);
    const means = meansAlongRandom(pairs, 2000, 1);
    const difference = Array.from({ length: D }, (_, i) => {
      let sum = 0;
      for (let row = 0; row < N; row++) {
        sum += pairs.answers.data[row * D + i]! - pairs.ownAnswers.data[row * D + i]!;
      }
      return sum / N;
    });
    // E[(m . u)^2] = |m|^2 / d for u even over the sphere.
    const wanted = Math.hypot(...difference) / Math.sqrt(D);
    const found = Math.sqrt(means.reduce((sum, x) => sum + x * x, 0) / means.length);
    expect(found / wanted).toBeGreaterThan(0.93);
    expect(found / wanted).toBeLessThan(1.07);
    expect(Math.abs(means.reduce((a, b) => a + b, 0) / means.length)).toBeLessThan(0.1 * wanted);
    expect(meansAlongRandom(pairs, 3, 1)).toEqual(means.slice(0, 3));
  });
});
