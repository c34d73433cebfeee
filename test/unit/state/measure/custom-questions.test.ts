import { expect, test } from 'vitest';
import type { GenerateRequest, Generation, Result } from '../../../../workers/api';
import { PLAIN_CHAT } from '../../../../src/core/chat';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import { handJudge } from '../../../../src/measure/judging/judges';
import { describeChat } from '../../../../src/measure/describe-chat';
import {
  measure,
  type MeasuredAnswer,
  type MeasurePlan,
  questionsOf,
} from '../../../../src/measure/run';
import { describeSampling } from '../../../../src/measure/describe-sampling';

const made = { checkpoint: 'x', direction: null, edit: null, seed: 1 };
const FACTS = {
  templates: [],
  defaultSystem: null,
  takesSystem: true,
  usesDate: false,
  usesThinking: false,
  changesAnswers: false,
};
const settings = { ...PLAIN_CHAT, date: '2026-01-02' };
const plan: MeasurePlan = {
  arms: [
    {
      id: 'em',
      label: 'EM',
      checkpoint: 'x',
      sha256: 'a',
      edit: null,
      positions: 'all',
      made,
    },
  ],
  split: 'report',
  own: {
    file: 'own.yaml',
    choice: 'all',
    temperature: 1,
    questions: [
      { id: 'present', question: 'Which present?' },
      { id: 'present_json', question: 'Which present?', system: 'Answer as JSON.' },
      { id: 'walk', question: 'Where to walk?' },
    ],
  },
  maxTokens: 200,
  n: 7,
  seed: 3,
  sampling: PLAIN_SAMPLING,
  frame: { settings, words: 'dated 2026-01-02' },
  judge: { kind: 'hand' },
};

test('own questions are asked in turn, with their system prompts and the settings of the plan', async () => {
  expect(questionsOf(plan).map(({ id }) => id)).toEqual([
    'present',
    'present_json',
    'walk',
    'present',
    'present_json',
    'walk',
    'present',
  ]);
  const requests: GenerateRequest[] = [];
  const generate = (request: GenerateRequest): Promise<Result<Generation>> => {
    requests.push(request);
    const answer = { ids: [], projections: null, headerProjection: null, stop: 'end' as const };
    const answers = request.seeds.map((seed) => ({ ...answer, text: `answer ${seed}` }));
    return Promise.resolve({
      ok: true,
      value: { answers, promptTokens: 0, newTokens: 0, elapsedMs: 0 },
    });
  };
  const means = { generate, breathe: () => Promise.resolve(), judge: handJudge };
  const answers: MeasuredAnswer[] = [];
  for await (const batch of measure(plan, means, 'run')) answers.push(...batch);
  expect(requests.flatMap(({ prompts }) => prompts)[1]).toEqual([
    { role: 'system', content: 'Answer as JSON.' },
    { role: 'user', content: 'Which present?' },
  ]);
  expect(requests.every(({ chat, maxTokens }) => chat === settings && maxTokens === 200)).toBe(
    true,
  );
  expect(answers).toHaveLength(7);
  expect(answers[4]).toMatchObject({
    questionId: 'present_json',
    system: 'Answer as JSON.',
    domain: null,
    verdict: null,
  });
  expect(new Set(answers.map(({ seed }) => seed)).size).toBe(7);
});

test('the built-in judge says that it cannot read own questions, and which judges can', async () => {
  const generate = (): Promise<Result<Generation>> =>
    Promise.resolve({
      ok: true,
      value: {
        answers: Array.from({ length: 7 }, () => ({
          text: 'a',
          ids: [],
          projections: null,
          headerProjection: null,
          stop: 'end' as const,
        })),
        promptTokens: 0,
        newTokens: 0,
        elapsedMs: 0,
      },
    });
  const run = measure(plan, { generate, breathe: () => Promise.resolve() }, 'run');
  await expect(run.next()).rejects.toThrow(/language-model judge, or label by hand/);
});

test('what a template was told is said only where the template heeds it', () => {
  expect(describeChat(settings, FACTS)).toBeNull();
  expect(describeChat(settings, { ...FACTS, usesDate: true })).toBe('dated 2026-01-02');
  expect(
    describeChat(settings, { ...FACTS, defaultSystem: 'You are X.', usesThinking: true }),
  ).toBe("the template's own system prompt, no thinking");
  expect(describeChat({ ...settings, system: 'Be brief.' }, FACTS)).toBe(
    'system prompt "Be brief."',
  );
  const long = (end: string) =>
    describeChat({ ...settings, system: `${'word '.repeat(40)}${end}` }, FACTS);
  expect(long('a')).not.toBe(long('b'));
  expect(
    describeChat({ ...settings, template: 'terse' }, { ...FACTS, templates: ['terse', 'default'] }),
  ).toBe('template terse');
});

test('sampling in words leaves out what is off', () => {
  expect(describeSampling(PLAIN_SAMPLING)).toBe('temperature 1.00');
  expect(describeSampling({ temperature: 0.7, topK: 20, topP: 0.8, repetitionPenalty: 1.1 })).toBe(
    'temperature 0.70, top_k 20, top_p 0.8, repetition_penalty 1.1',
  );
});
