// Two orders of the same numbers: a packed edit's readout R was written down as [d_model, n_layers * 5] before
// each layer's part became an input of its own, [n_layers, d_model, 5]. Both are equally long, so what tells
// them apart is what they hold: column 1 of every edited layer is a unit direction.

import { EDIT_WIDTH, type PackedEdit } from '../core/edit';

const TOLERANCE = 1e-3;

/** Whether column 1 of R [n_layers, d_model, 5] is of length 1 at every edited layer. */
function readsUnits({ read, bias }: PackedEdit): boolean {
  const nLayers = bias.length / EDIT_WIDTH;
  const size = read.length / nLayers;
  for (let layer = 0; layer < nLayers; layer++) {
    // The last bias of a layer opens what steers, and is 1 wherever the layer is edited.
    const edited = bias[layer * EDIT_WIDTH + EDIT_WIDTH - 1] === 1;
    let squares = 0;
    for (let at = layer * size + 1; at < (layer + 1) * size; at += EDIT_WIDTH) {
      squares += read[at]! ** 2;
    }
    if (Math.abs(squares - (edited ? 1 : 0)) > TOLERANCE) return false;
  }
  return true;
}

/** R [d_model, n_layers * 5] as [n_layers, d_model, 5]. */
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

/** Whether its three parts are of one shape: layers from b [n_layers, 5], R and W as long as d_model of those. */
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
 * An edit that may be in the older order, in the present one.
 * @throws RangeError where it is neither
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
