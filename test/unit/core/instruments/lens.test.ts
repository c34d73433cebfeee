import { describe, expect, test } from 'vitest';
import { promotedTokens } from '../../../../src/core/instruments/lens';
import { tensor } from '../../../../src/core/tensor';

// Logits of a unit-rms direction (sqrt 2, 0): rows . (sqrt 2 * gamma0, 0).
const unembedding = tensor(Float32Array.of(1, 5, -1, 0, 3, 1, 0, -9), [4, 2]);

describe('tokens promoted by a direction', () => {
  test('are ordered by norm weight and unembedding, scores against the mean token', () => {
    const { promoted, demoted } = promotedTokens(
      Float32Array.of(7, 0),
      Float32Array.of(2, 1),
      unembedding,
      2,
    );
    const scale = 2 * Math.SQRT2;
    expect(promoted.map((t) => t.id)).toEqual([2, 0]);
    expect(demoted.map((t) => t.id)).toEqual([1, 3]);
    expect(promoted[0]!.score).toBeCloseTo(scale * (3 - 0.75), 12);
    expect(demoted[0]!.score).toBeCloseTo(scale * (-1 - 0.75), 12);
  });

  test('do not depend on the length of the direction, and turn over with its sign', () => {
    const gamma = Float32Array.of(1, 0.5);
    const at = (x: number, y: number) =>
      promotedTokens(Float32Array.of(x, y), gamma, unembedding, 4);
    expect(at(2, 4).promoted.map((t) => t.id)).toEqual(at(1, 2).promoted.map((t) => t.id));
    expect(at(2, 4).promoted[0]!.score).toBeCloseTo(at(1, 2).promoted[0]!.score, 12);
    expect(at(-1, -2).demoted.map((t) => t.id)).toEqual(at(1, 2).promoted.map((t) => t.id));
  });

  test('are none for a zero direction, at most the vocabulary, and refuse another width', () => {
    const gamma = Float32Array.of(1, 1);
    expect(promotedTokens(Float32Array.of(0, 0), gamma, unembedding, 3).promoted).toEqual([]);
    expect(promotedTokens(Float32Array.of(1, 0), gamma, unembedding, 9).demoted.length).toBe(4);
    expect(() => promotedTokens(Float32Array.of(1), gamma, unembedding, 1)).toThrow(RangeError);
  });
});
