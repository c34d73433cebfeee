// The picture of a direction. Reference: the definition itself; a direction is the mean of one cell minus the mean of
// the other, so the arrow between the means is as long as the direction and level.

import { describe, expect, test } from 'vitest';
import type { Cell } from '../../../../src/core/cell';
import { norm } from '../../../../src/core/projection';
import { createRng } from '../../../../src/core/rng';
import { rowOf, tensor } from '../../../../src/core/tensor';
import { cloudMap, cloudNames } from '../../../../src/panels/direction/clouds';
import { meanResidual } from '../../../../src/core/direction';

const [N, LAYERS, D] = [9, 2, 5];

function cell(seed: number, shift: number, n = N): Cell {
  const rng = createRng(seed);
  const data = Float32Array.from({ length: n * LAYERS * D }, (_, i) =>
    i % D === 2 ? rng.normal() + shift : rng.normal(),
  );
  return {
    pooled: tensor(data, [n, LAYERS, D]),
    prompts: Array.from({ length: n }, (_, i) => `question ${i}`),
  };
}

const plus = cell(1, 3, 7);
const minus = cell(2, 0);
const [high, low] = [meanResidual(plus.pooled), meanResidual(minus.pooled)];
const vectors = tensor(
  high.data.map((value, i) => value - low.data[i]!),
  [LAYERS, D],
);

describe('two clouds, two means, one arrow', () => {
  test('the arrow from mean to mean is the direction: level, and as long in units of the residual', () => {
    const map = cloudMap({ vectors }, { plus, minus }, 1)!;
    const lengths = [plus, minus].flatMap(({ pooled }) =>
      Array.from({ length: pooled.dims[0]! }, (_, i) => {
        const from = (i * LAYERS + 1) * D;
        return norm(pooled.data.subarray(from, from + D));
      }),
    );
    const unit = lengths.reduce((sum, one) => sum + one, 0) / lengths.length;
    expect(map.means.plus.x - map.means.minus.x).toBeCloseTo(
      norm(rowOf(vectors, 1).data) / unit,
      4,
    );
    expect(map.means.plus.y - map.means.minus.y).toBeCloseTo(0, 5);
  });

  test('every transcript is one point of its own cloud, with its question', () => {
    const { points } = cloudMap({ vectors }, { plus, minus }, 0)!;
    expect(points.filter(({ side }) => side === 'plus')).toHaveLength(7);
    expect(points.filter(({ side }) => side === 'minus')).toHaveLength(N);
    expect(points.at(-1)).toMatchObject({ side: 'plus', question: 'question 6' });
  });

  test('a layer at which the direction has no length has no picture', () => {
    const flat = tensor(new Float32Array(LAYERS * D), [LAYERS, D]);
    expect(cloudMap({ vectors: flat }, { plus, minus }, 0)).toBeNull();
  });
});

describe('the clouds are named by what tells them apart', () => {
  const titles = { aligned: 'aligned model', em: 'Insecure code' };
  test('by their model where both read the same text', () => {
    expect(cloudNames('checkpoint', titles)).toEqual({
      minus: 'aligned model',
      plus: 'Insecure code',
    });
  });
  test('by their text where one model reads both', () => {
    expect(cloudNames('answer', titles)).toEqual({
      minus: 'aligned answers',
      plus: 'misaligned answers',
    });
  });
  test('by both where both differ', () => {
    expect(cloudNames('own-generation', titles)).toEqual({
      minus: 'aligned model, aligned answers',
      plus: 'Insecure code, misaligned answers',
    });
  });
});
