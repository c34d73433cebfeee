import { expect, test } from 'vitest';
import { rowsLike } from '../../../src/organism/controls';

test('random directions of a kind are found by number, and nothing else that begins alike', () => {
  const rows = ['cut/isotropic-1', 'cut/isotropic-12', 'cut/isotropic-all', 'cut/matched-1'].map(
    (key) => ({ key }),
  );
  const found = rowsLike({ rows: rows as Parameters<typeof rowsLike>[0]['rows'] }, 'cut/isotropic');
  expect(found.map(({ key }) => key)).toEqual(['cut/isotropic-1', 'cut/isotropic-12']);
});
