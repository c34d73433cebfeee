// What a lesson says of the learner's own result. It is computed from the result, because a seed gives one learner the
// surprise that the lesson is about and another one none. The forms, in lesson texts:
//
//   outcome | again | em        this measurement and the one before it, of an arm
//   outcome | dose              misaligned answers at the middle and the largest strength

import { describeRate, type Rate, rateOf } from '../../core/statistics/rates';
import type { CountedArm } from '../../measure/counts';
import type { Measurements } from '../measure/measurements.svelte';

const misalignedOf = (arm: CountedArm | undefined): Rate | null =>
  arm && arm.n > 0 ? rateOf(arm.counts.misaligned, arm.n) : null;

const percent = (share: number): string => (100 * share).toFixed(1);
const of = ({ count, n }: Rate): string => `${count} of ${n}`;

/** Two measurements of one model with other questions. `before` null: there is none to compare with. */
export function sayAgain(before: Rate | null, now: Rate | null): string {
  if (!now) return '';
  const range = `${percent(now.low)}% to ${percent(now.high)}%`;
  if (!before)
    return `These ${now.n} answers: ${of(now)} misaligned, which fits any rate from ${range}.`;
  if (before.count * now.n !== now.count * before.n) {
    return `First ${of(before)} were misaligned, now ${of(now)}: the same models, another rate.`;
  }
  return `Both times ${of(now)} were misaligned. That is luck: ${of(now)} fits any rate from ${range}, so the next run may well differ.`;
}

/** Misaligned answers at the middle and the largest strength of a dose-response. */
export function sayDose(middle: Rate | null, most: Rate | null): string {
  if (!middle || !most) return '';
  const rates = `At the middle strength: ${describeRate(middle)}. At twice that: ${describeRate(most)}.`;
  const [a, b] = [middle.count / middle.n, most.count / most.n];
  if (b < 2 * a) return `${rates} Twice as much did not misalign twice as often.`;
  return `${rates} Twice as much misaligned at least twice as often here.`;
}

/** The sentence that a text names; null: the reference is of another kind. */
export function lessonOutcome(reference: string, measurements: Measurements): string | null {
  const [kind, name, arm] = reference.split('|').map((part) => part.trim());
  if (kind !== 'outcome') return null;
  switch (name) {
    case 'again': {
      const { run } = measurements;
      const find = (arms: readonly CountedArm[]) => misalignedOf(arms.find(({ id }) => id === arm));
      return sayAgain(find(run.formerArms), find(run.arms));
    }
    case 'dose': {
      const { direction } = measurements.dose.rates('misaligned');
      const last = direction.length - 1;
      return sayDose(direction[last / 2] ?? null, direction[last] ?? null);
    }
    case undefined:
    default:
      return null;
  }
}
