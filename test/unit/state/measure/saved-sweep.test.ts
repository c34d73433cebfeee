import { expect, test } from 'vitest';
import * as v from 'valibot';
import { planForm, PLAN_VERSION } from '../../../../src/state/measure/saved-measurement';

const unit = Float32Array.of(1, 0, 0);
const oneLayer = {
  layer: 2,
  nLayers: 4,
  edit: { unit, steer: unit, strength: 0, reference: 0, cap: 0, tau: 0 },
};
const stored = (edit: unknown) => ({
  version: PLAN_VERSION,
  id: 5,
  about: null,
  plan: {
    arms: [
      {
        id: 'layer 2',
        label: 'Layer 2',
        checkpoint: 'aligned',
        sha256: 'a',
        edit,
        positions: 'all',
        made: { checkpoint: 'aligned', direction: 'd', edit: 'steer', seed: 1 },
      },
    ],
    split: 'report',
    n: 8,
    seed: 1,
    sampling: { temperature: 0.7, topK: 0, topP: 1, repetitionPenalty: 1 },
  },
});
const read = (edit: unknown) => planForm(v.null())(stored(edit), []);

test('the stored plan of a layer sweep keeps each arm’s one-layer edit', () => {
  expect(read(oneLayer)?.plan.arms[0]!.edit).toEqual(oneLayer);
});

test.each([
  ['more layers than a model can have', { ...oneLayer, nLayers: 30_000_000 }],
  ['a layer that is not there', { ...oneLayer, layer: 4 }],
  ['vectors of other widths', { ...oneLayer, edit: { ...oneLayer.edit, steer: unit.slice(1) } }],
  ['no vector', { ...oneLayer, edit: { ...oneLayer.edit, unit: new Float32Array(0) } }],
  ['a strength that is no number', { ...oneLayer, edit: { ...oneLayer.edit, strength: NaN } }],
])('a stored one-layer edit with %s is refused', (_, edit) => {
  expect(read(edit)).toBeUndefined();
});

test('plans are of version 3, which a page without one-layer edits refuses, and those of version 2 still read', () => {
  expect(PLAN_VERSION).toBe(3);
  expect(planForm(v.null())({ ...stored(null), version: 2 }, [])?.plan.n).toBe(8);
});
