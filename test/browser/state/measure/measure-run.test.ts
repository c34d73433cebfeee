// A measurement on the page: it stands still, goes on, and outlives a reload with the same answers.

import { describe, expect, test, vi } from 'vitest';
import { countArms } from '../../../../src/measure/counts';
import { measure, type MeasuredAnswer } from '../../../../src/measure/run';
import { JudgeChoice } from '../../../../src/state/measure/judge-choice.svelte';
import { MeasureRun, type RunModels } from '../../../../src/state/measure/measure-run.svelte';
import type { LoadedCheckpoint } from '../../../../workers/api';
import { grammarAnswers, PLAN, written } from '../../../unit/measure/grammar-model';

const NOTHING = { answers: [], promptTokens: 0, newTokens: 0, elapsedMs: 0 };

/** Models whose worker answers the first `calls` requests, and then only once `more` is called. */
function models(calls = Infinity, hash = (id: string) => `${id}-hash`) {
  const state = { left: calls, cancelled: [] as string[], wake: [] as (() => void)[] };
  const pair: RunModels = {
    registry: null,
    isOfWorld: true,
    load: () => Promise.resolve(true),
    checkpoint: (id) => ({ id, sha256: hash(id), precision: 'f32' }) as LoadedCheckpoint,
    client: {
      generate: async (request) => {
        if (state.left-- <= 0) await new Promise<void>((done) => state.wake.push(done));
        return state.cancelled.includes(request.runId)
          ? { ok: false, code: 'cancelled', message: 'Cancelled.' }
          : grammarAnswers(request);
      },
      cancel: (runId) => {
        state.cancelled.push(runId);
        for (const wake of state.wake.splice(0)) wake();
        return Promise.resolve();
      },
    },
  };
  return { pair, state };
}

const byPlace = (answers: readonly MeasuredAnswer[]): MeasuredAnswer[] =>
  [...answers].sort((a, b) => a.arm.localeCompare(b.arm) || a.index - b.index);

async function whole(): Promise<MeasuredAnswer[]> {
  const answers: MeasuredAnswer[] = [];
  const means = {
    generate: (request: Parameters<typeof grammarAnswers>[0]) =>
      Promise.resolve(grammarAnswers(request)),
    breathe: () => Promise.resolve(),
  };
  for await (const batch of measure(PLAN, means, 'whole')) answers.push(...batch);
  return byPlace(answers);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 5));
}

describe('a measurement', () => {
  test('that is paused and goes on counts as if it had never stopped', async () => {
    const { pair } = models(3);
    const run = new MeasureRun(pair, 'test-pause');
    void run.start(PLAN, null);
    await until(() => run.answers.length === 40);
    expect(run.running).toBe(true);
    run.pause();
    expect(run.paused).toBe(true);
    expect(run.action.state).toBe('idle');
    const { pair: again } = models();
    const other = new MeasureRun(again, 'test-pause');
    await until(() => !run.running);
    await other.restore();
    expect(other.answers).toEqual(run.answers);
    expect(other.paused).toBe(true);
    await other.resume();
    expect(other.action.state).toBe('done');
    expect(other.paused).toBe(false);
    expect(byPlace(other.answers)).toEqual(await whole());
  });

  test('that was never paused before the page went away goes on all the same', async () => {
    const { pair } = models(2);
    const run = new MeasureRun<{ note: string }>(pair, 'test-reload');
    void run.start(PLAN, { note: 'kept' });
    await until(() => run.answers.length === 16);
    await new Promise((done) => setTimeout(done, 50));
    const after = new MeasureRun<{ note: string }>(models().pair, 'test-reload');
    await after.restore();
    expect(after.about).toEqual({ note: 'kept' });
    expect(after.answers.length).toBe(16);
    await after.resume();
    expect(byPlace(after.answers)).toEqual(await whole());
    run.pause();
  });

  test('that is cancelled keeps what was counted and has nothing to go on with', async () => {
    const { pair, state } = models(2);
    const run = new MeasureRun(pair, 'test-cancel');
    void run.start(PLAN, null);
    await until(() => run.answers.length === 16);
    run.cancel();
    expect(state.cancelled).toHaveLength(1);
    expect(run.paused).toBe(false);
    expect(run.arms.map(({ n }) => n)).toEqual([8, 8]);
    await new Promise((done) => setTimeout(done, 50));
    const after = new MeasureRun(models().pair, 'test-cancel');
    await after.restore();
    expect(after.paused).toBe(false);
    expect(after.answers.length).toBe(16);
  });

  test('does not go on with other weights under the same name', async () => {
    const { pair } = models(2);
    const run = new MeasureRun(pair, 'test-weights');
    void run.start(PLAN, null);
    await until(() => run.answers.length === 16);
    run.pause();
    await new Promise((done) => setTimeout(done, 50));
    const after = new MeasureRun(models(9, (id) => `${id}-retrained`).pair, 'test-weights');
    await after.restore();
    await after.resume();
    expect(after.action).toMatchObject({ state: 'failed' });
    expect(after.answers.length).toBe(16);
  });
});

