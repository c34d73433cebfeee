import { describe, expect, test } from 'vitest';
import {
  applyEdit,
  EDIT_MODES,
  editFromSettings,
  EDIT_WIDTH,
  emptyEdit,
  packEdit,
  randomControl,
  type EditDirection,
  type LayerEdit,
  type PackedEdit,
} from '../../../src/core/edit';
import { projectionGains, tokenProjection } from '../../../src/core/edited-projection';
import { dot, unitRows } from '../../../src/core/projection';
import { createRng } from '../../../src/core/rng';
import { rowOf, tensor, type Tensor } from '../../../src/core/tensor';

const [LAYERS, WIDTH] = [3, 8];

function randomMatrix(seed: number, scale = 1): Tensor {
  const rng = createRng(seed);
  const data = Float32Array.from({ length: LAYERS * WIDTH }, () => scale * rng.normal());
  return tensor(data, [LAYERS, WIDTH]);
}

const DIRECTION: EditDirection = {
  vectors: randomMatrix(1, 2),
  alignedMean: randomMatrix(2),
  capThreshold: Float32Array.of(0.5, -2, -0.5),
};
const READOUT = unitRows(DIRECTION.vectors);
const SETTINGS = {
  strength: 0.7,
  layers: [true, true, true],
  source: { kind: 'own' },
  positions: 'all',
} as const;

/** h R before the bias, as the graph reports it for one position [n_layers, 5]. */
function readouts(residuals: Tensor, { read }: PackedEdit): Float32Array {
  return Float32Array.from({ length: LAYERS * EDIT_WIDTH }, (_, j) => {
    const layer = Math.floor(j / EDIT_WIDTH);
    const h = rowOf(residuals, layer).data;
    const first = layer * WIDTH * EDIT_WIDTH + (j % EDIT_WIDTH);
    return h.reduce((sum, x, i) => sum + x * read[first + i * EDIT_WIDTH]!, 0);
  });
}

function read(packed: PackedEdit, residuals: Tensor, isEdited = true) {
  return tokenProjection(
    readouts(residuals, packed),
    packed.bias,
    projectionGains(packed),
    isEdited,
  );
}

describe('the projection after the edit', () => {
  const edits: [string, (LayerEdit | null)[]][] = EDIT_MODES.flatMap((mode) => [
    [mode, editFromSettings({ ...SETTINGS, mode }, DIRECTION)],
    [
      `${mode} along one layer's direction at two layers`,
      editFromSettings(
        {
          ...SETTINGS,
          mode,
          layers: [true, false, true],
          source: { kind: 'layer', layer: 2 },
        },
        DIRECTION,
      ),
    ],
    [
      `${mode} along random directions`,
      editFromSettings({ ...SETTINGS, mode }, randomControl(createRng(9), DIRECTION)),
    ],
  ]);

  test.each(edits)('is that of the residual the edit makes: %s', (_, layers) => {
    const packed = packEdit(layers, READOUT, WIDTH);
    for (let seed = 10; seed < 30; seed++) {
      const residuals = randomMatrix(seed, 3);
      const { before, after } = read(packed, residuals);
      layers.forEach((edit, layer) => {
        const h = rowOf(residuals, layer).data;
        const unit = rowOf(READOUT, layer).data;
        expect(before[layer]).toBeCloseTo(dot(h, unit), 4);
        expect(after[layer]).toBeCloseTo(dot(applyEdit(h, edit), unit), 4);
      });
    }
  });

  test('is that before it where the position is not edited, or nothing is', () => {
    const residuals = randomMatrix(4, 3);
    const edit = packEdit(
      editFromSettings({ ...SETTINGS, mode: 'ablate-zero' }, DIRECTION),
      READOUT,
      WIDTH,
    );
    const elsewhere = read(edit, residuals, false);
    expect(elsewhere.after).toEqual(elsewhere.before);
    const nothing = read(emptyEdit(LAYERS, WIDTH, READOUT), residuals);
    expect(nothing.after).toEqual(nothing.before);
    expect(Math.max(...nothing.before.map(Math.abs))).toBeGreaterThan(0.5);
  });

  test('is the aligned mean’s where all of the direction is ablated to it', () => {
    const edit = packEdit(
      editFromSettings({ ...SETTINGS, mode: 'ablate-mean', strength: 1 }, DIRECTION),
      READOUT,
      WIDTH,
    );
    read(edit, randomMatrix(5, 3)).after.forEach((c, layer) => {
      const mean = dot(rowOf(DIRECTION.alignedMean, layer).data, rowOf(READOUT, layer).data);
      expect(c).toBeCloseTo(mean, 4);
    });
  });
});
