// Reference: the same cuts by sorting the whole vocabulary (sorted-sampling.ts). Equal means equal bits, so the
// tokens drawn are the same for every random number.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/core/rng';
import {
  PLAIN_SAMPLING,
  sampleToken,
  samplingDistribution,
  type Sampling,
} from '../../../src/core/sampling';
import { sortedDistribution } from './sorted-sampling';

const noise = createRng(11);
const row = (size: number, of: (id: number) => number) =>
  Float32Array.from({ length: size }, (_, id) => of(id));
const SIZE = 310;

/** Rows that real models do not give, and ones like theirs. */
const ROWS: Readonly<Record<string, ArrayLike<number>>> = {
  'normal numbers': row(SIZE, () => 4 * noise.normal()),
  'nearly flat': row(SIZE, () => 0.001 * noise.normal()),
  'all equal': row(SIZE, () => 2),
  'many ties': row(SIZE, () => noise.int(4)),
  'ties around the cut': row(SIZE, (id) => (id % 7 === 0 ? 3 : 1 + (id % 2))),
  rising: row(SIZE, (id) => id / 20),
  falling: row(SIZE, (id) => -id / 20),
  'one possible token': row(SIZE, (id) => (id === 300 ? 0 : -Infinity)),
  'some impossible': row(SIZE, (id) => (id % 3 ? -Infinity : noise.normal())),
  'far below the highest': row(SIZE, (id) => (id === 9 ? 0 : -690 - noise.int(60))),
  'weights below the least normal number': row(SIZE, (id) =>
    id === 9 ? 0 : -735 - noise.next() * 12,
  ),
  'large numbers': row(SIZE, () => 1e30 * noise.normal()),
  'scores that share a weight': Float64Array.from({ length: SIZE }, (_, id) =>
    id === 5 ? 8 : id * 1e-17,
  ),
  'neighbouring doubles': Float64Array.from({ length: SIZE }, () => 1 + noise.int(9) * 2 ** -52),
  'one token': [3],
  'two tokens': [1, 1],
};

function* settings(): Generator<Sampling> {
  for (const temperature of [1, 0.7, 0.01, 1e-300]) {
    for (const topK of [0, 1, 20, 155, SIZE - 1, 10 * SIZE]) {
      for (const topP of [1, 0.999999, 0.8, 1e-3, 1e-18]) {
        for (const repetitionPenalty of [1, 1.1]) {
          yield { temperature, topK, topP, repetitionPenalty };
        }
      }
    }
  }
}

/** The token at a random number: the first id at which the running sum passes it. */
function tokenAt(distribution: Float64Array, share: number): number {
  let left = share;
  let last = 0;
  for (const [id, probability] of distribution.entries()) {
    if (probability === 0) continue;
    last = id;
    left -= probability;
    if (left < 0) break;
  }
  return last;
}

describe('the cuts by selection', () => {
  test.each(Object.entries(ROWS))('are those of sorting, to the bit: %s', (_, logits) => {
    const history = [0, 5, 5, 300, 309, 10_000];
    const shares = createRng(12);
    for (const sampling of settings()) {
      const expected = sortedDistribution(logits, sampling, history);
      const got = samplingDistribution(logits, sampling, history);
      const differs = expected.findIndex((p, id) => !Object.is(p, got[id]));
      if (differs >= 0)
        expect({ sampling, differs, p: got[differs] }).toEqual({
          sampling,
          differs,
          p: expected[differs],
        });
      const share = shares.next();
      const rng = { ...createRng(0), next: () => share };
      expect(sampleToken(logits, sampling, history, rng)).toBe(tokenAt(expected, share));
    }
  });

  test('are those of sorting at a vocabulary of 151,936, with the settings that Qwen2.5 publishes', () => {
    const logits = row(151_936, () => 2.5 * noise.normal());
    const history = Array.from({ length: 200 }, () => noise.int(151_936));
    for (const sampling of [
      { temperature: 0.7, topK: 20, topP: 0.8, repetitionPenalty: 1.1 },
      { temperature: 1, topK: 0, topP: 0.8, repetitionPenalty: 1 },
      { temperature: 1, topK: 0, topP: 0.999, repetitionPenalty: 1 },
    ]) {
      const got = samplingDistribution(logits, sampling, history);
      const same = sortedDistribution(logits, sampling, history).every((p, id) => p === got[id]);
      expect(same).toBe(true);
    }
  });

  test('sort everything where the order of the sum decides', () => {
    for (let trial = 0; trial < 300; trial++) {
      const logits = row(121, (id) =>
        Math.log(id === 7 ? 1 : (id < 100 ? 5e-4 : 0.01) * noise.next()),
      );
      const weights = Float64Array.from(logits, (logit) => Math.exp(logit));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const dropped = weights
        .sort()
        .subarray(0, 106)
        .reduce((sum, weight) => sum + weight, 0);
      const sampling = { ...PLAIN_SAMPLING, topP: 1 - dropped / total };
      expect(samplingDistribution(logits, sampling, [])).toEqual(
        sortedDistribution(logits, sampling, []),
      );
    }
  });

  test('refuse what is no distribution, as plain sampling does', () => {
    const cut = { ...PLAIN_SAMPLING, topK: 2, topP: 0.8, repetitionPenalty: 1.1 };
    expect(() => samplingDistribution([1, NaN, 2], cut, [])).toThrow('Logit 1 is not a number.');
    expect(() => samplingDistribution([-Infinity, -Infinity], cut, [])).toThrow(RangeError);
    expect(() => samplingDistribution([1, Infinity], cut, [])).toThrow(RangeError);
    expect(() => samplingDistribution([], cut, [])).toThrow(RangeError);
  });

  test('of one row leave nothing behind in the next', () => {
    const cut = { ...PLAIN_SAMPLING, topK: 3, topP: 0.9, repetitionPenalty: 1.2 };
    const logits = row(50, () => noise.normal());
    const alone = samplingDistribution(logits, cut, [1, 2]);
    samplingDistribution(
      row(400, () => 9),
      cut,
      [4, 5, 6],
    );
    expect(samplingDistribution(logits, cut, [1, 2])).toEqual(alone);
    expect([...logits].every((value) => Math.abs(value) < 9)).toBe(true);
  });
});