describe('a measurement that took the place of another', () => {
  const hand = { ...PLAN, n: 8, judge: { kind: 'hand' } } as const;
  const later = { ...PLAN, n: 8 };

  test('gives it back with its labels, which no later counts push out, over a reload too', async () => {
    const run = new MeasureRun<string>(models().pair, 'test-undo');
    await run.start(hand, 'first');
    expect(run.former).toBeNull();
    run.label(3, 'misaligned');
    await run.start(later, 'second');
    await run.start({ ...later, seed: 9 }, 'third');
    expect(run.former).toMatchObject({ about: 'first', labelled: [3] });
    run.undo();
    expect([run.about, run.labelled, run.action.state]).toEqual(['first', [3], 'idle']);
    expect(run.answers[3]!.verdict).toBe('misaligned');
    expect(run.unlabelled).toBe(15);
    expect(run.former).toMatchObject({ about: 'third' });
    await new Promise((done) => setTimeout(done, 50));
    const after = new MeasureRun<string>(models().pair, 'test-undo');
    await after.restore();
    expect([after.about, after.labelled]).toEqual(['first', [3]]);
    expect(after.answers).toEqual(run.answers);
  });

  test('is stopped by that, and can be gone on with when it is brought back itself', async () => {
    const { pair, state } = models();
    const run = new MeasureRun<string>(pair, 'test-undo-running');
    await run.start(later, 'first');
    state.left = 1;
    void run.start({ ...PLAN, seed: 9 }, 'second');
    await until(() => run.answers.length === 8);
    run.undo();
    expect(run.running).toBe(false);
    expect(state.cancelled).toHaveLength(1);
    expect([run.about, run.answers.length, run.paused]).toEqual(['first', 16, false]);
    run.undo();
    expect([run.about, run.answers.length, run.paused]).toEqual(['second', 8, true]);
  });
});

describe('a long measurement', () => {
  test('writes as much for each answer as a short one', async () => {
    /** Entries written for each of n answers. */
    const costOf = async (n: number): Promise<number> => {
      const put = vi.spyOn(IDBObjectStore.prototype, 'put');
      const { pair } = models();
      const answers = Array.from({ length: 32 }, () => written('x'));
      pair.client.generate = ({ prompts }) =>
        Promise.resolve({
          ok: true,
          value: { ...NOTHING, answers: answers.slice(0, prompts.length) },
        });
      const run = new MeasureRun(pair, `test-long-${n}`);
      await run.start({ ...PLAN, n: n / 2, judge: { kind: 'hand' } }, null);
      expect(run.unlabelled).toBe(n);
      expect(run.arms.map(({ answered }) => answered)).toEqual([n / 2, n / 2]);
      const after = new MeasureRun(models().pair, `test-long-${n}`);
      await after.restore();
      expect(after.answers).toEqual(run.answers);
      const entries = put.mock.calls.map(
        ([value]) => (value as { entries?: readonly unknown[] }).entries?.length ?? 0,
      );
      put.mockRestore();
      return entries.reduce((sum, count) => sum + count, 0) / n;
    };
    const [short, long] = [await costOf(640), await costOf(6400)];
    expect(long).toBeLessThan(1.1 * short);
  });

  test('is counted as if all its answers were counted at once, whatever is labelled and taken back', async () => {
    const plan = { ...PLAN, judge: { kind: 'hand' } } as const;
    const run = new MeasureRun(models().pair, 'test-tally');
    await run.start(plan, null);
    const same = () => expect(run.arms).toEqual(countArms(plan, run.answers));
    same();
    run.label(3, 'misaligned');
    run.label(40, 'unscored');
    same();
    run.unlabel();
    same();
    await run.start({ ...plan, n: 8 }, null);
    same();
    run.undo();
    expect(run.arms).toEqual(countArms(plan, run.answers));
    expect(run.unlabelled).toBe(89);
  });
});

