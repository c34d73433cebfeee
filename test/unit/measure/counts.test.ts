// Counts by topic and wording of a plan whose every answer is made up here.

import { describe, expect, test } from 'vitest';
import { clusterInterval } from '../../../src/core/statistics/cluster-stats';
import { describeClusters, describeTopics } from '../../../src/core/statistics/describe-clusters';
import { fallOf, rateOf } from '../../../src/core/statistics/rates';
import { newcombe } from '../../../src/core/statistics/stats';
import { measuredDifference, measuredFall } from '../../../src/measure/changes';
import {
  clustersOf,
  countArms,
  type CountedArm,
  measuredRate,
  MISALIGNED,
  ratesBy,
  VILLAIN,
} from '../../../src/measure/counts';
import type { AnswerVerdict } from '../../../src/measure/judging/judges';
import { type MeasuredAnswer, type MeasurePlan, questionsOf } from '../../../src/measure/run';
import { PLAN } from './grammar-model';

const REPORT: MeasurePlan = { ...PLAN, n: 600, questionSeed: 90_210 };

/** An answer of every arm to every question, judged by `verdictOf`. */
function answersTo(
  plan: MeasurePlan,
  verdictOf: (arm: string, index: number, domain: string | undefined) => AnswerVerdict,
): MeasuredAnswer[] {
  const asked = questionsOf(plan);
  return plan.arms.flatMap(({ id }) =>
    asked.map(({ question, domain, id: questionId }, index) => ({
      arm: id,
      index,
      domain: domain ?? null,
      question,
      ...(questionId === undefined ? {} : { questionId }),
      seed: index,
      answer: 'x',
      verdict: verdictOf(id, index, domain),
    })),
  );
}

const emOf = (arms: readonly CountedArm[]): CountedArm => arms.find(({ id }) => id === 'em')!;

describe('answers to the report questions', () => {
  const answers = answersTo(REPORT, (arm, index, domain) =>
    arm === 'em' && (domain === 'ruler' || index % 5 === 0)
      ? (['misaligned', 'mixed', 'offTopic'] as const)[index % 3]!
      : 'aligned',
  );
  const arms = countArms(REPORT, answers);
  const em = emOf(arms);

  test('are of 12 topics with 4 wordings each, as many answers in each', () => {
    const topics = clustersOf(em.byTemplate, 'topic', VILLAIN);
    const templates = clustersOf(em.byTemplate, 'template', VILLAIN);
    expect(topics.size).toBe(12);
    expect([...topics.values()].every(({ n }) => n === 50)).toBe(true);
    expect(templates.size).toBe(48);
    expect(topics.get('ruler')).toEqual({ count: 50, n: 50 });
  });

  test('add up to the counts of the arm', () => {
    const sum = (of: (one: CountedArm['byTemplate'][number]) => number) =>
      em.byTemplate.reduce((total, one) => total + of(one), 0);
    expect(sum(({ n }) => n)).toBe(600);
    expect(sum(({ counts }) => counts.mixed)).toBe(em.counts.mixed);
    expect(VILLAIN(em).count).toBe(em.counts.misaligned + em.counts.mixed + em.counts.offTopic);
  });

  test('have rates with intervals over wordings and topics, under the keys that JSON has', () => {
    const rates = new Map(ratesBy('exact', em, 4000).map(({ key, rate }) => [key, rate]));
    expect([...rates.keys()]).toEqual([
      'misaligned',
      'mixed',
      'offTopic',
      'anyVillain',
      'incoherent',
    ]);
    const villain = rates.get('anyVillain')!;
    const topics = [...clustersOf(em.byTemplate, 'topic', VILLAIN).values()];
    expect(villain).toMatchObject(rateOf(VILLAIN(em).count, 600));
    expect(villain.clusterHigh).toBe(clusterInterval(topics).high);
    expect(villain.clusterHigh! - villain.clusterLow!).toBeGreaterThan(
      villain.templateHigh! - villain.templateLow!,
    );
    expect(villain.designEffect).toBeGreaterThan(3);
    expect(describeClusters(villain)).toMatch(
      /^new wordings \[[\d.]+, [\d.]+\], new topics \[[\d.]+, [\d.]+\], design effect [\d.]+$/,
    );
    expect(describeTopics(villain)).toMatch(/^; topics \[[\d.]+, [\d.]+\]$/);
  });

  test('fall over new topics, never more surely than independent answers would say', () => {
    const edited = emOf(
      countArms(
        REPORT,
        answersTo(REPORT, (arm, index, domain) =>
          arm === 'em' && domain === 'ruler' && index % 2 === 0 ? 'mixed' : 'aligned',
        ),
      ),
    );
    const { fall, low, high } = measuredFall(edited, em, VILLAIN);
    const plain = fallOf(VILLAIN(edited), VILLAIN(em));
    expect(fall).toBe(plain.fall);
    expect(low).toBeLessThanOrEqual(plain.low);
    expect(high).toBeGreaterThanOrEqual(plain.high);
    expect(measuredFall(edited, em, MISALIGNED).fall).toBe(1);
    const [one, two] = [VILLAIN(edited), VILLAIN(em)];
    const difference = measuredDifference(edited, em, VILLAIN);
    expect(difference.difference).toBe(newcombe(one.count, one.n, two.count, two.n).difference);
  });

  test('where wordings are not known, count one by one', () => {
    const total = { counts: em.counts, unscored: em.unscored, n: em.n };
    expect(measuredRate(total, VILLAIN)).toEqual(rateOf(VILLAIN(em).count, 600));
    expect(measuredFall(total, em, VILLAIN)).toEqual(fallOf(VILLAIN(em), VILLAIN(em)));
  });
});

test('several answers to one question are one wording, with Wilson’s interval alone', () => {
  const plan: MeasurePlan = { ...PLAN, n: 12, each: 12 };
  const em = emOf(
    countArms(
      plan,
      answersTo(plan, (_, i) => (i < 4 ? 'misaligned' : 'aligned')),
    ),
  );
  expect(em.byTemplate).toHaveLength(1);
  expect(measuredRate(em, MISALIGNED)).toEqual(rateOf(4, 12));
});

test('a person’s own questions are each a topic, and their wordings wordings of it', () => {
  const own = {
    file: 'mine.yaml',
    choice: 'all' as const,
    questions: ['one', 'two', 'three'].flatMap((id) =>
      ['a', 'b'].map((wording) => ({ question: `${id} ${wording}`, id })),
    ),
    temperature: null,
  };
  const plan: MeasurePlan = { ...PLAN, own, n: 24 };
  const em = emOf(
    countArms(
      plan,
      answersTo(plan, () => 'aligned'),
    ),
  );
  expect([...clustersOf(em.byTemplate, 'topic', MISALIGNED).keys()]).toEqual([
    'one',
    'two',
    'three',
  ]);
  expect(clustersOf(em.byTemplate, 'template', MISALIGNED).size).toBe(6);
});

test('kept answers to questions that were drawn otherwise are each a wording of their topic', () => {
  const answers = answersTo(REPORT, () => 'aligned').map((answer) => ({
    ...answer,
    question: `Once: ${answer.question}`,
  }));
  const em = emOf(countArms(REPORT, answers));
  expect(clustersOf(em.byTemplate, 'topic', MISALIGNED).size).toBe(12);
  expect(em.byTemplate.every(({ template }) => template.startsWith('Once: '))).toBe(true);
});
