// Two orders of the same numbers: earlier versions stored a packed edit's readout R as [d_model, n_layers * 5],
// before each layer's part became a separate input, [n_layers, d_model, 5]. Both have the same length, so the
// content decides: column 1 of every edited layer is a unit direction.

import { EDIT_WIDTH, type PackedEdit } from '../core/edit';

const TOLERANCE = 1e-3;

/** Whether column 1 of R [n_layers, d_model, 5] has length 1 at every edited layer. */
function readsUnits({ read, bias }: PackedEdit): boolean {
  const nLayers = bias.length / EDIT_WIDTH;
  const size = read.length / nLayers;
  for (let layer = 0; layer < nLayers; layer++) {
    // The last bias of a layer enables steering, and is 1 wherever the layer is edited.
    const edited = bias[layer * EDIT_WIDTH + EDIT_WIDTH - 1] === 1;
    let squares = 0;
    for (let at = layer * size + 1; at < (layer + 1) * size; at += EDIT_WIDTH) {
      squares += read[at]! ** 2;
    }
    if (Math.abs(squares - (edited ? 1 : 0)) > TOLERANCE) return false;
  }
  return true;
}

/** Converts R [d_model, n_layers * 5] to [n_layers, d_model, 5]. */
function layersApart(read: Float32Array, nLayers: number): Float32Array<ArrayBuffer> {
  const columns = nLayers * EDIT_WIDTH;
  const dModel = read.length / columns;
  const apart = new Float32Array(read.length);
  for (let layer = 0; layer < nLayers; layer++) {
    for (let i = 0; i < dModel; i++) {
      const from = i * columns + layer * EDIT_WIDTH;
      apart.set(read.subarray(from, from + EDIT_WIDTH), (layer * dModel + i) * EDIT_WIDTH);
    }
  }
  return apart;
}

/** Whether the three parts agree: b is [n_layers, 5], and R and W have n_layers * 5 * d_model numbers. */
export function isPackedEdit({ read, bias, write }: PackedEdit): boolean {
  return (
    bias.length > 0 &&
    bias.length % EDIT_WIDTH === 0 &&
    read.length > 0 &&
    read.length % bias.length === 0 &&
    write.length === read.length
  );
}

/**
 * Converts an edit that may have the older order to the current one.
 * @throws RangeError where it has neither
 */
export function inLayerOrder(edit: PackedEdit): PackedEdit {
  if (!isPackedEdit(edit)) throw new RangeError('The parts of the edit do not fit one another.');
  if (readsUnits(edit)) return edit;
  const apart = { ...edit, read: layersApart(edit.read, edit.bias.length / EDIT_WIDTH) };
  if (!readsUnits(apart)) {
    throw new RangeError('The edit is in no order of numbers that this version knows.');
  }
  return apart;
}
