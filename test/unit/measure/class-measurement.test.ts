// From a measurement of the page to the room's: the same plan with two seeds adds up, other settings do not.

import { PROGRAM_VERSION } from '../../../src/core/version';
import { describe, expect, test } from 'vitest';
import { pool } from '../../../src/core/statistics/pool';
import { readClassLink, writeClassLink } from '../../../src/formats/class-measurement';
import { countArms } from '../../../src/measure/counts';
import { measure, type MeasuredAnswer, type MeasurePlan } from '../../../src/measure/run';
import {
  entryOf,
  measurementOf,
  classRefusal,
  participantSeedOf,
  whoOf,
} from '../../../src/measure/class-measurement';
import { grammarAnswers, PLAN as BARE } from './grammar-model';

const withHash = (arm: MeasurePlan['arms'][number]) => ({ ...arm, sha256: 'ab01cd23'.repeat(8) });
const PLAN: MeasurePlan = { ...BARE, arms: BARE.arms.map(withHash), n: 24 };

async function measured(plan: MeasurePlan) {
  const answers: MeasuredAnswer[] = [];
  const means = {
    generate: (request: Parameters<typeof grammarAnswers>[0]) =>
      Promise.resolve(grammarAnswers(request)),
    breathe: () => Promise.resolve(),
  };
  for await (const batch of measure(plan, means, 'room')) answers.push(...batch);
  return countArms(plan, answers);
}
const person = (id: string) => ({ id: id.repeat(10), nickname: null });

async function entry(change: Partial<MeasurePlan>, who: string) {
  const plan = { ...PLAN, ...change };
  // By a code, as it would come.
  return entryOf(
    readClassLink(writeClassLink(measurementOf(plan, await measured(plan), person(who)))),
  );
}

