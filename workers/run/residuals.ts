// The residuals of one text after every block, at every position; an edit that takes part is in them.

import { tensor, type Tensor } from '../../src/core/tensor';
import { DecoderBatch, type EditFeeds } from '../runtime/batch';
import { ModelError } from '../runtime';
import type { DecoderSession } from '../runtime/session';

/** Most numbers that are read back at once. */
const MOST = 64 << 20;

/**
 * @param header position that an edit of the header acts on
 * @returns [positions, n_layers, d_model]
 * @throws ModelError `bad-input` for a text that is empty or too long
 */
export async function residualsOf(
  model: DecoderSession,
  edit: EditFeeds,
  ids: readonly number[],
  header: number,
): Promise<Tensor> {
  const { nLayers, dModel, maxPositions } = model.config;
  const n = ids.length;
  if (n === 0 || n > maxPositions || n * nLayers * dModel > MOST) {
    throw new ModelError(
      'bad-input',
      `The residuals of ${n} tokens can't be read at once. Ask a shorter question.`,
    );
  }
  const batch = new DecoderBatch(model, edit, [ids], {
    capacity: n,
    projections: false,
    headers: [header],
  });
  try {
    const each = new Float32Array(n * n);
    for (let at = 0; at < n; at++) each[at * n + at] = 1;
    // Copied: the next run may write over it.
    const data = Float32Array.from(await batch.pool([ids], each, n));
    return tensor(data, [n, nLayers, dModel]);
  } finally {
    batch.release();
  }
}
