import { describe, expect, test } from 'vitest';
import {
  EDIT_WIDTH,
  editFromSettings,
  type EditSettings,
  packEdit,
} from '../../../../src/core/edit';
import { norm, unitRows } from '../../../../src/core/projection';
import { createRng } from '../../../../src/core/rng';
import { rowOf, tensor } from '../../../../src/core/tensor';
import type { ArmEdit } from '../../../../src/measure/arms';
import type { TakenDirection } from '../../../../src/measure/extraction';
import {
  sweepArms,
  sweepRefusal,
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
      expect(arm.edit).toEqual(packEdit(alone, unitRows(vectors), D));
      expect(editedLayers(arm.edit!.write)).toEqual([layer]);
      expect(arm.made.edit).toContain(`layer ${layer}`);
    }
  });

  test('has at each layer a random direction as long as the real one', () => {
    for (const layer of [1, 2, 3]) {
      const [real, random] = [sweptId(layer), sweptId(layer, true)].map(
        (id) => arms.find((arm) => arm.id === id)!.edit!.write,
      );
      expect(editedLayers(random!)).toEqual([layer]);
      expect(norm(random!)).toBeCloseTo(norm(real!), 3);
      expect(norm(real!)).toBeCloseTo(2 * norm(rowOf(vectors, layer).data), 3);
      expect(random).not.toEqual(real);
    }
  });

  test('too large for a tab is refused in words, by what its edits take', () => {
    const sized = (nLayers: number, dModel: number): ArmEdit => {
      const large = tensor(new Float32Array(nLayers * dModel), [nLayers, dModel]);
      const layers = Array.from({ length: nLayers }, () => true);
      const settings = { ...SETTINGS, layers, source: { kind: 'layer', layer: 2 } as const };
      return { ...edit, settings, direction: { ...direction, vectors: large } };
    };
    // Layers and widths of Qwen2.5 7B and 14B.
    expect(sweepRefusal(sized(28, 3584))).toBeNull();
    expect(sweepRefusal(sized(48, 5120))).toMatch(/96 edits of all layers would take 944 MB/);
    const held = arms.flatMap(({ edit: one }) => (one ? [one.read, one.write] : []));
    const bytes = held.reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(bytes).toBe(6 * 10 * LAYERS * D * 4);
  });

  test("goes through all layers where one layer's direction is used everywhere", () => {
    const source = { kind: 'layer', layer: 2 } as const;
    expect(sweptLayers({ ...edit, settings: { ...SETTINGS, source } })).toEqual([0, 1, 2, 3]);
  });
});
