import { expect, test } from 'vitest';
import type { EditSettings } from '../../../src/core/edit';
import { notInWeights } from '../../../src/measure/weight-edit';

const EXACT: EditSettings = {
  mode: 'ablate-zero',
  strength: 1,
  layers: [true, true, true],
  source: { kind: 'layer', layer: 1 },
  positions: 'all',
};

test("one layer's direction, ablated to zero everywhere, is what weights can hold", () => {
  expect(notInWeights(EXACT, null)).toEqual([]);
});

test.each([
  [{ mode: 'steer' }, /adds a vector/],
  [{ mode: 'cap' }, /threshold/],
  [{ mode: 'ablate-mean' }, /aligned mean/],
  [{ mode: 'off' }, /nothing/],
  [{ source: { kind: 'own' } }, /own direction/],
  [{ strength: 0.5 }, /50%/],
  [{ layers: [true, false, true] }, /some layers/],
  [{ positions: 'answer' }, /some positions/],
] as const)('%o is named', (change, reason) => {
  const reasons = notInWeights({ ...EXACT, ...change }, null);
  expect(reasons).toHaveLength(1);
  expect(reasons[0]).toMatch(reason);
});

test('the random control is named too', () => {
  expect(notInWeights(EXACT, 3)).toEqual(['it is the random control']);
});
