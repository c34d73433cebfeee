// The stored form of a training, so that it can resume after a reload: its settings, stored once, and its
// progress, stored at every measured point.

import * as v from 'valibot';
import type { MeanInterval } from '../../core/statistics/bootstrap-mean';
import type { ResidualWrite } from '../../core/training/residual-write';
import type { FolderSource, TrainingState } from '../../../workers/api';
import { LayerVectors } from '../direction/saved-directions';
import { readSaved, writeSaved } from '../saved';
import { whole } from '../saved/form';
import { ChoiceSchema, type CustomData, type TrainingChoice } from './training-choice';
import type { TrainingPoint, TrainingReference } from './training-measure';

/** The adapter that a training starts from. */
export interface TrainingStart {
  readonly title: string;
  readonly adapter: FolderSource;
}

/** What a look at the data predicted before the training. */
export interface Prediction extends MeanInterval {
  /** The direction, for people. */
  readonly words: string;
  readonly layer: number;
  /** Unit vector of the direction at that layer [d_model]. */
  readonly unit: Float32Array;
}

/** Everything that decides how a training goes. */
export interface TrainingRun {
  readonly id: string;
  readonly choice: TrainingChoice;
  readonly own: CustomData | null;
  /** LoRA alpha of the adapter; where it starts from another one, that adapter's alpha. */
  readonly alpha: number;
  /** Null: from a fresh adapter. */
  readonly start: TrainingStart | null;
  /** Description for people. */
  readonly made: string;
  readonly baseSha256: string;
  readonly reference: TrainingReference;
  /** What its cure writes to the residual stream; missing in trainings of older versions. */
  readonly writes?: readonly ResidualWrite[];
  /** Missing where nobody looked at these data before. */
  readonly prediction?: Prediction;
}

export interface TrainingProgress {
  /** Loss of each step, nats. */
  readonly losses: readonly number[];
  readonly points: readonly TrainingPoint[];
  /** Null before the first point. */
  readonly state: TrainingState | null;
  /** The rest was cancelled. */
  readonly dropped: boolean;
  /** The title under which the state was saved as an adapter; null: it is not saved. */
  readonly keptAs: string | null;
}

export const NO_PROGRESS: TrainingProgress = {
  losses: [],
  points: [],
  state: null,
  dropped: false,
  keptAs: null,
};

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const figure = v.union([v.number(), v.nan()]);

const PredictionForm = v.looseObject({
  words: v.string(),
  layer: natural,
  unit: v.instance(Float32Array),
  mean: v.number(),
  low: v.number(),
  high: v.number(),
  n: natural,
});

/** A run without a prediction that does not fit its model: the training goes on, only the comparison is missing. */
function withFittingPrediction({ prediction, ...run }: TrainingRun): TrainingRun {
  const read = v.safeParse(PredictionForm, prediction);
  if (!read.success) return run;
  const { layer, unit } = read.output;
  const [nLayers = 0, dModel = 0] = run.reference.vectors.dims;
  const fits = layer < nLayers && unit.length === dModel && unit.every(Number.isFinite);
  return fits ? { ...run, prediction: read.output } : run;
}

/** Read whole or not at all: without one part the training would go differently. */
const RunForm = whole(
  v.looseObject({
    id: v.string(),
    choice: ChoiceSchema,
    own: v.nullable(
      v.looseObject({
        file: v.string(),
        examples: v.pipe(
          v.array(
            v.array(
              v.looseObject({
                role: v.picklist(['system', 'user', 'assistant']),
                content: v.string(),
                weight: v.exactOptional(v.literal(0)),
              }),
            ),
          ),
          v.minLength(1),
        ),
      }),
    ),
    alpha: v.pipe(v.number(), v.finite()),
    start: v.nullable(
      v.looseObject({
        title: v.string(),
        adapter: v.custom<FolderSource>(
          (value) => typeof value === 'object' && value !== null && 'kind' in value,
        ),
      }),
    ),
    made: v.string(),
    baseSha256: v.string(),
    reference: v.looseObject({
      words: v.string(),
      vectors: LayerVectors,
      alignedMean: LayerVectors,
    }),
    prediction: v.exactOptional(v.unknown()),
    writes: v.exactOptional(
      v.array(
        v.looseObject({
          layer: natural,
          vector: v.instance(Float32Array),
          kind: v.variant('name', [
            v.object({ name: v.literal('add') }),
            v.object({ name: v.literal('remove'), strength: v.number() }),
          ]),
          positions: v.picklist(['all', 'header']),
        }),
      ),
    ),
  }) as unknown as v.GenericSchema<unknown, TrainingRun>,
);
const bytes = v.instance(Uint8Array);
const ProgressForm = whole(
  v.object({
    /** Id of the run that the progress belongs to. */
    id: v.string(),
    progress: v.looseObject({
      losses: v.array(figure),
      points: v.array(
        v.looseObject({
          step: natural,
          lossNats: v.nullable(figure),
          inDomain: v.looseObject({ count: natural, n: natural }),
          broad: v.looseObject({ misaligned: natural, incoherent: natural, n: natural }),
          projection: v.array(figure),
          cosine: v.array(figure),
          shift: v.exactOptional(v.number()),
          path: v.exactOptional(
            v.object({
              normByLayer: v.array(v.number()),
              localCosine: v.nullable(v.number()),
              inner: v.exactOptional(v.array(v.number())),
            }),
          ),
        }),
      ),
      state: v.nullable(
        v.looseObject({
          steps: natural,
          adapter: v.looseObject({ config: v.string(), weights: bytes }),
          moments: v.nullable(bytes),
        }),
      ),
      dropped: v.boolean(),
      keptAs: v.nullable(v.string()),
    }),
  }),
);

export const saveRun = (run: TrainingRun): Promise<boolean> => writeSaved('training-run', run);

export const saveProgress = (id: string, progress: TrainingProgress): Promise<boolean> =>
  writeSaved('training-progress', { id, progress });

/** The training of an earlier visit; its progress ends at its state, from where it can resume. */
export async function readTraining(): Promise<{
  readonly run: TrainingRun;
  readonly progress: TrainingProgress;
} | null> {
  const stored = await readSaved('training-run', RunForm);
  if (!stored) return null;
  const run = withFittingPrediction(stored);
  const saved = await readSaved('training-progress', ProgressForm);
  const progress = saved?.id === run.id ? upToState(saved.progress) : NO_PROGRESS;
  return { run, progress };
}

/** Drops steps and points after the state: they are repeated. */
export function upToState(progress: TrainingProgress): TrainingProgress {
  const steps = progress.state?.steps ?? 0;
  return {
    ...progress,
    losses: progress.losses.slice(0, steps),
    points: progress.points.filter(({ step }) => step <= steps),
  };
}
