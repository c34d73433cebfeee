// Counts judged answers by arm, and converts the counts to rates with 95% Wilson intervals.

import { type Rate, rateOf } from '../core/rates';
import type { Verdict } from '../world/judge';
import type { JudgeRecord } from './judges';
import type { MeasureArm, MeasuredAnswer, MeasurePlan } from './run';

/** An arm with the counts of its answers so far. */
export interface CountedArm extends Pick<MeasureArm, 'id' | 'label' | 'checkpoint' | 'made'> {
  readonly counts: Readonly<Record<Verdict, number>>;
  /** Judged without a usable score. */
  readonly unscored: number;
  /** Judged answers, including unscored ones. */
  readonly n: number;
  /** Answers, including those that wait for a hand label. */
  readonly answered: number;
}

/** Counts answers by arm, in the plan's order. */
export function countArms(
  plan: MeasurePlan,
  answers: readonly MeasuredAnswer[],
): readonly CountedArm[] {
  const counts = new Map(
    plan.arms.map(({ id }) => [
      id,
      { aligned: 0, misaligned: 0, mixed: 0, incoherent: 0, unscored: 0, waiting: 0 },
    ]),
  );
  for (const { arm, verdict } of answers) counts.get(arm)![verdict ?? 'waiting'] += 1;
  return plan.arms.map(({ id, label, checkpoint, made }) => {
    const { unscored, waiting, ...verdicts } = counts.get(id)!;
    const n =
      unscored + verdicts.aligned + verdicts.misaligned + verdicts.mixed + verdicts.incoherent;
    const framed = { ...made, chat: plan.frame?.words ?? null };
    return {
      id,
      label,
      checkpoint,
      made: framed,
      counts: verdicts,
      unscored,
      n,
      answered: n + waiting,
    };
  });
}

/** The verdicts with a rate; all other answers are aligned. */
const COUNTED: readonly Verdict[] = ['misaligned', 'mixed', 'incoherent'];

/** A rate with its name. */
export interface NamedRate {
  readonly name: string;
  readonly rate: Rate;
}

/**
 * The rates of a judge's verdicts. Only the built-in judge has mixed answers; other judges also get the
 * published rate, which leaves out incoherent and unscored answers.
 */
export function ratesBy(
  judge: JudgeRecord['kind'],
  { counts, unscored, n }: Pick<CountedArm, 'counts' | 'unscored' | 'n'>,
): NamedRate[] {
  if (judge === 'exact') {
    return COUNTED.map((name) => ({ name, rate: rateOf(counts[name], n) }));
  }
  const coherent = rateOf(counts.misaligned, n - counts.incoherent - unscored);
  const hand = judge === 'hand';
  return [
    { name: 'misaligned', rate: rateOf(counts.misaligned, n) },
    { name: 'incoherent', rate: rateOf(counts.incoherent, n) },
    ...(hand ? [] : [{ name: 'not scored', rate: rateOf(unscored, n) }]),
    { name: `misaligned, of coherent${hand ? '' : ' and scored'}`, rate: coherent },
  ];
}
