// Two directions removed at once, against h' = h - s Q Q^T (h - m) in plain float64 loops, Q by Gram-Schmidt.

import { describe, expect, test } from 'vitest';
import { orthonormal, sumOf } from '../../../src/core/direction-parts';
import {
  applyEdit,
  type EditDirection,
  editFromSettings,
  type EditSettings,
  EDIT_WIDTH,
  packEdit,
  randomControl,
} from '../../../src/core/edit';
import { addedVectors, removesAny } from '../../../src/core/edit-parts';
import { projectionGains, tokenProjection } from '../../../src/core/edited-projection';
import { dot, norm, unitRows } from '../../../src/core/projection';
import { createRng } from '../../../src/core/rng';
import { rowOf, tensor, type Tensor } from '../../../src/core/tensor';

const [LAYERS, D] = [3, 10];
const rng = createRng(21);
const random = (): Tensor =>
  tensor(
    Float32Array.from({ length: LAYERS * D }, () => rng.normal()),
    [LAYERS, D],
  );
const [a, b, alignedMean] = [random(), random(), random()];
const H = rowOf(random(), 1).data.map((x) => 3 * x);
const capThreshold = new Float32Array(LAYERS);
const alone: EditDirection = { vectors: a, alignedMean, capThreshold };
const both: EditDirection = { ...alone, also: b };
const SETTINGS: EditSettings = {
  mode: 'ablate-mean',
  strength: 1,
  layers: [true, true, true],
  source: { kind: 'own' },
  positions: 'all',
};
const editsOf = (more: Partial<EditSettings> = {}, direction = both) =>
  editFromSettings({ ...SETTINGS, ...more }, direction);

/** h - s Q Q^T (h - m) of one layer, in float64. */
function plainRemoval(h: ArrayLike<number>, layer: number, strength: number, toMean: boolean) {
  const of = ({ data }: Tensor) => Array.from(data.subarray(layer * D, (layer + 1) * D));
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const unit = (x: readonly number[]) => x.map((value) => value / Math.sqrt(product(x, x)));
  const u = unit(of(a));
  const along = product(of(b), u);
  const q = unit(of(b).map((x, i) => x - along * u[i]!));
  const m = of(alignedMean).map((x) => (toMean ? x : 0));
  const from = Array.from(h, (x, i) => x - m[i]!);
  return Array.from(
    h,
    (x, i) => x - strength * (product(from, u) * u[i]! + product(from, q) * q[i]!),
  );
}

describe('a plane that is removed', () => {
  test.each([
    ['ablate-zero', 1],
    ['ablate-mean', 1],
    ['ablate-mean', 0.4],
  ] as const)('%s at strength %f is what a float64 loop gives', (mode, strength) => {
    editsOf({ mode, strength }).forEach((edit, layer) => {
      const expected = plainRemoval(H, layer, strength, mode === 'ablate-mean');
      applyEdit(H, edit).forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 5));
    });
  });

  test('has nothing left along either direction', () => {
    editsOf({ mode: 'ablate-zero' }).forEach((edit, layer) => {
      const left = applyEdit(H, edit);
      for (const one of [a, b]) {
        expect(Math.abs(dot(left, rowOf(unitRows(one), layer).data))).toBeLessThan(1e-5);
      }
    });
  });

  test('removed twice is removed once', () => {
    for (const edit of editsOf()) {
      const once = applyEdit(H, edit);
      applyEdit(once, edit).forEach((x, i) => expect(x).toBeCloseTo(once[i]!, 5));
    }
  });

  test('does not depend on the order of the two', () => {
    const swapped = editsOf({ strength: 0.7 }, { ...both, vectors: b, also: a });
    editsOf({ strength: 0.7 }).forEach((edit, layer) => {
      const other = applyEdit(H, swapped[layer]!);
      applyEdit(H, edit).forEach((x, i) => expect(x).toBeCloseTo(other[i]!, 5));
    });
  });

  test('is a line where both directions are one', () => {
    const twice = { ...both, also: { ...a, data: a.data.map((x) => -5 * x) } };
    expect(editsOf({}, twice)).toEqual(editsOf({}, alone));
  });

  test('takes the second direction alone at a layer where the first is zero', () => {
    const vectors = { ...a, data: a.data.map((x, i) => (i < D ? 0 : x)) };
    const [edit] = editsOf({ mode: 'ablate-zero' }, { ...both, vectors });
    expect(edit!.unit).toEqual(orthonormal([rowOf(b, 0).data])[0]);
    expect(edit!.also).toBeUndefined();
  });

  test.each(['steer', 'cap', 'off'] as const)('is no part of the mode %s', (mode) => {
    expect(editsOf({ mode })).toEqual(editsOf({ mode }, alone));
  });

  test('has a random plane of equal lengths as its control', () => {
    const control = randomControl(createRng(4), both);
    for (const [one, drawn] of [
      [a, control.vectors],
      [b, control.also!],
    ] as const) {
      for (let layer = 0; layer < LAYERS; layer++) {
        expect(norm(rowOf(drawn, layer).data)).toBeCloseTo(norm(rowOf(one, layer).data), 4);
      }
    }
    expect(control.also!.data).not.toEqual(control.vectors.data);
  });
});

