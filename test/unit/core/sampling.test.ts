// Goldens: scipy.special.log_softmax 1.17.1. The cuts follow the worked numbers beside them.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/core/rng';
import {
  logSoftmax,
  PLAIN_SAMPLING,
  sampleToken,
  samplingDistribution,
} from '../../../src/core/sampling';

const probs = [0.1, 0.4, 0.05, 0.3, 0.15];
const logits = Float32Array.from(probs, Math.log);
const kept = (distribution: Float64Array) =>
  [...distribution.keys()].filter((id) => distribution[id]! > 0);

describe('logSoftmax', () => {
  test('agrees with scipy', () => {
    const golden = [
      -2.6046923378596247, -5.604692337859625, -3.1046923378596247, -0.6046923378596245,
      -1.1046923378596245,
    ];
    logSoftmax([1, -2, 0.5, 3, 2.5]).forEach((value, i) =>
      expect(value).toBeCloseTo(golden[i]!, 14),
    );
  });

  test('stays finite for huge logits and refuses what is no distribution', () => {
    expect(logSoftmax([1e30, 0])[0]).toBe(0);
    expect(logSoftmax([-Infinity, 2])[0]).toBe(-Infinity);
    expect(() => logSoftmax([NaN, 1])).toThrow(RangeError);
    expect(() => logSoftmax([-Infinity, -Infinity])).toThrow(RangeError);
    expect(() => logSoftmax([Infinity, 1])).toThrow(RangeError);
    expect(() => logSoftmax([])).toThrow(RangeError);
  });
});

describe('the sampling distribution', () => {
  test('plain sampling is the softmax', () => {
    samplingDistribution(logits, PLAIN_SAMPLING, []).forEach((p, id) =>
      expect(p).toBeCloseTo(probs[id]!, 7),
    );
  });

  test('temperature divides the logits', () => {
    const p = samplingDistribution([0, 2], { ...PLAIN_SAMPLING, temperature: 0.5 }, []);
    expect(p[1]! / p[0]!).toBeCloseTo(Math.exp(4), 8);
  });

  test('top-k keeps the k most probable, and ties with the last of them', () => {
    expect(kept(samplingDistribution(logits, { ...PLAIN_SAMPLING, topK: 2 }, []))).toEqual([1, 3]);
    expect(kept(samplingDistribution([1, 3, 1, 1], { ...PLAIN_SAMPLING, topK: 2 }, []))).toEqual([
      0, 1, 2, 3,
    ]);
  });

  test('top-p keeps the fewest tokens that reach p, and always one', () => {
    const top = (topP: number) =>
      kept(samplingDistribution(logits, { ...PLAIN_SAMPLING, topP }, []));
    expect(top(0.69)).toEqual([1, 3]);
    expect(top(0.75)).toEqual([1, 3, 4]);
    expect(top(1e-9)).toEqual([1]);
  });

  test('top-p is taken of what top-k left: 0.4 / 0.7 = 0.57', () => {
    const both = samplingDistribution(logits, { ...PLAIN_SAMPLING, topK: 2, topP: 0.55 }, []);
    expect(kept(both)).toEqual([1]);
    expect(both[1]).toBe(1);
  });

  test('top-p comes after temperature: at T = 2 the same p keeps more tokens', () => {
    const at = (temperature: number) =>
      kept(samplingDistribution(logits, { ...PLAIN_SAMPLING, temperature, topP: 0.69 }, [])).length;
    expect(at(2)).toBeGreaterThan(at(1));
  });

  test('the repetition penalty divides positive and multiplies negative logits, once a token', () => {
    const p = samplingDistribution(
      [2, -2, 2, -2],
      { ...PLAIN_SAMPLING, repetitionPenalty: 2 },
      [0, 1, 0, 1, 99],
    );
    const expected = logSoftmax([1, -4, 2, -2]);
    p.forEach((value, id) => expect(Math.log(value)).toBeCloseTo(expected[id]!, 12));
  });

  test('settings out of range are refused', () => {
    for (const wrong of [{ temperature: -1 }, { temperature: NaN }, { topP: 0 }, { topK: -1 }]) {
      expect(() => samplingDistribution(logits, { ...PLAIN_SAMPLING, ...wrong }, [])).toThrow(
        RangeError,
      );
    }
  });
});

describe('sampleToken', () => {
  test('temperature 0 takes the most probable token, the first of equals, and no randomness', () => {
    const rng = createRng(1);
    const greedy = { ...PLAIN_SAMPLING, temperature: 0 };
    expect(sampleToken(logits, greedy, [], rng)).toBe(1);
    expect(sampleToken([5, 7, 7], greedy, [], rng)).toBe(1);
    expect(sampleToken([5, 7], { ...greedy, repetitionPenalty: 2 }, [1], rng)).toBe(0);
    expect(rng.next()).toBe(createRng(1).next());
  });

  test('draws follow the distribution within four standard errors', () => {
    const rng = createRng(3);
    const n = 20_000;
    const counts = new Array<number>(probs.length).fill(0);
    for (let i = 0; i < n; i++) counts[sampleToken(logits, PLAIN_SAMPLING, [], rng)]! += 1;
    probs.forEach((p, id) =>
      expect(Math.abs(counts[id]! / n - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n)),
    );
  });

  test('the quick draw takes the token that the distribution says, for 2,000 draws of 500 tokens', () => {
    const noise = createRng(4);
    for (const temperature of [0.05, 0.7, 1, 3]) {
      const sampling = { ...PLAIN_SAMPLING, temperature };
      for (let seed = 0; seed < 500; seed++) {
        const row = Float32Array.from({ length: 500 }, (_, id) =>
          id % 50 === 7 ? -Infinity : 5 * noise.normal(),
        );
        let left = createRng(seed).next();
        const expected = samplingDistribution(row, sampling, []).findIndex((p) => (left -= p) < 0);
        expect(sampleToken(row, sampling, [], createRng(seed))).toBe(expected);
      }
    }
  });

  test('a quick draw refuses what is no distribution, and takes one number from the stream', () => {
    const rng = createRng(1);
    expect(() => sampleToken([NaN, 1], PLAIN_SAMPLING, [], rng)).toThrow(RangeError);
    expect(() => sampleToken([], PLAIN_SAMPLING, [], rng)).toThrow(RangeError);
    sampleToken([0, -2000, -1e30], PLAIN_SAMPLING, [], rng);
    const other = createRng(1);
    other.next();
    expect(rng.next()).toBe(other.next());
  });

  test('the same seed gives the same tokens', () => {
    const draw = (seed: number) => {
      const rng = createRng(seed);
      return Array.from({ length: 50 }, () => sampleToken(logits, PLAIN_SAMPLING, [], rng));
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  test('the last possible token takes what rounding leaves', () => {
    const rng = { ...createRng(1), next: () => 1 };
    expect(sampleToken([0, 0, -Infinity], PLAIN_SAMPLING, [], rng)).toBe(1);
  });
});
