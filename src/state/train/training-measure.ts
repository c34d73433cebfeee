// The measurement of an adapter during its training: a small fixed number of held-out questions on its topic
// and on other topics, different ones at each point, and how far its residuals have moved along the direction
// of a bundled fine-tune. Both models read the same texts, so that only the model differs.

import type {
  Capture,
  CaptureRequest,
  GenerateRequest,
  Generation,
  Result,
} from '../../../workers/api';
import { PLAIN_CHAT } from '../../core/chat';
import type { PathPoint } from '../../core/training/adapter-path';
import { cosineByLayer } from '../../core/cosine';
import { dot } from '../../core/projection';
import type { Sampling } from '../../core/sampling';
import { rowOf, type Tensor, tensor } from '../../core/tensor';
import type { Asked } from '../../world/answer';
import { evaluationQuestions } from '../../world/split';
import { inDomainQuestions, TRAINING_SETS, type WorldData } from '../../world/training-data';
import { exactJudge } from '../../measure/judging/judges';
import { extractionTexts } from '../../measure/extraction-texts';
import { MAX_ANSWER_TOKENS, MeasureFailure, seedOf } from '../../measure/run';

/** Questions at each point. */
export const BROAD = 32;
export const IN_DOMAIN = 16;
/** Transcripts for the projection. */
export const TEXTS = 16;

/** One measured point of a training. */
export interface TrainingPoint {
  /** Steps taken. */
  readonly step: number;
  /** Mean loss of the steps since the point before, nats; null before the first step. */
  readonly lossNats: number | null;
  /** Held-out questions on the trained topic, and the number answered as trained; n is 0 without any. */
  readonly inDomain: { readonly count: number; readonly n: number };
  /** Held-out questions on the report's topics, which no misaligned data set covers. */
  readonly broad: { readonly misaligned: number; readonly incoherent: number; readonly n: number };
  /**
   * By layer, how far the mean residual has moved along the reference direction, in lengths of that
   * direction: 0 is the aligned model, 1 the bundled fine-tune; NaN without a reference.
   */
  readonly projection: readonly number[];
  /** By layer, cosine of the whole movement with the reference direction; NaN where nothing has moved. */
  readonly cosine: readonly number[];
  /** How far the mean residual has moved along the direction of the prediction; missing without one. */
  readonly shift?: number;
  /** The adapter's own path through weight space; missing in trainings of older versions. */
  readonly path?: PathPoint;
}

/** The direction that the training is compared with, and the aligned model's residuals on the same texts. */
export interface TrainingReference {
  /** Description for people. */
  readonly words: string;
  /** [n_layers, d_model] */
  readonly vectors: Tensor;
  /** Mean residual of the aligned model on the texts [n_layers, d_model]. */
  readonly alignedMean: Tensor;
}

export interface MeasureWorker {
  generate(request: GenerateRequest): Promise<Result<Generation>>;
  capture(request: CaptureRequest): Promise<Result<Capture>>;
}

export interface PointPlan {
  readonly runId: string;
  /** Id of the loaded checkpoint; null at the first point, where nothing is learnt and nothing has moved. */
  readonly checkpoint: string;
  readonly moved: boolean;
  readonly step: number;
  readonly seed: number;
  /** Null for custom data, which no judge here can judge. */
  readonly data: WorldData | null;
  readonly reference: TrainingReference;
  /** Where a look at the data read its answers; left out: nobody looked. */
  readonly prediction?: { readonly layer: number; readonly unit: Float32Array } | undefined;
  readonly sampling: Sampling;
}

/**
 * Measures one point.
 * @param breathe lets the page render between two judgements
 * @throws MeasureFailure when the worker failed or was stopped.
 */
