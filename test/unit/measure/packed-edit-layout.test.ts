// A packed edit in the order of numbers of an earlier version is read as it was meant.

import { describe, expect, test } from 'vitest';
import { EDIT_WIDTH, type LayerEdit, packEdit, type PackedEdit } from '../../../src/core/edit';
import { unitRows } from '../../../src/core/projection';
import { createRng } from '../../../src/core/rng';
import { tensor } from '../../../src/core/tensor';
import { inLayerOrder } from '../../../src/measure/packed-edit-layout';

const [N_LAYERS, D_MODEL] = [3, 7];
const rng = createRng(5);
const units = unitRows(
  tensor(
    Float32Array.from({ length: N_LAYERS * D_MODEL }, () => rng.normal()),
    [N_LAYERS, D_MODEL],
  ),
);
const unit = (layer: number): Float32Array =>
  units.data.slice(layer * D_MODEL, (layer + 1) * D_MODEL);
const ablate = (layer: number): LayerEdit => ({
  ...{ unit: unit(layer), steer: null, strength: 1, reference: 0.5, cap: 0 as const, tau: 0 },
});
const EDITS: readonly (readonly [string, readonly (LayerEdit | null)[]])[] = [
  ['every layer', [0, 1, 2].map(ablate)],
  ['one layer', [null, ablate(1), null]],
  ['steering', [{ ...ablate(0), strength: 0, steer: unit(0).map((x) => 3 * x) }, null, null]],
  ['a cap', [null, null, { ...ablate(2), strength: 0, cap: 1, tau: 0.2 }]],
];

/** R as versions before 89a5aea packed it: [d_model, n_layers * 5]. */
function asBefore({ read, ...rest }: PackedEdit): PackedEdit {
  const before = new Float32Array(read.length);
  for (let layer = 0; layer < N_LAYERS; layer++)
    for (let i = 0; i < D_MODEL; i++)
      for (let c = 0; c < EDIT_WIDTH; c++)
        before[i * N_LAYERS * EDIT_WIDTH + layer * EDIT_WIDTH + c] =
          read[(layer * D_MODEL + i) * EDIT_WIDTH + c]!;
  return { ...rest, read: before };
}

describe.each(EDITS)('an edit of %s', (_, layers) => {
  const edit = packEdit(layers, units, D_MODEL);

  test('in the older order comes out as it would be packed now', () => {
    expect(asBefore(edit).read).not.toEqual(edit.read);
    expect(inLayerOrder(asBefore(edit))).toEqual(edit);
  });

  test('in the present order stays as it is', () => {
    expect(inLayerOrder(edit)).toBe(edit);
  });
});

test('numbers in neither order are refused, and so are parts that do not fit', () => {
  const edit = packEdit([0, 1, 2].map(ablate), units, D_MODEL);
  expect(() => inLayerOrder({ ...edit, read: edit.read.map((x) => 2 * x) })).toThrow(/no order/);
  expect(() => inLayerOrder({ ...edit, read: edit.read.slice(1) })).toThrow(/do not fit/);
  expect(() => inLayerOrder({ ...edit, bias: new Float32Array(0) })).toThrow(/do not fit/);
});