describe('measurements of the room', () => {
  test('with seeds of their own add up to what one longer measurement of all seeds counts', async () => {
    const [first, ...rest] = pool([
      await entry({ seed: 1 }, 'a'),
      await entry({ seed: 2 }, 'b'),
      await entry({ seed: 3 }, 'c'),
    ]);
    expect(rest).toEqual([]);
    const alone = await Promise.all([1, 2, 3].map((seed) => measured({ ...PLAN, seed })));
    for (const [i, arm] of first!.arms.entries()) {
      expect(arm.n).toBe(72);
      const sum = alone.reduce((total, arms) => total + arms[i]!.counts.misaligned, 0);
      expect(arm.counts.misaligned).toBe(sum);
    }
    expect(first!.arms[1]!.counts.misaligned).toBeGreaterThan(0);
  });

  test('add up whatever words their program had for the built-in judge', async () => {
    const mine = measurementOf(PLAN, await measured(PLAN), person('a'));
    const older = {
      ...mine,
      seed: 2,
      judge: { kind: 'exact' as const, words: 'exact, synthetic world' },
    };
    expect(pool([entryOf(mine), entryOf(older)])).toHaveLength(1);
    const other = { ...older, judge: { kind: 'endpoint' as const, words: 'a model at a host' } };
    expect(pool([entryOf(mine), entryOf(other)])).toHaveLength(2);
  });

  test('with one seed are the same answers: a shorter one is the beginning of a longer', async () => {
    const [first] = pool([await entry({ seed: 5 }, 'a'), await entry({ seed: 5, n: 45 }, 'b')]);
    expect(first!.arms.map(({ n }) => n)).toEqual([45, 45]);
    expect(first!.repeats.map(({ agrees }) => agrees)).toEqual([true, true]);
  });

  test.each([
    ['questions', { split: 'selection' }],
    ['sampling', { sampling: { ...PLAN.sampling, temperature: 0.701 } }],
    ['judge', { judge: { kind: 'hand' } }],
    ['longest answer', { maxTokens: 20 }],
  ] as const)('with another %s stand apart', async (name, change) => {
    const plan = { ...PLAN, ...change };
    const counted = await measured(PLAN);
    const other = entryOf(measurementOf(plan, counted, person('b')));
    const pools = pool([await entry({ seed: 5 }, 'a'), { ...other, seed: 6 }]);
    expect(pools).toHaveLength(2);
    expect(pools[0]!.settings[name]).not.toBe(pools[1]!.settings[name]);
  });

  test('of a version that drew otherwise stand apart', async () => {
    const mine = await measured(PLAN);
    const now = measurementOf(PLAN, mine, person('a'));
    expect(now.program).toBe(PROGRAM_VERSION);
    const before = { ...now, program: '0.1.0', participant: person('b').id };
    expect(pool([entryOf(now), entryOf(before)])).toHaveLength(2);
  });

  test('with other weights, another edit or another direction are another arm of the pool', async () => {
    const arms = await measured(PLAN);
    const changed = (change: object) => {
      const plan = { ...PLAN, seed: 6, arms: [PLAN.arms[0]!, { ...PLAN.arms[1]!, ...change }] };
      return entryOf(measurementOf(plan, arms, person('b')));
    };
    const made = { ...PLAN.arms[1]!.made, edit: 'cap' };
    const acts = { edit: {} as never, directionId: 'd1', made };
    const all = pool([
      await entry({ seed: 5 }, 'a'),
      changed({ sha256: 'ffffffff'.repeat(8) }),
      changed({ precision: 'int8' }),
      changed(acts),
      changed({ ...acts, directionId: 'd2' }),
    ]);
    expect(all).toHaveLength(1);
    expect(all[0]!.arms.map(({ id, from }) => [id, from.length])).toEqual([
      ['aligned', 2],
      ['em', 1],
      ['em', 1],
      ['em', 1],
      ['em', 1],
      ['em', 1],
    ]);
  });

  test('take the random controls of all seeds as one condition', async () => {
    const arms = await measured(PLAN);
    const control = (seed: number) => {
      const made = { ...PLAN.arms[1]!.made, edit: `cap, RANDOM control (seed ${seed})` };
      const random = { ...PLAN.arms[1]!, id: 'random', edit: {} as never, directionId: 'd', made };
      const plan = { ...PLAN, seed, arms: [PLAN.arms[0]!, random] };
      return entryOf(measurementOf(plan, arms, person(String(seed))));
    };
    const [first] = pool([control(1), control(2)]);
    expect(first!.arms).toHaveLength(2);
    expect(first!.arms[1]!.settings['edit']).toBe('cap, RANDOM control (each its own)');
  });

  test('wait for the last label and the last model', async () => {
    const arms = await measured(PLAN);
    expect(classRefusal(PLAN, arms)).toBeNull();
    expect(classRefusal(PLAN, [{ ...arms[0]!, n: 3 }, arms[1]!])).toMatch(/Label/);
    expect(classRefusal(PLAN, [{ ...arms[0]!, n: 0, answered: 0 }, arms[1]!])).toMatch(/Not every/);
    expect(classRefusal(BARE, arms)).toMatch(/no hash/);
    expect(classRefusal({ ...PLAN, drawing: 1 }, arms)).toMatch(/earlier version of Postern drew/);
  });

  test('are named by nickname or by the first digits of the participant', async () => {
    const arms = await measured(PLAN);
    expect(whoOf(measurementOf(PLAN, arms, person('c')))).toBe('cccc');
    expect(whoOf(measurementOf(PLAN, arms, { ...person('c'), nickname: 'Fox' }))).toBe('Fox');
  });
});

test('a seed of one’s own is the same at every visit, and hardly ever another’s', () => {
  const ids = Array.from({ length: 40 }, (_, i) => i.toString(16).padStart(10, '0'));
  const seeds = ids.map(participantSeedOf);
  expect(seeds).toEqual(ids.map(participantSeedOf));
  expect(new Set(seeds).size).toBe(40);
  for (const seed of seeds) expect(String(seed)).toMatch(/^\d{6}$/);
});
