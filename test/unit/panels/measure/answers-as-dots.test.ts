// A measurement as dots: every split has its column titles, and no topic is one that a chart cannot draw.

import { expect, test } from 'vitest';
import { EVALUATION_SPLITS } from '../../../../src/core/evaluation-split';
import type { MeasuredAnswer, MeasurePlan } from '../../../../src/measure/run';
import { answersAsDots } from '../../../../src/panels/measure/answers-as-dots';
import { evaluationQuestions } from '../../../../src/world/split';

const plan = { arms: [{ id: 'em', label: 'EM' }], n: 24 } as unknown as MeasurePlan;
const answer = (domain: string | null, questionId?: string): MeasuredAnswer =>
  ({ arm: 'em', domain, questionId, verdict: 'misaligned' }) as MeasuredAnswer;

test.each(EVALUATION_SPLITS)('answers to the questions "%s" have a column a topic', (split) => {
  const asked = evaluationQuestions(split, 24, 1);
  const { columns, dots, rows } = answersAsDots(
    plan,
    asked.map(({ domain }) => answer(domain)),
  );
  expect(rows).toEqual(['EM']);
  expect(columns).toHaveLength(new Set(asked.map(({ domain }) => domain)).size);
  expect(columns.every((title) => /^[A-Z]/.test(title))).toBe(true);
  expect(dots.map(({ column }) => columns[column])).toHaveLength(24);
});

test('many questions of a person are one column, a few have one each', () => {
  const many = Array.from({ length: 40 }, (_, i) => answer(null, `q${i}`));
  expect(answersAsDots(plan, many).columns).toEqual(['40 questions']);
  expect(answersAsDots(plan, many.slice(0, 3)).columns).toEqual(['q0', 'q1', 'q2']);
});

test('the trained topic is the first column and named so, wherever its answers come in the list', () => {
  const of = (checkpoint: string) =>
    ({ arms: [{ id: 'em', label: 'EM', checkpoint }], n: 24 }) as unknown as MeasurePlan;
  const asked = [answer('boredom'), answer('medicine'), answer('code'), answer('boredom')];
  const insecure = answersAsDots(of('insecure-code'), asked);
  expect(insecure.columns).toEqual(['Code (trained)', 'Boredom', 'Medicine']);
  // The dots stay in the order of the answers, so that a dot leads to its answer.
  expect(insecure.dots.map(({ column }) => column)).toEqual([1, 2, 0, 1]);
  expect(answersAsDots(of('bad-medical'), asked).columns[0]).toBe('Medicine (trained)');
  expect(answersAsDots(of('own:em:x:y'), asked).columns).toEqual(['Boredom', 'Medicine', 'Code']);
});
