// The projection that an edit leaves. With h' = h + relu(h R + b) W (see `PackedEdit`), the projection of h'
// on the readout direction r, column 0 of R, is h . r + sum over j of relu((h R)_j + b_j) (W_j . r). The graph
// reports h R before the bias, so what the next block reads follows from what the graph reports, whatever
// the mode of the edit, and also where the edit acts along another direction than r, as a random control does.

import { EDIT_WIDTH, type PackedEdit } from './edit';

/** The projection of one position on the readout direction, raw [n_layers]. */
export interface TokenProjection {
  /** What the next block reads: after this layer's edit. */
  readonly after: Float32Array;
  /** What the edit of this layer found. The edits of the layers below it, and of earlier tokens, are in it. */
  readonly before: Float32Array;
}

/** What each column of a packed edit adds to the projection on the readout direction: W_j . r [n_layers, 5]. */
export function projectionGains({ read, bias, write }: PackedEdit): Float64Array<ArrayBuffer> {
  const dModel = read.length / bias.length;
  return Float64Array.from(bias, (_, column) => {
    const first = column - (column % EDIT_WIDTH);
    let gain = 0;
    for (let i = 0; i < dModel; i++) {
      gain += write[column * dModel + i]! * read[first * dModel + i * EDIT_WIDTH]!;
    }
    return gain;
  });
}

/**
 * The projection of one position before and after the edit.
 * @param readouts h R of the position, before the bias [n_layers, 5], as the graph reports it
 * @param bias b of the packed edit [n_layers, 5]
 * @param gains of the same edit: `projectionGains` [n_layers, 5]
 * @param isEdited whether the edit acts on this position
 */
export function tokenProjection(
  readouts: Float32Array,
  bias: Float32Array,
  gains: Float64Array,
  isEdited: boolean,
): TokenProjection {
  const nLayers = readouts.length / EDIT_WIDTH;
  const before = Float32Array.from(
    { length: nLayers },
    (_, layer) => readouts[layer * EDIT_WIDTH]!,
  );
  if (!isEdited) return { before, after: before.slice() };
  const after = before.map((c, layer) => {
    let sum = c;
    for (let j = layer * EDIT_WIDTH; j < (layer + 1) * EDIT_WIDTH; j++) {
      sum += Math.max(0, readouts[j]! + bias[j]!) * gains[j]!;
    }
    return sum;
  });
  return { before, after };
}
