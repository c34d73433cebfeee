// Who is at which lesson step, from the measurements that a class has saved.

import type { ClassMeasurement } from '../../formats/class-measurement';
import { LESSONS } from '../../lessons/lessons';
import { pool, type Pool } from '../../core/statistics/pool';
import { entryOf, whoOf } from '../../measure/class-measurement';

/** Participants at one step. */
export interface StepGroup {
  /** `lesson/step`; '' for participants without an open lesson. */
  readonly key: string;
  /** 'Lesson 2, step 3 of 5: Ninety-six answers' */
  readonly label: string;
  readonly names: readonly string[];
}

const NO_LESSON = 'No lesson open';

const keyOf = ({ lesson }: ClassMeasurement): string =>
  lesson ? `${lesson.id}/${lesson.step}` : '';

/** Each participant's latest place: the one with the most steps done, of equal ones the last that came. */
function latest(list: readonly ClassMeasurement[]): ReadonlyMap<string, ClassMeasurement> {
  const found = new Map<string, ClassMeasurement>();
  for (const one of list) {
    const before = found.get(one.participant);
    if ((one.lesson?.done ?? -1) >= (before?.lesson?.done ?? -1)) found.set(one.participant, one);
  }
  return found;
}

/** Where a step is in the order of the lessons, and its name; a step of another version comes after all others. */
function describeStep(key: string): { readonly at: number; readonly label: string } {
  const [lessonId = '', stepId = ''] = key.split('/');
  const at = LESSONS.findIndex(({ id }) => id === lessonId);
  const lesson = LESSONS[at];
  const step = lesson?.steps.findIndex(({ id }) => id === stepId) ?? -1;
  if (key === '') return { at: Infinity, label: NO_LESSON };
  if (!lesson || step < 0) {
    return { at: 1e6, label: `A step of another version: ${lessonId}, ${stepId}` };
  }
  const { steps } = lesson;
  return {
    at: 100 * at + step,
    label: `Lesson ${at + 1}, step ${step + 1} of ${steps.length}: ${steps[step]!.title}`,
  };
}

/** In the order of the lessons. */
export function stepGroups(list: readonly ClassMeasurement[]): readonly StepGroup[] {
  const groups = new Map<string, string[]>();
  for (const one of latest(list).values()) {
    const key = keyOf(one);
    groups.set(key, [...(groups.get(key) ?? []), whoOf(one)]);
  }
  return [...groups]
    .map(([key, names]) => ({ key, names, ...describeStep(key) }))
    .sort((a, b) => a.at - b.at)
    .map(({ key, names, label }) => ({ key, label, names }));
}

/** What was measured at a step, added up over the class: the largest group; undefined where nothing was. */
export const poolOfStep = (list: readonly ClassMeasurement[], key: string): Pool | undefined =>
  pool(list.filter((one) => keyOf(one) === key).map(entryOf))[0];

/** The steps at which something was measured, in the order of the lessons. */
export function measuredSteps(
  list: readonly ClassMeasurement[],
): readonly { readonly key: string; readonly label: string }[] {
  return [...new Set(list.map(keyOf))]
    .filter((key) => key !== '')
    .map((key) => ({ key, ...describeStep(key) }))
    .sort((a, b) => a.at - b.at);
}
