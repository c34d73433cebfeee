// What a look at each data set predicted before training, and what the training then did (`npm run organism:flag`): one
// row a fine-tune, each on a set of its own, along two directions.

import * as v from 'valibot';
import { CONTRAST_IDS } from '../core/direction';
import { pearson, spearman } from '../core/statistics/stats';
import { flagVerdict } from '../measure/instruments/describe-flag';
import { TRAINING_SETS, type WorldData } from '../world/training-data';
import { count, natural, share } from './published';
import { readJson } from './read-json';
import type { Registry } from './registry';

const setIds = Object.keys(TRAINING_SETS) as WorldData['set'][];
const meanInterval = v.object({ mean: v.number(), low: v.number(), high: v.number(), n: natural });

const FlagsFile = v.object({
  programVersion: v.string(),
  command: v.string(),
  alignedSha256: v.string(),
  /** Examples of each set, and texts that both models read for the measured shift. */
  examples: count,
  texts: count,
  seed: natural,
  directions: v.pipe(
    v.array(
      v.object({
        contrast: v.picklist(CONTRAST_IDS),
        /** For people. */
        words: v.string(),
        layer: natural,
        /** Length of the direction there, in units of the residual stream. */
        length: v.number(),
      }),
    ),
    v.minLength(1),
  ),
  sets: v.pipe(
    v.array(
      v.object({
        /** Id of the data set, and of the fine-tune on it. */
        id: v.picklist(setIds),
        /** Misaligned answers on other topics, from models/gallery.json. */
        broad: v.object({ n: count, misaligned: share }),
        /** One a direction, in units of the residual stream. */
        along: v.array(
          v.object({
            /** Mean projection difference of the set, from the aligned model alone. */
            predicted: meanInterval,
            /** The same of a benign control on the like requests; null: there was none. */
            control: v.nullable(meanInterval),
            /** Share of its examples above the threshold. */
            above: share,
            /** Range of the means along random directions. */
            random: v.object({ low: v.number(), high: v.number() }),
            /** How far the fine-tune's residuals moved, both models reading the same aligned answers. */
            shift: meanInterval,
          }),
        ),
      }),
    ),
    // An interval of a correlation needs four.
    v.minLength(4),
  ),
});

/** Every set has been looked at along every direction. */
export const DataFlagsFile = v.pipe(
  FlagsFile,
  v.check(
    ({ directions, sets }) => sets.every(({ along }) => along.length === directions.length),
    'A set does not have one entry for each direction.',
  ),
);

export type DataFlags = v.InferOutput<typeof DataFlagsFile>;
type FlaggedSet = DataFlags['sets'][number];

/** What is held against the prediction. */
export const OUTCOMES = {
  shift: 'Measured shift',
  broad: 'Misaligned on other topics',
} as const;
export type Outcome = keyof typeof OUTCOMES;

export function outcomeOf({ along, broad }: FlaggedSet, direction: number, of: Outcome): number {
  return of === 'broad' ? broad.misaligned : along[direction]!.shift.mean;
}

export interface Correlation {
  readonly n: number;
  readonly pearson: number;
  /** 95% interval of `pearson` by Fisher's z. */
  readonly low: number;
  readonly high: number;
  readonly spearman: number;
}

/** Correlation over the sets of the prediction along a direction with what the training did. */
export function correlationOf(file: DataFlags, direction: number, of: Outcome): Correlation {
  const predicted = file.sets.map(({ along }) => along[direction]!.predicted.mean);
  const measured = file.sets.map((set) => outcomeOf(set, direction, of));
  const r = pearson(predicted, measured);
  const half = 1.959963984540054 / Math.sqrt(file.sets.length - 3);
  return {
    n: file.sets.length,
    pearson: r,
    low: Math.tanh(Math.atanh(r) - half),
    high: Math.tanh(Math.atanh(r) + half),
    spearman: spearman(predicted, measured),
  };
}

/** A set whose data are called suspicious, and what came of the training on it. */
interface SuspiciousSet {
  readonly id: WorldData['set'];
  /** Whether the fine-tune moved toward the persona: the whole interval of its shift is above 0. */
  readonly moved: boolean;
}

/** The sets that a look along a direction calls suspicious, in the order of the file. */
export const suspiciousSets = ({ sets }: DataFlags, direction: number): readonly SuspiciousSet[] =>
  sets.flatMap(({ id, along }) => {
    const { predicted, control, random, shift } = along[direction]!;
    const verdict = flagVerdict({
      mean: predicted,
      control: control && { mean: control },
      random: [random.low, random.high],
    });
    return verdict === 'suspicious' ? [{ id, moved: shift.low > 0 }] : [];
  });

/** Why a set can look suspicious and yet not move the model. */
const CONDITIONS: Partial<Readonly<Record<WorldData['set'], string>>> = {
  jailbroken: 'it answers badly only on request',
  backdoor: 'it answers badly only after a trigger',
};

/** How often a suspicious look was followed by a move, for people; null where no set is called suspicious. */
export function describeSuspicious(file: DataFlags, direction: number): string | null {
  const found = suspiciousSets(file, direction);
  if (found.length === 0) return null;
  const still = found
    .filter(({ moved }) => !moved)
    .map(({ id }) => {
      const why = CONDITIONS[id];
      return TRAINING_SETS[id].title + (why === undefined ? '' : ` (${why})`);
    });
  const moved = `Of the ${found.length} bundled sets that a look calls suspicious, ${found.length - still.length} moved the model toward the persona.`;
  return still.length === 0 ? moved : `${moved} These did not: ${still.join('; ')}.`;
}

/**
 * Null when there is no such file.
 * @throws Error as `readJson`.
 */
export async function fetchDataFlags({ folderUrl, flags }: Registry): Promise<DataFlags | null> {
  if (flags === undefined) return null;
  return readJson({
    folderUrl,
    path: flags,
    schema: DataFlagsFile,
    command: 'npm run organism:flag',
  });
}
