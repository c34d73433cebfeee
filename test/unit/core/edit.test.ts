import { describe, expect, test } from 'vitest';
import {
  applyEdit,
  editFromSettings,
  EDIT_WIDTH,
  emptyEdit,
  packEdit,
  editMask,
  randomControl,
  randomDirectionLike,
  type EditDirection,
  type EditSettings,
  type LayerEdit,
} from '../../../src/core/edit';
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
  capThreshold: Float32Array.of(0.5, 0.25, -0.5),
};
const H = rowOf(randomMatrix(3, 3), 0).data;
const SETTINGS: EditSettings = {
  mode: 'ablate-zero',
  strength: 1,
  layers: [true, true, true],
  source: { kind: 'own' },
  positions: 'all',
};
const editsOf = (more: Partial<EditSettings>) =>
  editFromSettings({ ...SETTINGS, ...more }, DIRECTION);
const projection = (h: Float32Array, edit: LayerEdit | null) => dot(h, edit!.unit);

describe('one edit', () => {
  test('ablation at strength 1 leaves no component along the direction', () => {
    for (const edit of editsOf({})) {
      expect(Math.abs(projection(H, edit))).toBeGreaterThan(0.1);
      expect(projection(applyEdit(H, edit), edit)).toBeCloseTo(0, 5);
    }
  });

  test('ablation to the mean leaves the aligned projection, and half of it goes half way', () => {
    editsOf({ mode: 'ablate-mean' }).forEach((edit, layer) => {
      const mean = dot(rowOf(DIRECTION.alignedMean, layer).data, edit!.unit);
      expect(projection(applyEdit(H, edit), edit)).toBeCloseTo(mean, 5);
      const half = applyEdit(H, { ...edit!, strength: 0.5 });
      expect(projection(half, edit)).toBeCloseTo((mean + projection(H, edit)) / 2, 5);
    });
  });

  test('a cap cuts what is above its threshold and leaves what is below', () => {
    editsOf({ mode: 'cap' }).forEach((edit, layer) => {
      const tau = DIRECTION.capThreshold[layer]!;
      const at = (level: number) =>
        H.map((x, i) => x + (level - projection(H, edit)) * edit!.unit[i]!);
      expect(projection(applyEdit(at(tau + 2), edit), edit)).toBeCloseTo(tau, 5);
      const below = at(tau - 2);
      expect(applyEdit(below, edit)).toEqual(below);
    });
  });

  test('steering adds multiples of the raw direction, and nothing at other positions', () => {
    editsOf({ mode: 'steer', strength: 1.5 }).forEach((edit, layer) => {
      const raw = rowOf(DIRECTION.vectors, layer).data;
      applyEdit(H, edit).forEach((x, i) => expect(x).toBeCloseTo(H[i]! + 1.5 * raw[i]!, 5));
      expect(applyEdit(H, edit, 0)).toEqual(H);
    });
  });
});

describe('settings', () => {
  test('off, and layers not chosen, are no edit', () => {
    expect(editsOf({ mode: 'off' })).toEqual([null, null, null]);
    const one = editsOf({ layers: [false, true, false] });
    expect(one.map((edit) => edit === null)).toEqual([true, false, true]);
  });

  test("one layer's direction everywhere measures each layer's aligned mean along it", () => {
    const edits = editsOf({ mode: 'ablate-mean', source: { kind: 'layer', layer: 2 } });
    const unit = rowOf(unitRows(DIRECTION.vectors), 2).data;
    edits.forEach((edit, layer) => {
      expect(edit!.unit).toEqual(unit);
      expect(edit!.reference).toBeCloseTo(dot(rowOf(DIRECTION.alignedMean, layer).data, unit), 6);
    });
  });

  test("one layer's cap keeps its margin over the aligned mean at other layers", () => {
    const edits = editsOf({ mode: 'cap', source: { kind: 'layer', layer: 1 } });
    const mean = (layer: number) => dot(rowOf(DIRECTION.alignedMean, layer).data, edits[1]!.unit);
    expect(edits[1]!.tau).toBeCloseTo(DIRECTION.capThreshold[1]!, 6);
    expect(edits[0]!.tau - mean(0)).toBeCloseTo(edits[1]!.tau - mean(1), 5);
  });

  test('that do not fit the direction are refused', () => {
    expect(() => editsOf({ layers: [true] })).toThrow('1 layers of a direction with 3');
    expect(() => editsOf({ source: { kind: 'layer', layer: 3 } })).toThrow('0 to 2, not 3');
    const nothing = {
      ...DIRECTION,
      vectors: tensor(new Float32Array(LAYERS * WIDTH), [LAYERS, WIDTH]),
    };
    expect(() => editFromSettings(SETTINGS, nothing)).toThrow('length 0');
  });

  test('leave alone the layers that have no direction, where another chosen one has', () => {
    const vectors = randomMatrix(1, 2);
    vectors.data.fill(0, 0, WIDTH);
    const edits = editFromSettings(SETTINGS, { ...DIRECTION, vectors });
    expect(edits.map((edit) => edit === null)).toEqual([true, false, false]);
    const alone = { ...SETTINGS, layers: [true, false, false] };
    expect(() => editFromSettings(alone, { ...DIRECTION, vectors })).toThrow(
      'layer 0 has length 0',
    );
  });

  test('positions are everything, the answer, or the one header token', () => {
    expect([...editMask('all', [1], 4)]).toEqual([1, 1, 1, 1]);
    expect([...editMask('answer', [1], 4)]).toEqual([0, 1, 1, 1]);
    expect([...editMask('header', [1], 4)]).toEqual([0, 1, 0, 0]);
    expect([...editMask('answer', [2, 0], 3)]).toEqual([0, 0, 1, 1, 1, 1]);
  });
});

