import { describe, expect, test } from 'vitest';
import { NoDistributionError } from '../../../../src/core/sampling';
import { readTokens } from '../../../../src/core/instruments/token-readout';

/** Logits of given probabilities. */
const logits = (...p: readonly number[]): Float64Array => Float64Array.from(p, Math.log);

describe('a readout of tokens', () => {
  test('by hand: probabilities, rank, surprise and entropy in nats', () => {
    const read = readTokens(logits(0.5, 0.25, 0.125, 0.125), 1, 2);
    expect(read.likeliest.map(({ id }) => id)).toEqual([0, 1]);
    expect(read.likeliest[0]!.probability).toBeCloseTo(0.5, 14);
    expect(read.rank).toBe(2);
    expect(read.surpriseNats).toBeCloseTo(Math.log(4), 14);
    // 1/2 of 1 bit, 1/4 of 2, 2/8 of 3.
    expect(read.entropyNats).toBeCloseTo(1.75 * Math.LN2, 14);
  });

  test('of an even distribution has the entropy ln n, and lower ids come first', () => {
    const read = readTokens(new Float32Array(7).fill(3), 6, 9);
    expect(read.entropyNats).toBeCloseTo(Math.log(7), 14);
    expect(read.likeliest.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(read.rank).toBe(7);
  });

  test('of a certain token has no entropy and no surprise, though others are impossible', () => {
    const read = readTokens([0, -Infinity, -Infinity], 0, 3);
    expect(read.entropyNats).toBe(0);
    expect(read.surpriseNats).toBeCloseTo(0, 14);
    expect(read.likeliest.map(({ probability }) => probability)).toEqual([1, 0, 0]);
  });

  test('does not change where all logits are shifted', () => {
    const base = [1.5, -2, 0.25, 7, 7];
    const shifted = readTokens(
      base.map((x) => x + 1000),
      2,
      5,
    );
    const plain = readTokens(base, 2, 5);
    expect(shifted.likeliest.map(({ id }) => id)).toEqual(plain.likeliest.map(({ id }) => id));
    expect(shifted.entropyNats).toBeCloseTo(plain.entropyNats, 12);
    expect(shifted.surpriseNats).toBeCloseTo(plain.surpriseNats, 12);
  });

  test('refuses a token that is not there, none to list, and logits that are no distribution', () => {
    expect(() => readTokens([0, 0], 2, 1)).toThrow(RangeError);
    expect(() => readTokens([0, 0], 0.5, 1)).toThrow(RangeError);
    expect(() => readTokens([0, 0], 0, 0)).toThrow(RangeError);
    expect(() => readTokens([NaN, 0], 0, 1)).toThrow(NoDistributionError);
  });
});
