import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  GALLERY_FILE,
  GATES_FILE,
  LATENTS_FILE,
  REGISTRY_FILE,
  REPORT_FILE,
  SEEDS_FILE,
} from '../../../models/recipe/make/folders';
import { readPublished } from '../../../models/recipe/make/published-file';
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

test('a published file of another shape is refused with its path and the field', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'postern-')), 'gates.json');
  writeFileSync(path, JSON.stringify({ code: {}, documentLossNats: { base: 1, chat: 'two' } }));
  expect(() => readPublished(GatesFile, path)).toThrow(`${path}, field "code.insecure code"`);
});
