// The vectors against plain loops; the words and facts that a person and an edit need.

import { describe, expect, test } from 'vitest';
import { dot, rowNorms } from '../../../../src/core/projection';
import { createRng } from '../../../../src/core/rng';
import { rowOf, tensor, type Tensor } from '../../../../src/core/tensor';
import {
  combinationRefusal,
  combinedDirection,
} from '../../../../src/measure/instruments/combined-direction';
import { describeDirection, type SavedDirection } from '../../../../src/measure/extraction';

const [LAYERS, D] = [2, 5];
const rng = createRng(8);
const random = (): Tensor =>
  tensor(
    Float32Array.from({ length: LAYERS * D }, () => rng.normal()),
    [LAYERS, D],
  );
const saved = (id: string, vectors = random()): SavedDirection => ({
  id,
  name: id,
  contrast: 'answer',
  pooling: 'last-prompt',
  checkpoints: { aligned: { id: 'base', sha256: 'a' }, em: { id: 'tune', sha256: 'b' } },
  counts: {},
  transcripts: 16,
  seed: 1,
  precision: 'f32',
  programVersion: '0',
  vectors,
  alignedMean: random(),
  capThreshold: Float32Array.of(1, 2),
  perLayer: [...rowNorms(vectors)].map((norm) => ({
    norm,
    relativeNorm: norm / 10,
    auc: 0.9,
    stability: 0.8,
  })),
  from: { kind: 'turn' },
  elapsedMs: 5,
  atMs: 5,
});
const [a, b] = [saved('a'), saved('b')];

describe('a direction made of two', () => {
  test('is their sum, times what was asked', () => {
    const { vectors } = combinedDirection(a, b, 'plus', -2, 9);
    vectors.data.forEach((x, i) =>
      expect(x).toBeCloseTo(a.vectors.data[i]! - 2 * b.vectors.data[i]!, 5),
    );
  });

  test('is the first without its part along the second, at right angles to it', () => {
    const { vectors } = combinedDirection(a, b, 'without', 1, 9);
    for (let l = 0; l < LAYERS; l++) {
      const [left, first, second] = [vectors, a.vectors, b.vectors].map(
        (one) => rowOf(one, l).data,
      );
      expect(dot(left!, second!)).toBeCloseTo(0, 5);
      const share = dot(first!, second!) / dot(second!, second!);
      left!.forEach((x, i) => expect(x).toBeCloseTo(first![i]! - share * second![i]!, 5));
    }
  });

  test('at the length of the other keeps what was measured of it, and its cap', () => {
    const made = combinedDirection(a, b, 'as-long-as', 1, 9);
    expect([...rowNorms(made.vectors)].map((x) => x.toFixed(4))).toEqual(
      [...rowNorms(b.vectors)].map((x) => x.toFixed(4)),
    );
    expect(made.capThreshold).toEqual(a.capThreshold);
    expect(made.perLayer[0]!.auc).toBe(0.9);
    expect(made.perLayer[1]!.relativeNorm).toBeCloseTo(made.perLayer[1]!.norm / 10, 6);
  });

  test('does not claim what nothing was read for', () => {
    const { perLayer, capThreshold, alignedMean } = combinedDirection(a, b, 'plus', 1, 9);
    expect(perLayer[0]!.auc).toBeNaN();
    expect(capThreshold[0]).toBeNaN();
    expect(alignedMean).toBe(a.alignedMean);
  });

  test('says what it was made of, and is another direction than either', () => {
    const made = combinedDirection(a, b, 'without', 1, 9);
    expect(describeDirection(made)).toContain(`without its part along ${describeDirection(b)}`);
    expect(new Set([a, b, made].map(({ id }) => id)).size).toBe(3);
    expect(made.from).toBeUndefined();
  });
});

describe('two that can not be combined', () => {
  test.each([
    [
      'of other widths',
      saved('c', tensor(new Float32Array(6), [2, 3])),
      'plus',
      1,
      /width 5.*width 3/,
    ],
    ['one of them nothing times', b, 'plus', 0, /Adding nothing/],
    ['the same, one without the other', { ...a, id: 'd' }, 'without', 1, /Nothing is left/],
    ['that cancel', { ...a, id: 'd' }, 'plus', -1, /Nothing is left/],
  ] as const)('%s: are refused in words', (_, other, how, times, words) => {
    expect(combinationRefusal(a, other, how, times)).toMatch(words);
    expect(() => combinedDirection(a, other, how, times, 9)).toThrow(words);
  });
});
