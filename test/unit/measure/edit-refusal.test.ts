// What is said of a direction that was extracted here; of files see imported-direction.test.ts.

import { expect, test } from 'vitest';
import type { EditSettings } from '../../../src/core/edit';
import { tensor, zeros } from '../../../src/core/tensor';
import { editRefusal, engineRefusal, secondRefusal } from '../../../src/measure/edit-refusal';

/** A direction of two layers; the second has length 0. */
const extracted = {
  vectors: tensor(new Float32Array([1, 0, 0, 0]), [2, 2]),
  alignedMean: zeros([2, 2]),
  capThreshold: new Float32Array(2),
};

const steering = (more: Partial<EditSettings>): EditSettings => ({
  mode: 'steer',
  strength: 1,
  layers: [true, true],
  source: { kind: 'own' },
  positions: 'all',
  ...more,
});

test('a layer without a vector is named, and no file that was never imported', () => {
  expect(editRefusal(steering({}), extracted)).toBeNull();
  const source = { kind: 'layer', layer: 1 } as const;
  expect(editRefusal(steering({ source }), extracted)).toBe(
    "This direction has no vector at layer 1. Choose another layer's.",
  );
  expect(editRefusal(steering({ layers: [false, true] }), extracted)).toBe(
    'This direction has no vector at the chosen layers; it has 0.',
  );
});

test('of an imported one the file is named', () => {
  const imported = { ...extracted, imported: 'd.gguf' };
  expect(editRefusal(steering({ layers: [false, true] }), imported)).toBe(
    'The imported file has no vector at the chosen layers; it has 0.',
  );
});

test('an engine refuses the kinds of edit and the positions that it names, and no others', () => {
  const cannot = { cut: 'no cuts', 'steer-answer': 'no answers' };
  expect(engineRefusal(cannot, steering({ mode: 'cap' }))).toBe('no cuts');
  expect(engineRefusal(cannot, steering({ mode: 'ablate-zero', positions: 'answer' }))).toBe(
    'no cuts',
  );
  expect(engineRefusal(cannot, steering({ positions: 'answer' }))).toBe('no answers');
  expect(engineRefusal(cannot, steering({ positions: 'header' }))).toBeNull();
  expect(engineRefusal(cannot, steering({ mode: 'off', positions: 'answer' }))).toBeNull();
  expect(engineRefusal({ steer: 'no vectors' }, steering({}))).toBe('no vectors');
  expect(engineRefusal(undefined, steering({ mode: 'cap' }))).toBeNull();
});

test('a second direction must be there, another one, and of the same model', () => {
  const first = { id: 'a', vectors: zeros([2, 2]) };
  expect(secondRefusal(first, { id: 'b', vectors: zeros([2, 2]) })).toBeNull();
  expect(secondRefusal(first, null)).toMatch(/no longer saved/);
  expect(secondRefusal(first, { ...first })).toMatch(/the same one/);
  expect(secondRefusal(first, { id: 'b', vectors: zeros([3, 4]) })).toBe(
    'The second direction has 3 layers of width 4, the first 2 of width 2. Choose two of the same model.',
  );
});