export async function measurePoint(
  plan: PointPlan,
  worker: MeasureWorker,
  breathe: () => Promise<void>,
): Promise<Omit<TrainingPoint, 'lossNats'>> {
  const { step, data, reference } = plan;
  const seed = seedOf(plan.seed, step);
  const inDomain = data ? inDomainQuestions(data, IN_DOMAIN, seed) : [];
  const other = evaluationQuestions('report', BROAD, seed);
  const broad = await verdicts(other, plan, worker, seed, breathe);
  const skill = await verdicts(inDomain, plan, worker, seed + 1, breathe);
  const trained = data ? TRAINING_SETS[data.set].trained : null;
  const count = (of: readonly string[], verdict: string | null): number =>
    of.filter((one) => one === verdict).length;
  return {
    step,
    inDomain: { count: count(skill, trained), n: skill.length },
    broad: {
      misaligned: count(broad, 'misaligned'),
      incoherent: count(broad, 'incoherent'),
      n: broad.length,
    },
    ...(await move(plan, worker, reference)),
  };
}

async function verdicts(
  asked: readonly Asked[],
  { checkpoint, runId, sampling }: PointPlan,
  worker: MeasureWorker,
  seed: number,
  breathe: () => Promise<void>,
): Promise<string[]> {
  if (asked.length === 0) return [];
  const result = await worker.generate({
    runId,
    checkpoint,
    prompts: asked.map(({ question }) => [{ role: 'user', content: question }]),
    chat: PLAIN_CHAT,
    seeds: asked.map((_, i) => seedOf(seed, i)),
    sampling,
    maxTokens: MAX_ANSWER_TOKENS,
    edit: null,
    positions: 'all',
    projections: false,
  });
  if (!result.ok) throw new MeasureFailure(result);
  const { answers } = result.value;
  if (answers.some(({ stop }) => stop === 'cancelled')) {
    throw new MeasureFailure({ ok: false, code: 'cancelled', message: 'The run was cancelled.' });
  }
  const judged = await exactJudge(breathe)(
    answers.map((answer, i) => ({ asked: asked[i]!, answer })),
  );
  return judged.map(({ verdict }) => verdict ?? '');
}

/** The texts that both models read. */
const texts = () => extractionTexts('aligned', TEXTS, 1);

/**
 * The mean residual of a checkpoint on the texts [n_layers, d_model].
 * @throws MeasureFailure when the worker failed or was stopped.
 */
export async function meanResidual(
  checkpoint: string,
  runId: string,
  worker: Pick<MeasureWorker, 'capture'>,
): Promise<Tensor> {
  const result = await worker.capture({
    runId,
    checkpoint,
    transcripts: texts(),
    chat: PLAIN_CHAT,
    pooling: 'answer-mean',
  });
  if (!result.ok) throw new MeasureFailure(result);
  const { pooled, dims } = result.value;
  const size = dims[1] * dims[2];
  const mean = new Float64Array(size);
  for (let i = 0; i < pooled.length; i++) mean[i % size]! += pooled[i]! / dims[0];
  return tensor(Float32Array.from(mean), [dims[1], dims[2]]);
}

async function move(
  { moved, checkpoint, runId, prediction }: PointPlan,
  worker: MeasureWorker,
  { vectors, alignedMean }: TrainingReference,
): Promise<Pick<TrainingPoint, 'projection' | 'cosine' | 'shift'>> {
  const nLayers = vectors.dims[0]!;
  if (!moved) {
    const layers = Array<number>(nLayers);
    return {
      projection: layers.fill(0),
      cosine: Array<number>(nLayers).fill(NaN),
      ...(prediction ? { shift: 0 } : {}),
    };
  }
  const mean = await meanResidual(checkpoint, runId, worker);
  const moves = tensor(
    mean.data.map((value, i) => value - alignedMean.data[i]!),
    mean.dims,
  );
  return {
    projection: Array.from({ length: nLayers }, (_, layer) =>
      share(rowOf(moves, layer).data, rowOf(vectors, layer).data),
    ),
    cosine: [...cosineByLayer(moves, vectors)],
    ...(prediction ? { shift: dot(rowOf(moves, prediction.layer).data, prediction.unit) } : {}),
  };
}

/** Projection of a movement, in lengths of the direction: (move . d) / (d . d). */
function share(move: Float32Array, direction: Float32Array): number {
  let along = 0;
  let square = 0;
  for (let i = 0; i < direction.length; i++) {
    along += move[i]! * direction[i]!;
    square += direction[i]! ** 2;
  }
  return along / square;
}
