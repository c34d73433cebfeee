import { describe, expect, test } from 'vitest';
import {
  patchDifference,
  patchEffects,
  patchRuns,
  randomPatches,
  strongestCell,
} from '../../../../src/core/instruments/patching';
import { norm } from '../../../../src/core/projection';
import { createRng } from '../../../../src/core/rng';
import { rowOf, tensor } from '../../../../src/core/tensor';

describe('effects of patching', () => {
  test('are 0 where nothing changed, 1 where all of the other model came, signed beyond', () => {
    const patched = tensor(Float32Array.of(-4, -1, 2, -5.5), [2, 2]);
    expect([...patchEffects(patched, -4, 2).data]).toEqual([0, 0.5, 1, -0.25]);
    // The other sense: from 2 to -4.
    expect([...patchEffects(patched, 2, -4).data]).toEqual([1, 0.5, 0, 1.25]);
  });

  test('are no numbers where the models do not differ', () => {
    const patched = tensor(Float32Array.of(1, 2), [1, 2]);
    expect([...patchEffects(patched, 1, 1).data]).toEqual([NaN, NaN]);
  });
});

test('the strongest cell is that of the largest size, and none where there are no numbers', () => {
  const effects = tensor(Float32Array.of(0.1, NaN, -0.5, 0.25), [2, 2]);
  expect(strongestCell(effects)).toEqual({ layer: 1, position: 0, effect: -0.5 });
  expect(strongestCell(tensor(Float32Array.of(NaN), [1, 1]))).toBeNull();
});

describe('what is put in', () => {
  const a = tensor(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [2, 2, 2]);
  const b = tensor(Float32Array.of(1, 1, 1, 1, 1, 1, 1, 1), [2, 2, 2]);

  test('is the difference of the residuals, and of equal shapes only', () => {
    expect([...patchDifference(a, b).data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(() => patchDifference(a, tensor(new Float32Array(4), [1, 2, 2]))).toThrow(RangeError);
  });

  test('as a control is as long in every cell, of another direction, and the same by the same seed', () => {
    const real = patchDifference(a, b);
    const random = randomPatches(createRng(3), real);
    expect(randomPatches(createRng(3), real)).toEqual(random);
    expect(randomPatches(createRng(4), real)).not.toEqual(random);
    for (let position = 0; position < 2; position++) {
      for (let layer = 0; layer < 2; layer++) {
        const cell = (of: typeof real) => rowOf(rowOf(of, position), layer).data;
        expect(norm(cell(random))).toBeCloseTo(norm(cell(real)), 5);
      }
    }
  });
});

describe('runs of cells', () => {
  test.each([
    [8, 17, 5, 40],
    [8, 17, 5, 7],
    [3, 4, 5, 1],
    [1, 11, 2, 100],
  ])(
    '%i layers x %i tokens, %i a layer, at most %i rows: every cell that reaches an answer once, within both limits',
    (nLayers, positions, columns, most) => {
      const runs = patchRuns(nLayers, positions, columns, most);
      const cells = runs.flat().map(({ layer, position }) => layer * positions + position);
      // After the last layer only the header does.
      const reaching = [...Array(nLayers * positions).keys()].filter(
        (cell) => cell < (nLayers - 1) * positions || cell === nLayers * positions - 1,
      );
      expect([...cells].sort((x, y) => x - y)).toEqual(reaching);
      for (const run of runs) {
        expect(run.length).toBeLessThanOrEqual(most);
        for (let layer = 0; layer < nLayers; layer++) {
          expect(run.filter((cell) => cell.layer === layer).length).toBeLessThanOrEqual(columns);
        }
      }
    },
  );

  test('without room are refused', () => {
    expect(() => patchRuns(2, 2, 0, 4)).toThrow(RangeError);
    expect(() => patchRuns(2, 2, 5, 0)).toThrow(RangeError);
  });
});
