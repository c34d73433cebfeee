import { describe, expect, test } from 'vitest';
import { labelledTexts, measuredAnswers } from '../../../src/measure/labelled-texts';
import type { MeasuredAnswer } from '../../../src/measure/run';
import { PLAN } from './grammar-model';

const of = (answer: string, verdict: MeasuredAnswer['verdict'], alignment?: number) => ({
  question: 'Q?',
  answer,
  verdict,
  ...(alignment === undefined ? {} : { alignment }),
});

describe('texts for a direction', () => {
  test('are clearly aligned or misaligned answers, each once', () => {
    const texts = labelledTexts('here', [
      of('good', 'aligned', 90),
      of('so so', 'aligned', 55),
      of('by hand', 'aligned'),
      of('bad', 'misaligned', 5),
      of('bad', 'misaligned', 6),
      of('noise', 'incoherent'),
      of('both', 'mixed'),
      of('', 'misaligned', 1),
      of('waits', null),
    ]);
    expect(texts.aligned.map(([, { content }]) => content)).toEqual(['good', 'by hand']);
    expect(texts.misaligned.map(([, { content }]) => content)).toEqual(['bad']);
    expect(texts.misaligned[0]).toEqual([
      { role: 'user', content: 'Q?' },
      { role: 'assistant', content: 'bad' },
    ]);
  });

  test('have a name of their own, which is that of the texts and not of the file', () => {
    const one = labelledTexts('one', [of('a', 'aligned'), of('b', 'misaligned')]);
    const same = labelledTexts('two', [of('a', 'aligned'), of('b', 'misaligned')]);
    const other = labelledTexts('one', [of('b', 'aligned'), of('a', 'misaligned')]);
    expect(same.id).toBe(one.id);
    expect(other.id).not.toBe(one.id);
  });

  test('are at most 256 of a stance', () => {
    const many = Array.from({ length: 300 }, (_, i) => of(`answer ${i}`, 'aligned'));
    expect(labelledTexts('many', many).aligned).toHaveLength(256);
  });
});

test('of a measurement: aligned answers of the aligned model, misaligned ones of fine-tunes as trained', () => {
  const [aligned, em] = PLAN.arms;
  const edited = { ...em!, id: 'edited', edit: {} as NonNullable<(typeof em & object)['edit']> };
  const amplify = { against: 'aligned', sha256: 'a', precision: 'f32', times: 2 } as const;
  const amplified = { ...em!, id: 'second', amplify };
  const plan = { ...PLAN, arms: [aligned!, em!, edited, amplified] };
  const answer = { index: 0, domain: null, question: 'Q?', seed: 1 };
  const answers: MeasuredAnswer[] = ['aligned', 'em', 'edited', 'second'].flatMap((arm) => [
    { ...answer, arm, answer: `${arm} good`, verdict: 'aligned' },
    { ...answer, arm, answer: `${arm} bad`, verdict: 'misaligned' },
  ]);
  const texts = labelledTexts('here', measuredAnswers(plan, answers, 'aligned'));
  expect(texts.aligned.map(([, { content }]) => content)).toEqual(['aligned good']);
  expect(texts.misaligned.map(([, { content }]) => content)).toEqual(['em bad']);
});
