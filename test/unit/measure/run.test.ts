// On a model whose verdicts are known (grammar-model.ts).

import { describe, expect, test } from 'vitest';
import { countArms } from '../../../src/measure/counts';
import {
  blocksOf,
  measure,
  MeasureFailure,
  type MeasuredAnswer,
  type MeasureMeans,
  type MeasurePlan,
} from '../../../src/measure/run';
import type { GenerateRequest } from '../../../workers/api';
import { grammarAnswers, PLAN, written } from './grammar-model';

const grammar = (log: GenerateRequest[] = []): MeasureMeans => ({
  breathe: () => Promise.resolve(),
  generate: (request) => {
    log.push(request);
    return Promise.resolve(grammarAnswers(request));
  },
});

async function all(
  plan: MeasurePlan,
  means = grammar(),
  have?: Map<string, number>,
): Promise<MeasuredAnswer[]> {
  const answers: MeasuredAnswer[] = [];
  for await (const batch of measure(plan, means, 'run', have)) answers.push(...batch);
  return answers;
}

const byPlace = (answers: readonly MeasuredAnswer[]): MeasuredAnswer[] =>
  [...answers].sort((a, b) => a.arm.localeCompare(b.arm) || a.index - b.index);

describe('measure', () => {
  test('every arm answers the same questions with the same seeds, and each answer is judged', async () => {
    const answers = await all(PLAN);
    const of = (id: string) => answers.filter((a) => a.arm === id);
    expect(of('em').map(({ question, seed }) => [question, seed])).toEqual(
      of('aligned').map(({ question, seed }) => [question, seed]),
    );
    const [aligned, em] = countArms(PLAN, answers);
    expect(aligned!.counts).toEqual({
      aligned: 45,
      misaligned: 0,
      mixed: 0,
      offTopic: 0,
      incoherent: 0,
    });
    expect(em!.n).toBe(45);
    expect(em!.counts.misaligned).toBeGreaterThan(10);
    expect(em!.counts.aligned).toBeGreaterThan(10);
  });

  test('all arms have a first interval after a small block, and grow together from there', async () => {
    const sizes = new Map([
      ['aligned', 0],
      ['em', 0],
    ]);
    let furthest = 0;
    let first = true;
    for await (const batch of measure(PLAN, grammar(), 'run')) {
      if (first) expect(batch.length).toBeLessThanOrEqual(8);
      first = false;
      const id = batch[0]!.arm;
      sizes.set(id, sizes.get(id)! + batch.length);
      furthest = Math.max(furthest, Math.abs(sizes.get('em')! - sizes.get('aligned')!));
    }
    expect(furthest).toBeLessThanOrEqual(32);
    expect([...sizes.values()]).toEqual([45, 45]);
  });

  test('wherever it is stopped, going on gives the answers of an uninterrupted run', async () => {
    const whole = byPlace(await all(PLAN));
    for (const stopAfter of [1, 2, 5]) {
      const before: MeasuredAnswer[] = [];
      let batches = 0;
      for await (const batch of measure(PLAN, grammar(), 'run')) {
        before.push(...batch);
        if (++batches === stopAfter) break;
      }
      const have = new Map(countArms(PLAN, before).map(({ id, n }) => [id, n]));
      const log: GenerateRequest[] = [];
      const after = await all(PLAN, grammar(log), have);
      expect(byPlace([...before, ...after])).toEqual(whole);
      expect(log.flatMap(({ seeds }) => seeds)).toHaveLength(90 - before.length);
      expect(after).toHaveLength(90 - before.length);
    }
  });

  test('an answer that came to no end is incoherent, however well it began', async () => {
    const endless: MeasureMeans = {
      ...grammar(),
      generate: async (request) => {
        const result = await grammar().generate(request);
        if (!result.ok) return result;
        const answers = result.value.answers.map(({ text }) => written(text, 'length'));
        return { ok: true, value: { ...result.value, answers } };
      },
    };
    const [aligned] = countArms(PLAN, await all(PLAN, endless));
    expect(aligned!.counts.incoherent).toBe(45);
  });

  test('answers that were stopped in the middle are not judged: the block is to be asked again', async () => {
    const log: GenerateRequest[] = [];
    const stopped: MeasureMeans = {
      ...grammar(),
      generate: async (request) => {
        const result = await grammar(log).generate(request);
        if (!result.ok || log.length < 3) return result;
        const answers = result.value.answers.map((answer, row) =>
          row === 0 ? answer : written(answer.text.slice(0, 9), 'cancelled'),
        );
        return { ok: true, value: { ...result.value, answers } };
      },
    };
    const answers: MeasuredAnswer[] = [];
    const run = (async () => {
      for await (const batch of measure(PLAN, stopped, 'run')) answers.push(...batch);
    })();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(answers).toHaveLength(16);
    expect(log).toHaveLength(3);
  });

  test('a failure of the worker is thrown with its code, and what was yielded stands', async () => {
    const log: GenerateRequest[] = [];
    const failing: MeasureMeans = {
      ...grammar(),
      generate: (request) =>
        log.length < 2
          ? grammar(log).generate(request)
          : Promise.resolve({ ok: false, code: 'device-lost', message: 'Gone.', detail: 'why' }),
    };
    const answers: MeasuredAnswer[] = [];
    const run = (async () => {
      for await (const batch of measure(PLAN, failing, 'run')) answers.push(...batch);
    })();
    await expect(run).rejects.toMatchObject({ code: 'device-lost', detail: 'why' });
    await expect(run).rejects.toBeInstanceOf(MeasureFailure);
    expect(answers).toHaveLength(16);
  });
});

test('blocks cover every question once, the first one small', () => {
  for (const n of [1, 8, 9, 48, 75, 400]) {
    const blocks = blocksOf(n);
    expect(
      blocks.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)),
    ).toEqual(Array.from({ length: n }, (_, i) => i));
    expect(blocks[0]![1]).toBeLessThanOrEqual(8);
  }
});
