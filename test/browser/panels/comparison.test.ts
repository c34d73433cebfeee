// The directions to compare: the same extraction by default; the benign control is separate.

import { expect, test } from 'vitest';
import { tensor } from '../../../src/core/tensor';
import type { SavedDirection } from '../../../src/measure/extraction';
import { createPostern, type Postern } from '../../../src/state/page/postern';

const quality = { norm: 1, relativeNorm: 1, auc: 1, stability: 1 };

function held(emId: string, changed: Partial<SavedDirection> = {}): SavedDirection {
  const dims = [2, 3];
  return {
    id: `${emId}-${changed.contrast ?? ''}${changed.transcripts ?? ''}${changed.seed ?? ''}`,
    name: `${emId}, checkpoint`,
    contrast: 'checkpoint',
    pooling: 'answer-mean',
    checkpoints: { aligned: { id: 'base', sha256: 'b' }, em: { id: emId, sha256: emId } },
    seed: 1,
    precision: 'f32',
    programVersion: '0',
    vectors: tensor(Float32Array.of(1, 0, 0, 0, 1, 0), dims),
    alignedMean: tensor(new Float32Array(6), dims),
    counts: {},
    perLayer: [quality, quality],
    capThreshold: new Float32Array(2),
    transcripts: 64,
    elapsedMs: 0,
    atMs: 0,
    ...changed,
  };
}

function postern(list: readonly SavedDirection[]): Postern {
  const made = createPostern();
  const entry = (id: string, kind: 'em' | 'benign') => ({
    id,
    title: `Title of ${id}`,
    kind,
    path: `${id}/`,
    description: '',
  });
  made.pair.registry = {
    version: 1,
    base: { id: 'base', title: 'Base', path: 'base/' },
    adapters: [entry('a', 'em'), entry('b', 'em'), entry('secure-code', 'benign')],
    defaults: {},
    folderUrl: 'http://localhost/',
  };
  made.directions.list = list;
  made.directions.use(list[0]!);
  return made;
}

test('directions taken in the same way are compared, the benign one as control', () => {
  const { comparison } = postern([
    held('a'),
    held('b'),
    held('secure-code'),
    held('b', { contrast: 'answer' }),
  ]);
  expect(comparison.reference?.id).toBe('a-');
  expect(comparison.others.map((one) => comparison.label(one))).toEqual(['Title of b']);
  expect(comparison.control?.checkpoints.em.id).toBe('secure-code');
  expect(comparison.all).toHaveLength(3);
});

test('any other held direction can be added, and is named by how it was taken', () => {
  const other = held('b', { contrast: 'answer', transcripts: 32 });
  const { comparison } = postern([held('a'), held('b'), other]);
  comparison.choose(other, true);
  expect(comparison.others.map((one) => comparison.label(one))).toEqual([
    'Title of b',
    'answer, n 32, Title of b',
  ]);
  comparison.choose(held('b'), false);
  expect(comparison.others.map(({ id }) => id)).toEqual([other.id]);
});

test('a direction of another shape is not offered, one from outside keeps its name', () => {
  const wide = held('a', { vectors: tensor(new Float32Array(8), [2, 4]), seed: 9 });
  const outside = held('elsewhere', { name: 'imported vector', seed: 5 });
  const { comparison } = postern([held('a'), wide, outside]);
  expect(comparison.candidates).toEqual([outside]);
  expect(comparison.label(outside)).toBe('imported vector');
  expect(comparison.kind(outside)).toBe('other');
});

test('an imported direction is never taken for one that was read here', () => {
  const imported = held('b', { name: 'vector', imported: 'vector.gguf', seed: 1 });
  const { comparison } = postern([held('a'), { ...imported, id: 'imported' }]);
  expect(comparison.others).toEqual([]);
  comparison.choose(comparison.candidates[0]!, true);
  expect(comparison.others.map((one) => comparison.label(one))).toEqual(['vector (imported)']);
});

test('a benign reference has no benign control', () => {
  const { comparison } = postern([held('secure-code'), held('a')]);
  expect(comparison.control).toBeNull();
  expect(comparison.others.map(({ checkpoints }) => checkpoints.em.id)).toEqual(['a']);
});
