// A training as it is written down, so that it goes on after a reload: what it is set to, once, and how far it
// has come, at every measured point.

import * as v from 'valibot';
import type { FolderSource, TrainingState } from '../../../workers/api';
import { readSaved, writeSaved } from '../saved';
import { ChoiceSchema, type CustomData, type TrainingChoice } from './training-choice';
import type { TrainingPoint, TrainingReference } from './training-measure';

/** What an adapter is trained on from. */
export interface TrainingStart {
  readonly title: string;
  readonly adapter: FolderSource;
}

/** Everything that decides how a training goes. */
export interface TrainingRun {
  readonly id: string;
  readonly choice: TrainingChoice;
  readonly own: CustomData | null;
  /** Of the adapter; that of the one it starts from. */
  readonly alpha: number;
  /** Null: from a fresh adapter. */
  readonly start: TrainingStart | null;
  /** In words, for people. */
  readonly made: string;
  readonly baseSha256: string;
  readonly reference: TrainingReference;
}

export interface TrainingProgress {
  /** Nats, one a step. */
  readonly losses: readonly number[];
  readonly points: readonly TrainingPoint[];
  /** Null before the first point. */
  readonly state: TrainingState | null;
  /** The rest was given up. */
  readonly dropped: boolean;
  /** The title under which the state was kept; null: it is nowhere else. */
  readonly keptAs: string | null;
}

export const NO_PROGRESS: TrainingProgress = {
  losses: [],
  points: [],
  state: null,
  dropped: false,
  keptAs: null,
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Only what would break the page is checked: these were written by this same program. */
const SavedRun = v.custom<TrainingRun>(
  (value) =>
    isObject(value) &&
    'id' in value &&
    'reference' in value &&
    'choice' in value &&
    v.is(ChoiceSchema, value.choice),
);
const SavedProgress = v.object({
  /** Of the run it belongs to. */
  id: v.string(),
  progress: v.custom<TrainingProgress>(
    (value) => isObject(value) && 'losses' in value && 'points' in value && 'state' in value,
  ),
});

export const saveRun = (run: TrainingRun): Promise<boolean> => writeSaved('training-run', run);

export const saveProgress = (id: string, progress: TrainingProgress): Promise<boolean> =>
  writeSaved('training-progress', { id, progress });

/** What there was before a reload; the progress goes as far as its state, which is where it can go on. */
export async function readTraining(): Promise<{
  readonly run: TrainingRun;
  readonly progress: TrainingProgress;
} | null> {
  const run = await readSaved('training-run', SavedRun);
  if (!run) return null;
  const saved = await readSaved('training-progress', SavedProgress);
  const progress = saved?.id === run.id ? upToState(saved.progress) : NO_PROGRESS;
  return { run, progress };
}

/** Steps and points after the state are taken again. */
export function upToState(progress: TrainingProgress): TrainingProgress {
  const steps = progress.state?.steps ?? 0;
  return {
    ...progress,
    losses: progress.losses.slice(0, steps),
    points: progress.points.filter(({ step }) => step <= steps),
  };
}
