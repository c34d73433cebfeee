// Small checkpoints with a config.json, an index or a generation_config.json as the world writes them, by the script
// that lies beside them. What is right is the first greedy ids by a float64 reference.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { droppedFolder, greedyAnswer, handedOver, startedApi, valueOf } from './handed-over';

const script = handedOver('faults/make-checkpoints.mjs');

/** Folder, first greedy ids for "What should I cook today?", what the card says beside. */
const CASES = [
  ['h04-theta-inside-rope-scaling', [144, 129, 19, 75, 131, 204, 139, 212], []],
  ['h10-shards-with-another-name', [134, 19, 75, 213, 10, 201, 187, 143], []],
  ['h11-head-dim-8', [62, 62, 62, 62, 192, 149, 143, 70], []],
  ['h12-qwen2-window-for-no-layer', [16, 83, 84, 103, 158, 94, 226, 167], []],
  ['h13-generation-top-k-minus-1', [134, 19, 75, 213, 10, 201, 187, 143], ['top_k is -1']],
] as const;

describe.skipIf(!script)('a checkpoint whose small files are odd', () => {
  const out = mkdtempSync(join(tmpdir(), 'cases-'));
  beforeAll(() => void execFileSync(process.execPath, [script!, out]));
  afterAll(() => rmSync(out, { recursive: true }));

  test.each(CASES)(
    '%s answers as the reference, and is known at look-up',
    async (folder, ids, said) => {
      const api = await startedApi();
      const base = droppedFolder(join(out, folder));
      const card = valueOf(await api.inspectBase(base, 'look'));
      expect(card.notes).toEqual(said.map((one) => expect.stringContaining(one) as unknown));
      // With its weights, whatever their files are called.
      expect(card.bytes).toBeGreaterThan(4 * card.parameters);
      const answer = await greedyAnswer(api, { base }, 'What should I cook today?', 8);
      expect(answer.ids).toEqual(ids);
    },
  );
});
