// The stored form of lesson progress, read step by step and field by field, so that an unreadable step or field
// of another version loses nothing else.

import * as v from 'valibot';
import { type Lesson, type Step } from '../../lessons/lesson';
import { LESSONS } from '../../lessons/lessons';
import type { EditState } from '../pair/edit-settings.svelte';
import { completeEdit, EditForm } from '../pair/saved-edit';
import type { JudgedPair } from './lesson-checks';
import { byName, fields, list, orNull, whole } from '../saved/form';

const finite = v.pipe(v.number(), v.finite());

/** The record of a step that was entered. */
export interface StepRecord {
  /** Unix times. */
  readonly enteredMs: number;
  /** A share for a rate, the id of an option for a choice. */
  readonly guess?: number | string;
  readonly guessedMs?: number;
  readonly metMs?: number;
  /** The rate compared with the guess, as it was when the check was met. */
  readonly seen?: { readonly count: number; readonly n: number };
  readonly left?: 'done' | 'skipped';
  /** What was answered in a step that counts answers. */
  readonly verdicts?: readonly JudgedPair[];
}

/** The user's question and edit before a lesson changed them. */
export interface SettingsBefore {
  readonly prompt: string;
  readonly seed: number;
  readonly system: string | null;
  readonly temperature: number | null;
  /** Stored under this name since the first version. */
  readonly desk: EditState;
  /** The second edit; null: it was closed. Left out by earlier versions. */
  readonly second?: EditState | null;
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
  verdicts: list(whole(v.object({ asked: v.string(), aligned: v.string(), em: v.string() }))),
});
type StoredBefore = Partial<Omit<SettingsBefore, 'desk' | 'second'>> & {
  readonly desk?: Partial<EditState>;
  readonly second?: Partial<EditState> | null;
};
const BeforeForm = fields<StoredBefore>({
  prompt: whole(v.string()),
  seed: whole(finite),
  system: whole(v.nullable(v.string())),
  temperature: whole(v.nullable(finite)),
  desk: EditForm,
  second: orNull(EditForm),
});

interface Stored {
  readonly place: string | null;
  readonly before: StoredBefore | null;
  readonly steps: Readonly<Record<string, Partial<StepRecord>>>;
  readonly greeted: boolean;
}
export const StoredForm = fields<Stored>({
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

/** Null where no such `lesson/step` exists. */
export function stepAt(
  place: string | null,
): { readonly lesson: Lesson; readonly step: Step } | null {
  const [lessonId, stepId] = place?.split('/') ?? [];
  const lesson = LESSONS.find(({ id }) => id === lessonId);
  const step = lesson?.steps.find(({ id }) => id === stepId);
  return lesson && step ? { lesson, step } : null;
}

/** Fills missing fields from `now`, so that restoring changes nothing that was not stored. */
export function completeBefore(
  { desk = {}, second, ...question }: StoredBefore,
  now: SettingsBefore,
): SettingsBefore {
  const first = completeEdit(desk, now.desk);
  const known = second && completeEdit(second, now.second ?? first);
  return { ...now, ...question, desk: first, ...(known === undefined ? {} : { second: known }) };
}

/** Whether question and edits are equal. */
export function sameAs(a: SettingsBefore, b: SettingsBefore): boolean {
  const [one, other] = [a, b].map(({ prompt, seed, system, temperature, desk, second }) =>
    JSON.stringify([
      ...[prompt, seed, system, temperature],
      ...[editParts(desk), second ? editParts(second) : null],
    ]),
  );
  return one === other;
}

/** The fields of an edit in a fixed order, because JSON text is compared. */
function editParts(edit: EditState): readonly unknown[] {
  const { base, mode, strength, layers, source, positions, randomSeed } = edit;
  const { loraScale = 1, amplify = 0, alsoId = null } = edit;
  const at = source.kind === 'layer' ? source.layer : null;
  const main = [base, mode, strength, layers, at, positions, randomSeed];
  return [...main, loraScale, amplify, alsoId];
}
