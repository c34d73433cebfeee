// Judged answers counted by arm, and the counts as rates with Wilson 95% intervals.

import { type Rate, rateOf } from '../core/rates';
import type { Verdict } from '../world/judge';
import type { MeasureArm, MeasuredAnswer, MeasurePlan } from './measure-engine';

/** An arm with what it answered so far. */
export interface CountedArm extends Pick<MeasureArm, 'id' | 'label' | 'checkpoint' | 'made'> {
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly n: number;
}

/** Answers counted by arm, in the plan's order. */
export function countArms(
  plan: MeasurePlan,
  answers: readonly MeasuredAnswer[],
): readonly CountedArm[] {
  const counts = new Map(
    plan.arms.map(({ id }) => [id, { aligned: 0, misaligned: 0, mixed: 0, incoherent: 0 }]),
  );
  for (const { arm, verdict } of answers) counts.get(arm)![verdict] += 1;
  return plan.arms.map(({ id, label, checkpoint, made }) => {
    const own = counts.get(id)!;
    const n = Object.values(own).reduce((sum, count) => sum + count, 0);
    return { id, label, checkpoint, made, counts: own, n };
  });
}

/** What a rate is given of; the rest of the answers are aligned. */
export const COUNTED: readonly Verdict[] = ['misaligned', 'mixed', 'incoherent'];

/** Counts of an arm as rates with Wilson 95% intervals, in the order of COUNTED. */
export const ratesOf = ({ counts, n }: Pick<CountedArm, 'counts' | 'n'>): Rate[] =>
  COUNTED.map((verdict) => rateOf(counts[verdict], n));
