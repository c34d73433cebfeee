// Log-probability of given answers: each transcript is read once, with logits only at the positions
// that predict the answer's tokens (the header token first, the last content token for the end marker).

import { logSoftmax } from '../../src/core/sampling';
import { DecoderBatch } from '../runtime/batch';
import { batches, mostTokens } from './capture';
import type { LiveEdit } from '../runtime/live-edit';
import { ModelError, throwIfCancelled, type Signal } from '../runtime';
import type { DecoderSession } from '../runtime/session';

export interface Scored {
  /** The transcript up to and including the end marker. */
  readonly ids: readonly number[];
  /** Position of the first token that is scored, at least 1; all after it are scored too. */
  readonly start: number;
}

/**
 * @returns the sum of log p(token | before) in nats, and the number of tokens in it, a transcript each.
 * @throws ModelError `bad-input` for an over-long or empty answer, `cancelled`.
 */
export async function score(
  model: DecoderSession,
  transcripts: readonly Scored[],
  edit: LiveEdit,
  onProgress: (done: number) => void = () => {},
  signal?: Signal,
): Promise<{ logProbNats: Float64Array<ArrayBuffer>; tokens: Int32Array<ArrayBuffer> }> {
  const { config, runtime } = model;
  transcripts.forEach(({ ids, start }, i) => {
    if (ids.length > config.maxPositions || start < 1 || start >= ids.length) {
      throw new ModelError(
        'bad-input',
        `Transcript ${i + 1} cannot be scored: it needs an answer, and at most ` +
          `${config.maxPositions} tokens (it has ${ids.length}).`,
      );
    }
  });
  const logProbNats = new Float64Array(transcripts.length);
  const tokens = Int32Array.from(transcripts, ({ ids, start }) => ids.length - start);
  let done = 0;
  for (const group of batches(transcripts, mostTokens(config))) {
    throwIfCancelled(signal);
    const rows = group.map((i) => transcripts[i]!);
    const prompts = rows.map(({ ids }) => ids);
    const length = Math.max(...prompts.map((ids) => ids.length));
    const batch = new DecoderBatch(model, edit, prompts, {
      capacity: length,
      projections: false,
      headers: rows.map(({ start }) => start - 1),
    });
    try {
      const sums = await answerLogProbs(batch, rows, config.dVocab);
      group.forEach((i, row) => (logProbNats[i] = sums[row]!));
    } finally {
      batch.release();
    }
    done += group.length;
    onProgress(done);
    await runtime.breathe();
  }
  return { logProbNats, tokens };
}

/**
 * Reads the rows of a new batch.
 * @returns the sum of log p(token | before) of each row's scored tokens, nats.
 */
export async function answerLogProbs(
  batch: DecoderBatch,
  rows: readonly Scored[],
  dVocab: number,
): Promise<Float64Array<ArrayBuffer>> {
  const length = Math.max(...rows.map(({ ids }) => ids.length));
  const wanted = rows.flatMap(({ ids, start }, row) =>
    Array.from({ length: ids.length - start }, (_, k) => row * length + start - 1 + k),
  );
  const prompts = rows.map(({ ids }) => ids);
  const { logits } = await batch.prefill(prompts, Int32Array.from(wanted));
  let at = 0;
  return Float64Array.from(rows, ({ ids, start }) => {
    let sum = 0;
    for (const id of ids.slice(start)) {
      sum += logSoftmax(logits.subarray(at * dVocab, ++at * dVocab))[id]!;
    }
    return sum;
  });
}
