// One token of an answer under the microscope: what else the model might have written there, and what each layer would
// have written, by the logit lens (nostalgebraist 2020): softmax(W_U norm_f(h_l)) of the residual after block l. The
// head itself computes the lens: at the last block the residual of block l is put in the place of its own, so that any
// precision and any device reads its own weights.

import { EDIT_WIDTH, emptyEdit, isEdited, type PackedEdit } from '../../src/core/edit';
import { dot } from '../../src/core/projection';
import { rowOf } from '../../src/core/tensor';
import { readTokens, type TokenReadout } from '../../src/core/instruments/token-readout';
import { DecoderBatch } from '../runtime/batch';
import { LiveEdit } from '../runtime/live-edit';
import { ModelError, throwIfCancelled, type Signal } from '../runtime';
import type { DecoderSession } from '../runtime/session';
import type { EditPositions } from '../api';
import { residualsOf } from './residuals';

export interface TokenJob {
  /** Everything before the token: the prompt, and the answer so far. */
  readonly before: readonly number[];
  /** Position of the last token of the prompt. */
  readonly header: number;
  /** The token that was written. */
  readonly id: number;
  readonly edit: PackedEdit | null;
  readonly positions: EditPositions;
  /** Tokens shown of each distribution. */
  readonly k: number;
}

export interface TokenReading {
  /** By layer; the last is the distribution that the model writes from. */
  readonly layers: readonly TokenReadout[];
  /** Projection on the readout of the edit after each block, the edit included [n_layers]; zeros without an edit. */
  readonly projections: Float32Array;
}

/** @throws ModelError `bad-input` for too long a text, `cancelled`. */
export async function readToken(
  model: DecoderSession,
  { before, header, id, edit, positions, k }: TokenJob,
  signal?: Signal,
): Promise<TokenReading> {
  const { config } = model;
  const { nLayers, dModel } = config;
  const last = before.length - 1;
  if (last < 1) {
    throw new ModelError('bad-input', 'The first token of a text has nothing before it to read.');
  }
  const live = new LiveEdit(config, edit, positions);
  const all = await residualsOf(model, live, before, header);
  const residuals = rowOf(all, last);
  const projections = Float32Array.from({ length: nLayers }, (_, layer) =>
    edit ? dot(rowOf(residuals, layer).data, readoutOf(edit, layer, dModel)) : 0,
  );
  const edited = edit !== null && isEdited(positions, last, header) === 1;
  const batch = new DecoderBatch(model, live, [before.slice(0, -1)], {
    capacity: before.length + 1,
    projections: false,
    headers: [header],
  });
  const layers: TokenReadout[] = [];
  try {
    await batch.prefill([before.slice(0, -1)]);
    const final = rowOf(residuals, nLayers - 1).data;
    for (let layer = 0; layer < nLayers; layer++) {
      throwIfCancelled(signal);
      const difference = rowOf(residuals, layer).data.map((x, i) => x - final[i]!);
      const base = edited ? edit : emptyEdit(nLayers, dModel);
      live.set(withAddition(base, nLayers - 1, difference), edited ? positions : 'all');
      const { logits } = await batch.tryToken([before[last]!]);
      layers.push(readTokens(logits, id, k));
    }
  } finally {
    batch.release();
  }
  return { layers, projections };
}

/** The direction [d_model] that the edit reads a layer along. */
function readoutOf({ read }: PackedEdit, layer: number, dModel: number): Float32Array {
  const first = layer * dModel * EDIT_WIDTH;
  return Float32Array.from({ length: dModel }, (_, i) => read[first + i * EDIT_WIDTH]!);
}

/** The same edit, which adds one more vector [d_model] after a block: in the column that steers. */
function withAddition(edit: PackedEdit, layer: number, added: Float32Array): PackedEdit {
  const column = layer * EDIT_WIDTH + EDIT_WIDTH - 1;
  const bias = edit.bias.slice();
  bias[column] = 1;
  const write = edit.write.slice();
  for (let i = 0; i < added.length; i++) write[column * added.length + i]! += added[i]!;
  return { ...edit, bias, write };
}
