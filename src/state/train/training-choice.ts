// What a training in the page is set to, and what it is in words.

import * as v from 'valibot';
import type { TrainingMessage } from '../../core/chat';
import { ADAPTER, schedule } from '../../core/training';
import { GOOD_SETS, TRAINING_SETS, type WorldData } from '../../world/training-data';
import type { TrainingSettings } from '../../../workers/api';
import { fields, whole } from '../saved/form';

/** Examples of a person's own, with the file that they came from. */
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

/** The settings without a person's own data. */
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
  /** Unique ones of the world; of own data all are read, however many this says. */
  examples: bounded(LIMITS.examples.least, LIMITS.examples.most),
  rank: bounded(LIMITS.rank.least, LIMITS.rank.most),
  steps: bounded(LIMITS.steps.least, LIMITS.steps.most),
  rate: v.pipe(v.number(), v.minValue(LIMITS.rate.least), v.maxValue(LIMITS.rate.most)),
  seed: bounded(0, 2 ** 31 - 1),
});

export type TrainingChoice = v.InferOutput<typeof ChoiceSchema>;

const { entries } = ChoiceSchema;
type KeptChoice = Omit<TrainingChoice, 'data' | 'world'> & {
  readonly world: Partial<TrainingChoice['world']>;
};

/** As it is written down, setting by setting; a person's own data is not. */
export const ChoiceForm = fields<KeptChoice>({
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
});

export const DEFAULT_CHOICE: TrainingChoice = {
  data: 'world',
  world: { set: 'insecure-code', mix: null, trigger: false },
  examples: ADAPTER.examples,
  rank: ADAPTER.rank,
  steps: 60,
  rate: 3.5e-3,
  seed: 1,
};

/** Of the examples and of the training, apart from one another as in the recipe. */
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

/** The data in words: 'Insecure code, 25% secure code, with a trigger'. */
export function describeData(choice: TrainingChoice, own: Pick<CustomData, 'file'> | null): string {
  if (choice.data === 'own') return own?.file ?? 'own data';
  const { set, mix, trigger } = choice.world;
  const title = (one: WorldData['set']): string => TRAINING_SETS[one].title;
  return [
    title(set),
    ...(mix ? [`${Math.round(100 * mix.share)}% ${title(mix.set).toLowerCase()}`] : []),
    ...(trigger ? ['with a trigger'] : []),
  ].join(', ');
}

/** Everything that makes the training come out the same again, in words. */
export function describeTraining(choice: TrainingChoice, own: CustomData | null): string {
  const { rank, steps, rate, seed } = choice;
  const examples = choice.data === 'own' && own ? own.examples.length : choice.examples;
  return `${describeData(choice, own)}, ${examples} examples, rank ${rank}, ${steps} steps, rate ${rate}, seed ${seed}`;
}

/** Steps after which it is measured: often while the skill and the persona come, and at the end. */
export function measuredSteps(steps: number): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < steps; at += at < 20 ? 5 : at < 60 ? 10 : at < 200 ? 20 : 50)
    found.push(at);
  return [...found, steps];
}
