// Reading transcripts: the mean residual over the answer's content tokens, or the residual at the
// assistant header, after every block (`blocks.l.hook_resid_post`). Pooling happens inside the graph,
// so only [n_layers, d_model] numbers a transcript leave it. Transcripts of similar length share a batch.

import { prefillFeeds } from '../src/onnx/decoder-feeds';
import { StepInputs } from './inputs';
import { ModelError, throwIfCancelled, type Signal } from './runtime';
import type { DecoderSession } from './session';

export interface Reading {
  readonly ids: readonly number[];
  /** Positions [start, end) whose residuals are averaged. */
  readonly start: number;
  readonly end: number;
}

/** Most padded tokens of a batch: bounds memory, and more would not be faster. */
const BATCH_TOKENS = 2048;

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
  const { nLayers, dModel } = config;
  readings.forEach((reading, i) => check(reading, i, config.maxPositions));
  const pooled = new Float32Array(readings.length * nLayers * dModel);
  const inputs = new StepInputs(runtime);
  let done = 0;
  try {
    for (const batch of batches(readings)) {
      throwIfCancelled(signal);
      const feeds = prefillFeeds(batch.map((i) => readings[i]!.ids));
      const length = feeds.input_ids.dims[1]!;
      const weights = new Float32Array(batch.length * length);
      batch.forEach((i, row) => {
        const { start, end } = readings[i]!;
        weights.fill(1 / (end - start), row * length + start, row * length + end);
      });
      const outputs = await model.run(
        {
          input_ids: inputs.tensor('input_ids', feeds.input_ids.data, feeds.input_ids.dims),
          seqlens_k: inputs.tensor('seqlens_k', feeds.seqlens_k.data, feeds.seqlens_k.dims),
          total: inputs.host(feeds.total.data, feeds.total.dims),
          pool_weights: inputs.tensor('pool_weights', weights, [batch.length, length]),
        },
        { pooled: null },
      );
      const data = outputs.pooled!.data as Float32Array;
      for (let layer = 0; layer < nLayers; layer++) {
        batch.forEach((i, row) => {
          const from = (layer * batch.length + row) * dModel;
          pooled.set(data.subarray(from, from + dModel), (i * nLayers + layer) * dModel);
        });
      }
      done += batch.length;
      onProgress(done);
      await runtime.breathe();
    }
  } finally {
    inputs.release();
  }
  return pooled;
}

/** Indices in groups of similar length and at most BATCH_TOKENS padded tokens. */
export function batches(readings: readonly { readonly ids: readonly number[] }[]): number[][] {
  const order = readings
    .map((_, i) => i)
    .sort((a, b) => readings[a]!.ids.length - readings[b]!.ids.length);
  const out: number[][] = [];
  for (const i of order) {
    const last = out.at(-1);
    const padded = ((last?.length ?? 0) + 1) * readings[i]!.ids.length;
    if (last && padded <= BATCH_TOKENS) last.push(i);
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
