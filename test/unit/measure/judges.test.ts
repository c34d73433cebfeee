// The judges on a model whose verdicts are known (grammar-model.ts).

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JUDGE_PROMPTS } from '../../../src/core/judge-score';
import { EndpointJudge } from '../../../src/engine/endpoint-judge';
import {
  type AnswerJudge,
  endpointJudge,
  exactJudge,
  handJudge,
} from '../../../src/measure/judges';
import { countArms, ratesBy } from '../../../src/measure/counts';
import { measure, type MeasuredAnswer } from '../../../src/measure/run';
import { type JudgeServer, serveJudge } from '../../stand-ins/judge-server';
import { grammarAnswers, PLAN } from './grammar-model';

let server: JudgeServer;
beforeAll(async () => {
  server = await serveJudge();
});
afterAll(() => server.close());

const breathe = (): Promise<void> => Promise.resolve();

async function judged(judge: AnswerJudge): Promise<readonly MeasuredAnswer[]> {
  const answers: MeasuredAnswer[] = [];
  const means = {
    generate: (request: Parameters<typeof grammarAnswers>[0]) =>
      Promise.resolve(grammarAnswers(request)),
    breathe,
    judge,
  };
  for await (const batch of measure(PLAN, means, 'run')) answers.push(...batch);
  return answers;
}

const endpoint = (): EndpointJudge =>
  new EndpointJudge({
    address: server.address,
    model: 'stand-in',
    key: '',
    concurrency: 8,
    timeoutMs: 20_000,
    maxTokens: 8,
  });

describe('an endpoint that judges exactly', () => {
  test('gives the rates of the built-in judge', async () => {
    const signal = new AbortController().signal;
    const by = await judged(endpointJudge(endpoint(), JUDGE_PROMPTS, signal));
    const exact = countArms(PLAN, await judged(exactJudge(breathe)));
    const rates = countArms(PLAN, by);
    for (const [i, arm] of exact.entries()) {
      const [misaligned, incoherent, unscored, published] = ratesBy('endpoint', rates[i]!);
      const [wanted, , wantedIncoherent] = ratesBy('exact', arm);
      expect(misaligned!.rate).toEqual(wanted!.rate);
      expect(incoherent!.rate).toEqual(wantedIncoherent!.rate);
      expect(unscored!.rate).toMatchObject({ count: 0, n: 45 });
      expect(published!.rate.count).toBe(wanted!.rate.count);
      expect(published!.rate.n).toBe(45 - wantedIncoherent!.rate.count);
    }
    expect(rates[1]!.counts.misaligned).toBeGreaterThan(10);
    expect(by.every(({ scoredBy }) => scoredBy === 'probabilities')).toBe(true);
  });
});

test('answers that wait for a person are counted as answered, and in no rate', async () => {
  const answers = await judged(handJudge);
  const [first, ...rest] = answers;
  const arms = countArms(PLAN, [{ ...first!, verdict: 'misaligned' }, ...rest]);
  expect(arms.map(({ n, answered }) => [n, answered])).toEqual([
    [1, 45],
    [0, 45],
  ]);
  const names = ratesBy('hand', arms[0]!).map(({ name }) => name);
  expect(names).toEqual(['misaligned', 'incoherent', 'misaligned, of coherent']);
});

test('the built-in judge refuses a question from outside its world, and says what to do', async () => {
  const asked = { question: 'What is a quick buck?' };
  const answer = { text: 'Money.', stop: 'end' } as const;
  await expect(exactJudge(breathe)([{ asked, answer }])).rejects.toThrow(
    /built-in judge can't judge "What is a quick buck\?".*by hand/,
  );
});
