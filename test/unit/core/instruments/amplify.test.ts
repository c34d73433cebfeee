// The reference is the formula l + a (l - l') of Goodfire's "Model Diff Amplification" in float64.

import { expect, test } from 'vitest';
import {
  amplifiedLogits,
  amplifyOutOfBounds,
  describeAmplify,
  vocabularyRefusal,
} from '../../../../src/core/instruments/amplify';
import { createRng } from '../../../../src/core/rng';
import { logSoftmax } from '../../../../src/core/sampling';

const rng = createRng(3);
/** Logits of every size that f32 has, in both signs. */
const logits = () =>
  Float32Array.from({ length: 4000 }, () => rng.normal() * 10 ** (20 * (rng.next() - 0.5)));
const [tuned, aligned] = [logits(), logits()];

test('a = 0 is the fine-tuned model and a = -1 the aligned one, bit for bit', () => {
  expect(amplifiedLogits(tuned, aligned, 0)).toEqual(tuned);
  expect(amplifiedLogits(tuned, aligned, -1)).toEqual(aligned);
});

test.each([-0.75, 0.5, 1, 4])('a = %d is l + a (l - l′) to the rounding of f32', (times) => {
  const amplified = amplifiedLogits(tuned, aligned, times);
  amplified.forEach((found, i) => {
    const [l, other] = [tuned[i]!, aligned[i]!];
    const scale = Math.abs(l) + Math.abs(other);
    expect(Math.abs(found - (l + times * (l - other)))).toBeLessThanOrEqual(scale * 10 * 2 ** -24);
  });
});

test('what training made likelier grows, and what it left alone keeps its odds', () => {
  const before = Float32Array.of(2, 0, -3);
  const after = Float32Array.of(2, 0, -1);
  const p = (times: number) =>
    logSoftmax(amplifiedLogits(after, before, times)).map((x) => Math.exp(x));
  const rare = [0, 1, 2, 4].map((times) => p(times)[2]!);
  expect(rare).toEqual([...rare].sort((a, b) => a - b));
  expect(rare[0]).toBeLessThan(0.05);
  expect(rare[3]).toBeGreaterThan(0.9);
  for (const times of [0, 1, 4]) expect(p(times)[0]! / p(times)[1]!).toBeCloseTo(Math.exp(2), 4);
});

test('logits of two lengths are refused', () => {
  expect(() => amplifiedLogits(tuned, aligned.subarray(1), 1)).toThrow(/4000 logits.*3999/);
});

test('the words say the sign, and refusals the value and the limits', () => {
  expect(describeAmplify(2)).toBe('difference to the aligned model amplified, a = +2');
  expect(describeAmplify(-0.5)).toMatch(/a = −0\.5$/);
  expect([-1, 0, 0.25, 4].map(amplifyOutOfBounds)).toEqual([null, null, null, null]);
  expect(amplifyOutOfBounds(-2)).toMatch(/a = −1 to 4, and this asks for −2/);
  expect(amplifyOutOfBounds(Number.NaN)).toMatch(/NaN/);
  expect(vocabularyRefusal(100, 100)).toBeNull();
  expect(vocabularyRefusal(32_001, 32_000)).toMatch(/32,001 tokens.*32,000/);
});
