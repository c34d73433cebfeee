// Reading transcripts: the mean residual over the answer's content tokens, or the residual at the
// assistant header, after every block (`blocks.l.hook_resid_post`). Pooling happens inside the graph,
// so only [n_layers, d_model] numbers a transcript leave it. Transcripts of similar length share a batch.

import type { ModelConfig } from '../../src/checkpoint/config';
import { DecoderBatch } from '../runtime/batch';
import { tokenBytes } from '../runtime/kv-cache';
import { LiveEdit } from '../runtime/live-edit';
import { ModelError, throwIfCancelled, type Signal } from '../runtime';
import type { DecoderSession } from '../runtime/session';

export interface Reading {
  readonly ids: readonly number[];
  /** Positions [start, end) whose residuals are averaged. */
  readonly start: number;
  readonly end: number;
}

/** Most padded tokens of a batch: more would not be faster. */
const BATCH_TOKENS = 2048;
/** Most of the keys and values of a batch. */
const CACHE_BYTES = 64 << 20;

/**
 * @returns pooled residuals [n_transcripts, n_layers, d_model], row-major.
 * @throws ModelError `bad-input` for an empty or over-long transcript, `cancelled`.
 */
export async function capture(
  model: DecoderSession,
  readings: readonly Reading[],
  onProgress: (done: number) => void = () => {},
  signal?: Signal,
): Promise<Float32Array<ArrayBuffer>> {
  const { config, runtime } = model;
  readings.forEach((reading, i) => check(reading, i, config.maxPositions));
  const size = config.nLayers * config.dModel;
  const pooled = new Float32Array(readings.length * size);
  const unedited = new LiveEdit(config, null, 'all');
  let done = 0;
  for (const group of batches(readings, mostTokens(config))) {
    throwIfCancelled(signal);
    const prompts = group.map((i) => readings[i]!.ids);
    const length = Math.max(...prompts.map((ids) => ids.length));
    const weights = new Float32Array(group.length * length);
    group.forEach((i, row) => {
      const { start, end } = readings[i]!;
      weights.fill(1 / (end - start), row * length + start, row * length + end);
    });
    const options = { capacity: length, projections: false };
    const batch = new DecoderBatch(model, unedited, prompts, options);
    try {
      const data = await batch.pool(prompts, weights);
      group.forEach((i, row) => {
        pooled.set(data.subarray(row * size, (row + 1) * size), i * size);
      });
    } finally {
      batch.release();
    }
    done += group.length;
    onProgress(done);
    await runtime.breathe();
  }
  return pooled;
}

/** Padded tokens that a model of this shape reads at once, its keys and values being kept meanwhile. */
export function mostTokens(config: ModelConfig): number {
  return Math.min(BATCH_TOKENS, CACHE_BYTES / tokenBytes(config));
}

/** Indices in groups of similar length and at most `most` padded tokens. */
export function batches(
  readings: readonly { readonly ids: readonly number[] }[],
  most = BATCH_TOKENS,
): number[][] {
  const order = readings
    .map((_, i) => i)
    .sort((a, b) => readings[a]!.ids.length - readings[b]!.ids.length);
  const out: number[][] = [];
  for (const i of order) {
    const last = out.at(-1);
    const padded = ((last?.length ?? 0) + 1) * readings[i]!.ids.length;
    if (last && padded <= most) last.push(i);
    else out.push([i]);
  }
  return out;
}

function check({ ids, start, end }: Reading, index: number, maxPositions: number): void {
  const name = `Transcript ${index + 1}`;
  if (ids.length > maxPositions) {
    throw new ModelError(
      'bad-input',
      `${name} is ${ids.length} tokens long and this model reads at most ${maxPositions}. Shorten it.`,
    );
  }
  if (!(start >= 0 && start < end && end <= ids.length)) {
    throw new ModelError(
      'bad-input',
      `${name} has no answer to read. Give each an answer with text.`,
    );
  }
}
