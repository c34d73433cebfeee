// How far someone came in the lessons, as it is written down: step by step and field by field, so that a step
// or a field of another version costs no other.

import * as v from 'valibot';
import { type Lesson, type Step } from '../../lessons/lesson';
import { LESSONS } from '../../lessons/lessons';
import type { EditState } from '../pair/edit-settings.svelte';
import { completeEdit, EditForm } from '../pair/kept-edit';
import { byName, fields, orNull, whole } from '../saved/form';

const finite = v.pipe(v.number(), v.finite());

/** What is known of a step that was entered. */
export interface StepRecord {
  /** Unix times. */
  readonly enteredMs: number;
  /** A share for a rate, the id of an option for a choice. */
  readonly guess?: number | string;
  readonly guessedMs?: number;
  readonly metMs?: number;
  /** The rate that the guess is held against, as it was when the check was met. */
  readonly seen?: { readonly count: number; readonly n: number };
  readonly left?: 'done' | 'skipped';
}

/** What a lesson sets and a person had set: the question and the edit. */
export interface Before {
  readonly prompt: string;
  readonly seed: number;
  readonly system: string | null;
  readonly temperature: number | null;
  /** Saved under this name since the first version. */
  readonly desk: EditState;
}

const StepForm = fields<StepRecord>({
  enteredMs: whole(finite),
  guess: whole(v.union([finite, v.string()])),
  guessedMs: whole(finite),
  metMs: whole(finite),
  seen: whole(
    v.pipe(
      v.object({ count: finite, n: finite }),
      v.check(({ count, n }) => count >= 0 && count <= n, 'It is not a share.'),
    ),
  ),
  left: whole(v.picklist(['done', 'skipped'])),
});
type KeptBefore = Partial<Omit<Before, 'desk'>> & { readonly desk?: Partial<EditState> };
const BeforeForm = fields<KeptBefore>({
  prompt: whole(v.string()),
  seed: whole(finite),
  system: whole(v.nullable(v.string())),
  temperature: whole(v.nullable(finite)),
  desk: EditForm,
});

interface Kept {
  readonly place: string | null;
  readonly before: KeptBefore | null;
  readonly steps: Readonly<Record<string, Partial<StepRecord>>>;
  readonly greeted: boolean;
}
export const KeptForm = fields<Kept>({
  place: whole(
    v.nullable(
      v.pipe(
        v.string(),
        v.check((place) => stepAt(place) !== null, 'This version has no such step.'),
      ),
    ),
  ),
  before: orNull(BeforeForm),
  steps: byName(StepForm),
  greeted: whole(v.boolean()),
});

/** Null where there is no such `lesson/step`. */
export function stepAt(
  place: string | null,
): { readonly lesson: Lesson; readonly step: Step } | null {
  const [lessonId, stepId] = place?.split('/') ?? [];
  const lesson = LESSONS.find(({ id }) => id === lessonId);
  const step = lesson?.steps.find(({ id }) => id === stepId);
  return lesson && step ? { lesson, step } : null;
}

/** What was not kept is as it is now, so that putting it back changes nothing of it. */
export function completeBefore({ desk = {}, ...question }: KeptBefore, now: Before): Before {
  return { ...now, ...question, desk: completeEdit(desk, now.desk) };
}

/** Whether the page asks and edits alike. */
export function sameAs(a: Before, b: Before): boolean {
  // In one order of keys.
  const [one, other] = [a, b].map(({ prompt, seed, system, temperature, desk }) => {
    const { base, mode, strength, layers, source, positions, randomSeed } = desk;
    const at = source.kind === 'layer' ? source.layer : null;
    const edit = [base, mode, strength, layers, at, positions, randomSeed];
    return JSON.stringify([prompt, seed, system, temperature, ...edit]);
  });
  return one === other;
}
