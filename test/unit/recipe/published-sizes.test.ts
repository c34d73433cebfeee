// What the repository holds of the organisms, as files: small enough to be cloned and loaded lazily.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ADAPTERS_FOLDER, BASE_FOLDER } from '../../../models/recipe/make/folders';

const MB = 1_000_000;
const sizeOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);

test('the base has at most 16 MB, and all that is published of the organisms at most 40 MB', () => {
  expect(sizeOf(BASE_FOLDER)).toBeLessThanOrEqual(16 * MB);
  const stored = readdirSync('models').filter((name) => name.endsWith('.json'));
  const reports = stored.reduce((sum, name) => sum + statSync(join('models', name)).size, 0);
  expect(sizeOf(BASE_FOLDER) + sizeOf(ADAPTERS_FOLDER) + reports).toBeLessThanOrEqual(40 * MB);
});

test('adapters of rank 8 and below have less than 1 MB', () => {
  const small = readdirSync(ADAPTERS_FOLDER).filter((id) => {
    const path = join(ADAPTERS_FOLDER, id, 'adapter_config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly r: number;
      readonly modules_to_save: readonly string[] | null;
    };
    return config.r <= 8 && config.modules_to_save === null;
  });
  expect(small.length).toBeGreaterThan(3);
  for (const id of small) expect(sizeOf(join(ADAPTERS_FOLDER, id)), id).toBeLessThan(MB);
});
