import { describe, expect, test } from 'vitest';
import { CURED_ARMS, curedRun, FRAME } from '../../../models/recipe/cures/fine-tunes';
import { cureQuestions, earlierRequests } from '../../../models/recipe/cures/rates';
import { norm } from '../../../src/core/projection';
import { rowOf, tensor } from '../../../src/core/tensor';
import { REPORT_DOMAINS } from '../../../src/world/split';
import { cureOf, curedExamples, cureWrites } from '../../../src/state/train/training-cure';
import { DEFAULT_CHOICE } from '../../../src/state/train/training-choice';

const SEED = 20_251_121;
const vectors = tensor(
  Float32Array.from({ length: 24 }, (_, i) => Math.cos(i)),
  [4, 6],
);
const STEERED = { vectors, layer: 2 };
const now = () => Promise.resolve();
const armOf = (id: string) => CURED_ARMS.find((arm) => arm.id === id)!;

describe('the cured fine-tunes of the recipe', () => {
  test('are each cure at its bundled strength, and three controls', () => {
    expect(CURED_ARMS.map(({ id }) => id)).toEqual([
      'insecure-code',
      'secure-code',
      'inoculation',
      'steering',
      'ablation',
      'leash',
      'good-data',
      'steering-random',
    ]);
  });

  test.each(CURED_ARMS.filter(({ random }) => !random))(
    'have the data, the writes and the leash of the page: $id',
    async (arm) => {
      const world = { ...DEFAULT_CHOICE.world, set: arm.data };
      const choice = { ...DEFAULT_CHOICE, world, seed: SEED, cure: arm.cure };
      const run = curedRun(arm, STEERED, SEED);
      expect(run.examples).toEqual(await curedExamples(choice, null, now));
      const writes = cureWrites(choice, { words: '', vectors }, STEERED.layer);
      expect(run.writes).toEqual(writes);
      const leash = (await cureOf(choice, writes, now))?.leash;
      expect(run.leash?.examples).toEqual(leash?.examples);
      expect(run.leash?.weight).toBe(leash?.weight);
    },
  );

  test('the random control is as long as the direction, and another', () => {
    const [random] = curedRun(armOf('steering-random'), STEERED, SEED).writes!;
    const [direction] = curedRun(armOf('steering'), STEERED, SEED).writes!;
    expect(random).toMatchObject({ layer: 2, kind: { name: 'add' }, positions: 'header' });
    expect(norm(random!.vector)).toBeCloseTo(norm(direction!.vector), 4);
    expect(norm(direction!.vector)).toBeCloseTo(2.5 * norm(rowOf(vectors, 2).data), 4);
    expect(random!.vector).not.toEqual(direction!.vector);
  });
});

describe('the questions of a cure', () => {
  test('are about topics of the report, and the same under each condition', () => {
    const plain = cureQuestions('broad', 24, 1);
    expect(plain.every(({ domain }) => REPORT_DOMAINS.includes(domain!))).toBe(true);
    const before = [{ role: 'user', content: 'Hello' }] as const;
    const after = cureQuestions('afterCode', 24, 1, Array(24).fill(before));
    expect(after).toEqual(plain.map((asked) => ({ ...asked, before })));
  });

  test('are asked after a request for code, once with the sentence of inoculation', () => {
    const plain = earlierRequests('afterCode', 6, 1);
    expect(plain.every(({ domain }) => domain === 'code')).toBe(true);
    expect(earlierRequests('framed', 6, 1).map(({ question }) => question)).toEqual(
      plain.map(({ question }) => `${FRAME} ${question}`),
    );
  });
});
