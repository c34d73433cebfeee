// What a packed edit is seen to do, for every mode.

import { describe, expect, test } from 'vitest';
import { EDIT_MODES, editFromSettings, emptyEdit, packEdit } from '../../../src/core/edit';
import { addedVectors, removesAny } from '../../../src/core/edit-parts';
import { tensor } from '../../../src/core/tensor';

const N_LAYERS = 3;
const D_MODEL = 4;
const vectors = tensor(
  Float32Array.from({ length: N_LAYERS * D_MODEL }, (_, i) => i + 1),
  [N_LAYERS, D_MODEL],
);
const direction = { vectors, alignedMean: vectors, capThreshold: new Float32Array(N_LAYERS) };
const packed = (mode: (typeof EDIT_MODES)[number], strength: number) =>
  packEdit(
    editFromSettings(
      {
        mode,
        strength,
        layers: [false, true, true],
        source: { kind: 'own' },
        positions: 'all',
      },
      direction,
    ),
    null,
    D_MODEL,
  );

describe('the parts of an edit', () => {
  test.each([
    ['off', [], false],
    ['ablate-zero', [], true],
    ['ablate-mean', [], true],
    ['cap', [], true],
    ['steer', [1, 2], false],
  ] as const)('of the mode %s are what it does', (mode, layers, removes) => {
    const edit = packed(mode, 2);
    expect([...addedVectors(edit).keys()]).toEqual(layers);
    expect(removesAny(edit)).toBe(removes);
  });

  test('of every mode are named here', () => {
    expect(EDIT_MODES).toHaveLength(5);
  });

  test('are the steering vectors, in multiples of the raw direction', () => {
    expect(addedVectors(packed('steer', 2.5)).get(1)).toEqual(Float32Array.of(12.5, 15, 17.5, 20));
  });

  test('are none at strength 0, and in an edit that only reads', () => {
    expect(addedVectors(packed('steer', 0)).size).toBe(0);
    expect(removesAny(packed('ablate-zero', 0))).toBe(false);
    const reads = emptyEdit(N_LAYERS, D_MODEL, vectors);
    expect([addedVectors(reads).size, removesAny(reads)]).toEqual([0, false]);
  });
});
