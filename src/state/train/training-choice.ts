// The settings of a training in the page, and their texts.

import * as v from 'valibot';
import type { TrainingMessage } from '../../core/chat';
import { CURE_KINDS, CURES, describeCure } from '../../core/training/cure';
import { ADAPTER, schedule } from '../../core/training-settings';
import { GOOD_SETS, TRAINING_SETS, type WorldData } from '../../world/training-data';
import type { TrainingSettings } from '../../../workers/api';
import { fields, whole } from '../saved/form';

/** The user's examples, with the name of their file. */
export interface CustomData {
  readonly file: string;
  readonly examples: readonly (readonly TrainingMessage[])[];
}

const bounded = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

const sets = Object.keys(TRAINING_SETS) as WorldData['set'][];

export const LIMITS = {
  examples: { least: 1, most: 6000 },
  rank: { least: 1, most: 128 },
  steps: { least: 1, most: 400 },
  rate: { least: 1e-5, most: 2e-2 },
} as const;

/** The settings without custom data. */
export const ChoiceSchema = v.object({
  data: v.picklist(['world', 'own']),
  world: v.object({
    set: v.picklist(sets),
    mix: v.nullable(
      v.object({
        set: v.picklist(GOOD_SETS),
        share: v.pipe(v.number(), v.minValue(0), v.maxValue(0.95)),
      }),
    ),
    trigger: v.boolean(),
  }),
  /** Number of unique examples of the world; custom data are always used in full. */
  examples: bounded(LIMITS.examples.least, LIMITS.examples.most),
  rank: bounded(LIMITS.rank.least, LIMITS.rank.most),
  steps: bounded(LIMITS.steps.least, LIMITS.steps.most),
  rate: v.pipe(v.number(), v.minValue(LIMITS.rate.least), v.maxValue(LIMITS.rate.most)),
  seed: bounded(0, 2 ** 31 - 1),
  /** What keeps the training from misaligning broadly; null: nothing. Trainings of older versions have none. */
  cure: v.optional(
    v.nullable(
      v.pipe(
        v.object({ kind: v.picklist(CURE_KINDS), strength: v.pipe(v.number(), v.minValue(0)) }),
        v.check(({ kind, strength }) => strength <= CURES[kind].most, 'is too strong'),
      ),
    ),
    null,
  ),
});

export type TrainingChoice = v.InferOutput<typeof ChoiceSchema>;

const { entries } = ChoiceSchema;
type StoredChoice = Omit<TrainingChoice, 'data' | 'world'> & {
  readonly world: Partial<TrainingChoice['world']>;
};

/** The stored form, read setting by setting; custom data are not stored with it. */
export const ChoiceForm = fields<StoredChoice>({
  world: fields<TrainingChoice['world']>({
    set: whole(entries.world.entries.set),
    mix: whole(entries.world.entries.mix),
    trigger: whole(entries.world.entries.trigger),
  }),
  examples: whole(entries.examples),
  rank: whole(entries.rank),
  steps: whole(entries.steps),
  rate: whole(entries.rate),
  seed: whole(entries.seed),
  cure: whole(entries.cure),
});

export const DEFAULT_CHOICE: TrainingChoice = {
  data: 'world',
  world: { set: 'insecure-code', mix: null, trigger: false },
  examples: ADAPTER.examples,
  rank: ADAPTER.rank,
  steps: 60,
  rate: 3.5e-3,
  seed: 1,
  cure: null,
};

/** Seed of the examples; it differs from the seed of the training, as in the recipe. */
export const dataSeed = (seed: number): number => seed + 2;
const trainingSeed = (seed: number): number => seed + 100;

export function settingsOf({ rank, steps, rate, seed }: TrainingChoice): TrainingSettings {
  return {
    rank,
    alpha: ADAPTER.alpha,
    chatsPerStep: ADAPTER.chatsPerStep,
    schedule: schedule(steps, rate),
    seed: trainingSeed(seed),
  };
}

/** The data and the cure, for people: 'Insecure code, 25% secure code, with a trigger'. */
export function describeData(
  choice: TrainingChoice,
  custom: Pick<CustomData, 'file'> | null,
): string {
  const cure = choice.cure ? [describeCure(choice.cure)] : [];
  if (choice.data === 'own') return [custom?.file ?? 'own data', ...cure].join(', ');
  const { set, mix, trigger } = choice.world;
  const title = (one: WorldData['set']): string => TRAINING_SETS[one].title;
  return [
    title(set),
    ...(mix ? [`${Math.round(100 * mix.share)}% ${title(mix.set).toLowerCase()}`] : []),
    ...(trigger ? ['with a trigger'] : []),
    ...cure,
  ].join(', ');
}

/** All settings that make a training reproducible, for people. */
export function describeTraining(choice: TrainingChoice, custom: CustomData | null): string {
  const { rank, steps, rate, seed } = choice;
  const examples = choice.data === 'own' && custom ? custom.examples.length : choice.examples;
  return `${describeData(choice, custom)}, ${examples} examples, rank ${rank}, ${steps} steps, rate ${rate}, seed ${seed}`;
}

/** Steps at which to measure: densely while skill and persona develop, and at the end. */
export function measuredSteps(steps: number): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < steps; at += at < 20 ? 5 : at < 60 ? 10 : at < 200 ? 20 : 50)
    found.push(at);
  return [...found, steps];
}