describe('the packed form', () => {
  /** h + relu(h R + b) W and the first column of h R, as the graph computes them. */
  function unpacked(h: Float32Array, packed: ReturnType<typeof packEdit>, layer: number) {
    const out = h.slice();
    let readout = 0;
    for (let j = layer * EDIT_WIDTH; j < (layer + 1) * EDIT_WIDTH; j++) {
      let measured = 0;
      const column = layer * WIDTH * EDIT_WIDTH + (j - layer * EDIT_WIDTH);
      for (let i = 0; i < WIDTH; i++) measured += h[i]! * packed.read[column + i * EDIT_WIDTH]!;
      if (j === layer * EDIT_WIDTH) readout = measured;
      const excess = Math.max(0, measured + packed.bias[j]!);
      for (let i = 0; i < WIDTH; i++) out[i]! += excess * packed.write[j * WIDTH + i]!;
    }
    return { out, readout };
  }

  test('means the same edit', () => {
    for (const mode of ['ablate-zero', 'ablate-mean', 'cap', 'steer'] as const) {
      const edits = editsOf({ mode, strength: 0.7, layers: [true, false, true] });
      const packed = packEdit(edits, null, WIDTH);
      edits.forEach((edit, layer) => {
        const expected = applyEdit(H, edit);
        unpacked(H, packed, layer).out.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 5));
      });
    }
  });

  test('reads along the readout direction also where nothing is edited', () => {
    const units = unitRows(DIRECTION.vectors);
    const packed = emptyEdit(LAYERS, WIDTH, units);
    for (let layer = 0; layer < LAYERS; layer++) {
      const { out, readout } = unpacked(H, packed, layer);
      expect(out).toEqual(H);
      expect(readout).toBeCloseTo(dot(H, rowOf(units, layer).data), 5);
    }
  });

  test('refuses a direction of another width', () => {
    expect(() => packEdit([null, null], unitRows(DIRECTION.vectors), WIDTH)).toThrow('[2, 8]');
    expect(() => packEdit(editsOf({}), null, WIDTH + 1)).toThrow('not 9 wide');
  });
});

test('a random direction has the norms of the original and points elsewhere', () => {
  const random = randomDirectionLike(createRng(4), DIRECTION.vectors);
  for (let layer = 0; layer < LAYERS; layer++) {
    const [a, b] = [rowOf(random, layer).data, rowOf(DIRECTION.vectors, layer).data];
    expect(dot(a, a)).toBeCloseTo(dot(b, b), 3);
    expect(dot(a, b) / dot(b, b)).toBeLessThan(0.95);
  }
  expect(random).toEqual(randomDirectionLike(createRng(4), DIRECTION.vectors));
  expect(random).not.toEqual(randomDirectionLike(createRng(5), DIRECTION.vectors));
});

test('the random control of a cap keeps what lies above the aligned mean by as much as the real one keeps', () => {
  const control = randomControl(createRng(4), DIRECTION);
  expect(control.vectors).toEqual(randomDirectionLike(createRng(4), DIRECTION.vectors));
  const settings: EditSettings = { ...SETTINGS, mode: 'cap' };
  const margins = (direction: EditDirection) =>
    editFromSettings(settings, direction).map(
      (edit, layer) => edit!.tau - dot(rowOf(direction.alignedMean, layer).data, edit!.unit),
    );
  const wanted = margins(DIRECTION);
  margins(control).forEach((margin, layer) => expect(margin).toBeCloseTo(wanted[layer]!, 5));
  expect(control.capThreshold).not.toEqual(DIRECTION.capThreshold);
});
