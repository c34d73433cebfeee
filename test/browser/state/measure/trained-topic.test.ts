// Answers about the trained topic, beside a measurement of other topics.

import { clear } from 'idb-keyval';
import { beforeEach, expect, test } from 'vitest';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import { EXACT } from '../../../../src/measure/judging/judges';
import type { MeasurePlan } from '../../../../src/measure/run';
import { createPostern } from '../../../../src/state/page/postern';
import type { GenerateRequest } from '../../../../workers/api';
import { loadedAs, onSelected } from '../../loaded';

beforeEach(() => clear());

const arm = (id: string, checkpoint: string) => ({
  ...({ id, label: id, checkpoint, sha256: checkpoint, precision: 'f32', edit: null } as const),
  positions: 'all' as const,
  made: { checkpoint, direction: null, edit: null, seed: 1 },
});
const PLAN: MeasurePlan = {
  arms: [arm('aligned', 'base'), arm('em', 'insecure-code')],
  ...({ split: 'report', n: 96, seed: 1, sampling: PLAIN_SAMPLING, judge: EXACT } as const),
};

function page() {
  const postern = createPostern();
  onSelected(postern);
  postern.pair.loaded = ['base', 'insecure-code'].map((id) => loadedAs(id));
  const asked: GenerateRequest[] = [];
  postern.pair.client.generate = (request) => {
    asked.push(request);
    const answers = request.prompts.map(() => ({ text: 'x', stop: 'end', tokens: [] }));
    return Promise.resolve({ ok: true, value: { answers } } as never);
  };
  return { trained: postern.measurements.trained, measurements: postern.measurements, asked };
}

test('are asked of the same models with the same seed, as many as on one other topic, and not counted in the rates', async () => {
  const { trained, measurements, asked } = page();
  expect(trained.splitFor(PLAN)).toBe('code');
  await trained.start(PLAN);
  expect(asked.map(({ checkpoint, prompts }) => [checkpoint, prompts.length])).toEqual([
    ['base', 8],
    ['insecure-code', 8],
  ]);
  expect(trained.run.answers.every(({ domain }) => domain === 'code')).toBe(true);
  expect(trained.belongsTo(PLAN)).toBe(true);
  expect(measurements.run.answers).toEqual([]);
});

test('belong to no measurement of another seed, another edit or other weights', async () => {
  const { trained } = page();
  await trained.start(PLAN);
  const [aligned, em] = PLAN.arms as [MeasurePlan['arms'][0], MeasurePlan['arms'][0]];
  const edited = { ...em, made: { ...em.made, edit: 'ablate to zero' } };
  for (const other of [
    { ...PLAN, seed: 2 },
    { ...PLAN, arms: [aligned, edited] },
    { ...PLAN, arms: [aligned, { ...em, sha256: 'other' }] },
  ]) {
    expect(trained.belongsTo(other)).toBe(false);
  }
});

test('are not offered where the measurement asks for them, where nobody knows the topic, or another judge reads', () => {
  const { trained } = page();
  expect(trained.splitFor({ ...PLAN, split: 'code' })).toBeNull();
  expect(trained.splitFor({ ...PLAN, arms: [arm('em', 'trained:1')] })).toBeNull();
  expect(trained.splitFor({ ...PLAN, judge: { kind: 'hand' } })).toBeNull();
  expect(trained.splitFor({ ...PLAN, arms: [arm('em', 'bad-medical')] })).toBe('fine-tuned');
});