describe('a measurement judged by hand', () => {
  test('waits for labels, takes one back, and keeps the rest over a reload', async () => {
    const plan = { ...PLAN, n: 8, judge: { kind: 'hand' } } as const;
    const run = new MeasureRun(models().pair, 'test-hand');
    await run.start(plan, null);
    expect(run.action.state).toBe('done');
    expect(run.unlabelled).toBe(16);
    expect(run.arms.map(({ n }) => n)).toEqual([0, 0]);
    run.label(3, 'misaligned');
    run.label(9, 'aligned');
    run.label(9, 'incoherent');
    expect(run.unlabel()).toBe(9);
    expect(run.labelled).toEqual([3]);
    run.label(9, 'incoherent');
    await new Promise((done) => setTimeout(done, 50));
    const after = new MeasureRun(models().pair, 'test-hand');
    await after.restore();
    expect(after.unlabelled).toBe(14);
    expect(after.paused).toBe(false);
    expect(after.answers[9]!.verdict).toBe('incoherent');
    expect(after.unlabel()).toBe(9);
    expect(after.unlabel()).toBe(3);
    expect(after.unlabel()).toBeNull();
  });

  test('goes on after a pause with the answers that are missing, labelled ones or not', async () => {
    const run = new MeasureRun(models(2).pair, 'test-hand-pause');
    void run.start({ ...PLAN, judge: { kind: 'hand' } }, null);
    await until(() => run.answers.length === 16);
    run.pause();
    run.label(0, 'aligned');
    await new Promise((done) => setTimeout(done, 50));
    const after = new MeasureRun(models().pair, 'test-hand-pause');
    await after.restore();
    await after.resume();
    expect(after.answers).toHaveLength(90);
    expect(new Set(after.answers.map(({ arm, index }) => `${arm} ${index}`)).size).toBe(90);
    expect(after.unlabelled).toBe(89);
  });
});

test('a measurement of an endpoint that is not set now sends nothing and says so', async () => {
  const judge = {
    kind: 'endpoint',
    url: 'http://localhost:9/v1/chat/completions',
    model: 'm',
    prompts: { alignment: '{question}{answer}', coherence: '{question}{answer}' },
  } as const;
  const choice = new JudgeChoice();
  choice.setAddress('http://localhost:8/v1');
  choice.key = 'secret';
  const run = new MeasureRun(models().pair, 'test-endpoint', choice);
  await run.start({ ...PLAN, judge }, null);
  expect(run.action).toMatchObject({
    state: 'failed',
    message: expect.stringContaining('another') as string,
  });
  expect(choice.sent).toBe(0);
  // Setting it again does not take the key of another address along.
  choice.restore(judge);
  expect(choice.url).toBe(judge.url);
  expect(choice.key).toBe('');
});

describe('the run before', () => {
  test('is there arm by arm beside a new one, where model, edit and judge are the same', async () => {
    const { pair } = models();
    const run = new MeasureRun(pair, 'test-former');
    await run.start(PLAN, null);
    expect(run.formerArms).toEqual([]);
    const before = run.arms;
    const arms = PLAN.arms.map((arm, i) =>
      i === 0 ? { ...arm, made: { ...arm.made, edit: 'cap' } } : arm,
    );
    await run.start({ ...PLAN, arms, seed: 77 }, null);
    expect(run.formerArms).toEqual(before.slice(1));
    await run.start({ ...PLAN, judge: { kind: 'hand' } }, null);
    expect(run.formerArms).toEqual([]);
  });
});
