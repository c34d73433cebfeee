// What a packed edit does, read out of it: for engines that can do a part of it only.

import { EDIT_WIDTH, type PackedEdit } from './edit';

const rowOfWrite = (
  { write, bias }: PackedEdit,
  layer: number,
  column: number,
): { readonly row: Float32Array; readonly bias: number } => {
  const nLayers = bias.length / EDIT_WIDTH;
  const dModel = write.length / bias.length;
  if (!(layer < nLayers)) throw new RangeError(`The edit has ${nLayers} layers, not ${layer + 1}.`);
  const at = layer * EDIT_WIDTH + column;
  return { row: write.subarray(at * dModel, (at + 1) * dModel), bias: bias[at]! };
};

/** Whether the last column reads nothing, so that it is added as it is: a second ablated direction reads. */
const isConstant = ({ read, bias }: PackedEdit, layer: number): boolean => {
  const dModel = read.length / bias.length;
  for (let i = 0; i < dModel; i++) {
    if (read[(layer * dModel + i) * EDIT_WIDTH + EDIT_WIDTH - 1] !== 0) return false;
  }
  return true;
};

const isSome = (row: Float32Array): boolean => row.some((x) => x !== 0);

/** The vectors that are added, by layer, each [d_model]; layers without one are left out. */
export function addedVectors(edit: PackedEdit): ReadonlyMap<number, Float32Array> {
  const out = new Map<number, Float32Array>();
  for (let layer = 0; layer < edit.bias.length / EDIT_WIDTH; layer++) {
    const { row, bias } = rowOfWrite(edit, layer, EDIT_WIDTH - 1);
    if (bias > 0 && isSome(row) && isConstant(edit, layer))
      out.set(layer, bias === 1 ? row : row.map((x) => x * bias));
  }
  return out;
}

/** Whether something is removed along a direction anywhere: ablation or a cap. */
export function removesAny(edit: PackedEdit): boolean {
  for (let layer = 0; layer < edit.bias.length / EDIT_WIDTH; layer++) {
    for (let column = 1; column < EDIT_WIDTH; column++) {
      if (column === EDIT_WIDTH - 1 && isConstant(edit, layer)) continue;
      if (isSome(rowOfWrite(edit, layer, column).row)) return true;
    }
  }
  return false;
}