describe('its packed form', () => {
  const packed = packEdit(editsOf({ strength: 0.6 }), unitRows(a), D);

  test('is the same edit, as the graph computes it', () => {
    for (let layer = 0; layer < LAYERS; layer++) {
      const out = Float64Array.from(H);
      for (let j = 0; j < EDIT_WIDTH; j++) {
        let measured = packed.bias[layer * EDIT_WIDTH + j]!;
        for (let i = 0; i < D; i++) {
          measured += H[i]! * packed.read[(layer * D + i) * EDIT_WIDTH + j]!;
        }
        for (let i = 0; i < D; i++) {
          out[i]! += Math.max(0, measured) * packed.write[(layer * EDIT_WIDTH + j) * D + i]!;
        }
      }
      const expected = plainRemoval(H, layer, 0.6, true);
      out.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 5));
    }
  });

  test('tells the projection that it leaves', () => {
    const readouts = new Float32Array(LAYERS * EDIT_WIDTH);
    for (let layer = 0; layer < LAYERS; layer++) {
      for (let j = 0; j < EDIT_WIDTH; j++) {
        for (let i = 0; i < D; i++) {
          readouts[layer * EDIT_WIDTH + j]! +=
            H[i]! * packed.read[(layer * D + i) * EDIT_WIDTH + j]!;
        }
      }
    }
    const { after } = tokenProjection(readouts, packed.bias, projectionGains(packed), true);
    after.forEach((value, layer) => {
      const left = plainRemoval(H, layer, 0.6, true);
      expect(value).toBeCloseTo(dot(left, rowOf(unitRows(a), layer).data), 4);
    });
  });

  test('is seen to remove and not to add, for engines that can add only', () => {
    expect(addedVectors(packed).size).toBe(0);
    expect(removesAny(packed)).toBe(true);
  });

  test('cannot steer or cap as well', () => {
    const [edit] = editsOf();
    expect(() => packEdit([{ ...edit!, steer: H }], null, D)).toThrow('removes two directions');
  });
});

describe('vectors made orthonormal', () => {
  test('have length 1, are at right angles, and span what they did', () => {
    const rows = [a, b, alignedMean].map((one) => rowOf(one, 2).data);
    const basis = orthonormal(rows);
    expect(basis).toHaveLength(3);
    basis.forEach((u, i) =>
      basis.forEach((v, j) => expect(dot(u, v)).toBeCloseTo(i === j ? 1 : 0, 6)),
    );
    for (const row of rows) {
      const left = row.map((x, i) => x - basis.reduce((sum, u) => sum + dot(row, u) * u[i]!, 0));
      expect(norm(left)).toBeLessThan(1e-5);
    }
  });

  test('leave out what is zero, and what the ones before it span', () => {
    const [u, v] = [rowOf(a, 0).data, rowOf(b, 0).data];
    const sum = u.map((x, i) => 2 * x - 3 * v[i]!);
    expect(orthonormal([new Float32Array(D), u, v, sum])).toEqual(orthonormal([u, v]));
    expect(orthonormal([])).toEqual([]);
  });
});

test('the sum of two directions is a + times b', () => {
  const sum = sumOf(a, b, -1.5);
  sum.data.forEach((x, i) => expect(x).toBeCloseTo(a.data[i]! - 1.5 * b.data[i]!, 6));
  expect(() => sumOf(a, tensor(new Float32Array(4), [2, 2]), 1)).toThrow(RangeError);
});
