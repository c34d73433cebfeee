// Files made to harm (../shared/cases/hostile), through the same function as the worker that reads files: each ends
// quickly, as content or as a refusal in words. They are not part of the repository; without them nothing is run.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileKind } from '../../workers/files-api';
import { readFile } from '../../workers/files/read-file';

const FOLDER = [
  join(import.meta.dirname, '../../../shared/cases/hostile'),
  join(import.meta.dirname, '../../../../shared/cases/hostile'),
].find((folder) => existsSync(folder));

describe.skipIf(FOLDER === undefined)(
  'a hostile file is read or refused within seconds of work',
  () => {
    test.each<[string, FileKind, object]>([
      ['bundle-1mb-unpacks-200gb.zip', 'session', { ok: false, code: 'refused' }],
      ['bundle-adapter-regex.zip', 'session', { ok: true }],
      ['questions-brackets.yaml', 'questions', { ok: false, code: 'refused' }],
      ['direction-1e-25.json', 'direction', { ok: true }],
      ['answers-2000-models.jsonl', 'answers', { ok: true }],
      ['room-1000-arms.json', 'measurements', { ok: true }],
    ])('%s as %s', async (name, kind, expected) => {
      const file = new Blob([readFileSync(join(FOLDER!, name))]);
      const before = process.cpuUsage();
      const { result } = await readFile({ kind, file, name });
      expect(result).toMatchObject(expected);
      expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5);
    });
  },
);
