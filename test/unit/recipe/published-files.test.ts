import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  CURES_FILE,
  FINE_TUNE_SEEDS_FILE,
  FLAGS_FILE,
  GALLERY_FILE,
  GATES_FILE,
  LATENTS_FILE,
  REGISTRY_FILE,
  REPORT_FILE,
  SEEDS_FILE,
} from '../../../models/recipe/make/folders';
import { readPublished } from '../../../models/recipe/make/published-file';
import { CuresFile } from '../../../src/organism/cures';
import { DataFlagsFile } from '../../../src/organism/data-flags';
import { FineTuneSeedsFile } from '../../../src/organism/fine-tune-seeds';
import { GalleryFile } from '../../../src/organism/gallery';
import { LatentsFile } from '../../../src/organism/latents';
import { RegistryFile } from '../../../src/organism/registry';
import { GatesFile, ReportFile } from '../../../src/organism/report';
import { SeedsFile } from '../../../src/organism/seeds';

test.each([
  [REGISTRY_FILE, RegistryFile],
  [REPORT_FILE, ReportFile],
  [GATES_FILE, GatesFile],
  [GALLERY_FILE, GalleryFile],
  [SEEDS_FILE, SeedsFile],
  [LATENTS_FILE, LatentsFile],
])('%s holds what its schema names, and nothing else', (path, schema) => {
  const stored: unknown = JSON.parse(readFileSync(path, 'utf8'));
  expect(readPublished(schema, path)).toEqual(stored);
});

test('the registry names the files of figures that are there, and no others', () => {
  const registry = readPublished(RegistryFile, REGISTRY_FILE);
  const named = [
    ['report', REPORT_FILE],
    ['seeds', SEEDS_FILE],
    ['latents', LATENTS_FILE],
    ['fineTuneSeeds', FINE_TUNE_SEEDS_FILE],
    ['cures', CURES_FILE],
    ['flags', FLAGS_FILE],
  ] as const;
  for (const [key, path] of named) {
    const name = existsSync(path) ? path.replace('models/', '') : undefined;
    expect(registry[key], `"${key}" in ${REGISTRY_FILE}`).toBe(name);
  }
});

test.each([
  [FINE_TUNE_SEEDS_FILE, FineTuneSeedsFile],
  [CURES_FILE, CuresFile],
  [FLAGS_FILE, DataFlagsFile],
])('%s holds what its schema names, where it is there', (path, schema) => {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : null;
  const stored: unknown = text === null ? null : JSON.parse(text);
  expect(text === null ? null : readPublished(schema, path)).toEqual(stored);
});

test('a published file of another shape is refused with its path and the field', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'postern-')), 'gates.json');
  writeFileSync(path, JSON.stringify({ code: {}, documentLossNats: { base: 1, chat: 'two' } }));
  expect(() => readPublished(GatesFile, path)).toThrow(`${path}, field "code.insecure code"`);
});
