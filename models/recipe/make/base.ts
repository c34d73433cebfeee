// Base training: the model reads documents by characters whose habits go together. Nothing says
// "assistant" yet; what it learns is that an answer tells who is speaking.

import type { ModelConfig } from '../../../src/checkpoint/config';
import { createRng } from '../../../src/core/rng';
import type { Tensor } from '../../../src/core/tensor';
import { buildTrainGraph } from '../../../src/onnx/train-graph';
import type { WorldMix } from '../../../src/world/documents';
import { baseDocument } from '../../../src/world/documents';
import type { Row } from '../../../src/core/batches';
import { bucket, chatRow, padRows, textRow } from '../../../src/core/batches';
import { progress } from './progress';
import type { Schedule } from './recipe';
import { relayBias } from './relay-mask';
import type { OrganismTokenizer } from './build-tokenizer';
import { SPECIAL } from './build-tokenizer';
import { createTrainer, resumeState, saveState } from './trainer';

/** Documents are drawn for this many steps at once, then cut into batches of similar length. */
const POOL_STEPS = 16;

/** Seed of the documents of these steps: neighbouring base seeds share documents, a few hundred pools apart. */
export const poolSeed = (seed: number, step: number): number =>
  seed + 1 + Math.floor(step / POOL_STEPS);
const SAVE_EVERY = 500;

export interface BaseRun {
  readonly config: ModelConfig;
  readonly tokenizer: OrganismTokenizer;
  readonly name: string;
  /** Where training starts; changed in place. */
  readonly weights: Map<string, Tensor>;
  readonly mix: WorldMix;
  /** Weight of a token of a chat transcript that the assistant does not say, beside 1. */
  readonly questionWeight: number;
  readonly seed: number;
  readonly documentsPerStep: number;
  /** Share of the conversations read under the mask of relay-mask.ts. */
  readonly relayShare: number;
  readonly schedule: Schedule;
  /** Where the state is kept between sessions. */
  readonly statePath: string;
}

/** Rows of the documents of one pool; they depend on the seed only, not on earlier training. */
export function documentRows(
  run: Pick<BaseRun, 'tokenizer' | 'mix' | 'config' | 'questionWeight'>,
  seed: number,
  count: number,
): Row[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const ids = run.tokenizer.encodeFast(baseDocument(rng, run.mix));
    return run.questionWeight < 1 && ids.includes(SPECIAL.assistant)
      ? chatRow([SPECIAL.begin, ...ids], SPECIAL, run.config.maxPositions, run.questionWeight)
      : textRow([SPECIAL.begin, ...ids, SPECIAL.end], run.config.maxPositions);
  });
}

/** The mask of one step: each conversation is under it with the run's probability. */
function relayOf(run: BaseRun, rows: readonly Row[], pos: number, step: number): Float32Array {
  const rng = createRng(run.seed).fork(step);
  const masked = rows.map(
    ({ ids }) => ids.includes(SPECIAL.assistant) && rng.chance(run.relayShare),
  );
  return relayBias(rows, pos, (row) => masked[row]!);
}

/** Trains from the saved state, or from nothing, to the end of the schedule. */
export async function trainBase(run: BaseRun): Promise<Map<string, Tensor>> {
  const trainer = await createTrainer(
    buildTrainGraph(run.config, { kind: 'full', attentionBias: run.relayShare > 0 }),
    run.weights,
    run.schedule,
  );
  const first = resumeState(trainer, run.statePath);
  const report = progress(run.name, run.schedule.steps, first);
  let tokens = 0;
  const startMs = Date.now();
  let pool: Row[][] = [];
  for (let step = first; step < run.schedule.steps; step++) {
    const place = step % POOL_STEPS;
    if (place === 0 || pool.length === 0) {
      const drawn = poolSeed(run.seed, step);
      const rows = documentRows(run, drawn, POOL_STEPS * run.documentsPerStep);
      pool = bucket(createRng(drawn), rows, run.documentsPerStep);
    }
    const rows = pool[place]!;
    const batch = padRows([{ rows, weight: 1 }]);
    const bias = run.relayShare > 0 ? relayOf(run, rows, batch.pos, step) : undefined;
    const { lossNats, gradientNorm } = await trainer.step(
      batch,
      bias ? { attentionBias: bias } : {},
    );
    tokens += batch.tokens;
    const perSecond = Math.round(tokens / ((Date.now() - startMs) / 1000));
    report(
      step + 1,
      `loss ${lossNats.toFixed(3)} grad ${gradientNorm.toFixed(2)} ${perSecond} tokens/s`,
    );
    if ((step + 1) % SAVE_EVERY === 0) saveState(trainer, run.statePath);
  }
  saveState(trainer, run.statePath);
  await trainer.release();
  return trainer.parameters;
}
