import { expect, test } from 'vitest';
import { blindOrder } from '../../../../src/measure/judging/blind-order';
import type { MeasuredAnswer } from '../../../../src/measure/run';
import { PLAN } from '../grammar-model';

const ANSWERS: MeasuredAnswer[] = ['aligned', 'em'].flatMap((arm) =>
  Array.from({ length: 45 }, (_, index) => ({
    arm,
    index,
    domain: null,
    question: '',
    seed: 0,
    answer: '',
    verdict: null,
  })),
);

test('arms come mixed, each answer once, and the same way again', () => {
  const order = blindOrder(PLAN, ANSWERS);
  expect([...order].sort((a, b) => a - b)).toEqual(ANSWERS.map((_, i) => i));
  const arms = order.map((at) => ANSWERS[at]!.arm);
  const changes = arms.filter((arm, i) => i > 0 && arm !== arms[i - 1]).length;
  // 89 neighbours of a fair shuffle change arms 45 times, give or take 4.7.
  expect(changes).toBeGreaterThan(26);
  expect(changes).toBeLessThan(64);
  expect(blindOrder(PLAN, ANSWERS)).toEqual(order);
});

test('an answer keeps its rank among others, whenever it was written', () => {
  const reversed = [...ANSWERS].reverse();
  const named = (answers: readonly MeasuredAnswer[]) =>
    blindOrder(PLAN, answers).map((at) => `${answers[at]!.arm} ${answers[at]!.index}`);
  expect(named(reversed)).toEqual(named(ANSWERS));
});
