import { describe, expect, test } from 'vitest';
import {
  EDIT_WIDTH,
  editFromSettings,
  type EditSettings,
  packEdit,
} from '../../../../src/core/edit';
import { packed } from '../../../../src/core/instruments/one-layer-edit';
import { norm } from '../../../../src/core/projection';
import { createRng } from '../../../../src/core/rng';
import { rowOf, tensor } from '../../../../src/core/tensor';
import type { ArmEdit } from '../../../../src/measure/arms';
import type { TakenDirection } from '../../../../src/measure/extraction';
import {
  sweepArms,
  sweptId,
  sweptLayers,
  UNEDITED,
} from '../../../../src/measure/instruments/layer-sweep';

const [LAYERS, D] = [4, 6];
const rng = createRng(2);
const vectors = tensor(
  Float32Array.from({ length: LAYERS * D }, (_, i) => (i < D ? 0 : rng.normal())),
  [LAYERS, D],
);
const SETTINGS: EditSettings = {
  mode: 'steer',
  strength: 2,
  layers: [true, true, false, true],
  source: { kind: 'own' },
  positions: 'header',
};
const direction: TakenDirection = {
  id: 'a',
  name: 'a',
  contrast: 'checkpoint',
  pooling: 'last-prompt',
  checkpoints: { aligned: { id: 'base', sha256: 'a' }, em: { id: 'tune', sha256: 'b' } },
  counts: {},
  transcripts: 16,
  seed: 1,
  precision: 'f32',
  programVersion: '0',
  vectors,
  alignedMean: vectors,
  capThreshold: new Float32Array(LAYERS),
  perLayer: [],
};
const edit: ArmEdit = { settings: SETTINGS, direction, randomSeed: null };
const base = { id: 'base', sha256: 'a', precision: 'f32' } as const;
const arms = sweepArms(base, edit, 5);

/** The layers where a packed edit writes anything. */
const editedLayers = (write: Float32Array): number[] =>
  Array.from({ length: LAYERS }, (_, layer) => layer).filter((layer) =>
    write
      .subarray(layer * EDIT_WIDTH * D, (layer + 1) * EDIT_WIDTH * D)
      .some((value) => value !== 0),
  );

describe('a sweep over layers', () => {
  test('measures the model as it is, and each layer that has a direction, chosen or not', () => {
    expect(sweptLayers(edit)).toEqual([1, 2, 3]);
    expect(arms.map(({ id }) => id)).toEqual([
      UNEDITED,
      ...[1, 2, 3].flatMap((layer) => [sweptId(layer), sweptId(layer, true)]),
    ]);
    expect(arms[0]!.edit).toBeNull();
  });

  test('edits one layer at a time, as the same edit at that layer alone does', () => {
    for (const layer of [1, 2, 3]) {
      const arm = arms.find(({ id }) => id === sweptId(layer))!;
      const layers = SETTINGS.layers.map((_, one) => one === layer);
      const alone = editFromSettings({ ...SETTINGS, layers }, direction);
      expect(packed(arm.edit)).toEqual(packEdit(alone, null, D));
      expect(editedLayers(packed(arm.edit)!.write)).toEqual([layer]);
      expect(arm.made.edit).toContain(`layer ${layer}`);
    }
  });

  test('has at each layer a random direction as long as the real one', () => {
    for (const layer of [1, 2, 3]) {
      const [real, random] = [sweptId(layer), sweptId(layer, true)].map(
        (id) => packed(arms.find((arm) => arm.id === id)!.edit)!.write,
      );
      expect(editedLayers(random!)).toEqual([layer]);
      expect(norm(random!)).toBeCloseTo(norm(real!), 3);
      expect(norm(real!)).toBeCloseTo(2 * norm(rowOf(vectors, layer).data), 3);
      expect(random).not.toEqual(real);
    }
  });

  test('of a large model holds two vectors an arm, and packs one arm at a time', () => {
    const [nLayers, dModel] = [48, 5120]; // Qwen2.5 14B
    const large = tensor(new Float32Array(nLayers * dModel).fill(1), [nLayers, dModel]);
    const layers = Array.from({ length: nLayers }, () => true);
    const big: TakenDirection = {
      ...direction,
      vectors: large,
      alignedMean: large,
      capThreshold: new Float32Array(nLayers),
    };
    const found = sweepArms(
      base,
      { ...edit, settings: { ...SETTINGS, layers }, direction: big },
      5,
    );
    expect(found).toHaveLength(1 + 2 * nLayers);
    // What a clone for storage or a worker copies: whole buffers, views of them included.
    const held = new Set(
      found.flatMap(({ edit: one }) =>
        one && 'edit' in one
          ? [one.edit.unit.buffer, ...(one.edit.steer ? [one.edit.steer.buffer] : [])]
          : [],
      ),
    );
    const bytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(bytes).toBeLessThan(10e6);
    expect(packed(found[1]!.edit)!.write).toHaveLength(nLayers * EDIT_WIDTH * dModel);
  });

  test("goes through all layers where one layer's direction is used everywhere", () => {
    const source = { kind: 'layer', layer: 2 } as const;
    expect(sweptLayers({ ...edit, settings: { ...SETTINGS, source } })).toEqual([0, 1, 2, 3]);
  });
});
