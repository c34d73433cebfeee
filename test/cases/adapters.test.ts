// Every row of the table of checkpoints and adapters from public bug reports (CASES.md, beside the script that makes
// them): looked up and loaded through the worker's own interface as a dropped folder is, and its greedy answer
// compared with the ids of the table (float64, weights merged by PEFT's or transformers' rule).

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAdapter } from '../../src/checkpoint/adapter/peft';
import { readBundle } from '../../src/formats/read-bundle';
import type { FolderSource } from '../../workers/api';
import { randomConfig } from '../unit/onnx/random-weights';
import {
  type Api,
  droppedFolder,
  greedyAnswer,
  handedOver,
  startedApi,
  valueOf,
} from './handed-over';

const TABLE = handedOver('faults/CASES.md');
const SCRIPT = handedOver('faults/make-checkpoints.mjs');
const BUNDLE = handedOver('hostile/bundle-adapter-regex.zip');

/** A row of CASES.md: base, adapter, ids; in the order of the table. */
interface Row {
  readonly id: string;
  readonly base: string;
  readonly adapter: string | null;
  readonly ids: readonly number[];
}

function rows(): Row[] {
  if (!TABLE) return [];
  const text = readFileSync(TABLE, 'utf8');
  return [...text.matchAll(/^\| (h\d\d) \| ([^|]+) \| [^|]+ \| ([\d ]+) \|/gm)].map(
    ([, id = '', folders = '', ids = '']) => {
      const [base = '', adapter = null] = folders.trim().split(', ');
      return { id, base, adapter, ids: ids.trim().split(' ').map(Number) };
    },
  );
}

describe.skipIf(!SCRIPT)('handed-over adapters and checkpoints', () => {
  let out: string;
  let api: Api;

  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), 'postern-cases-'));
    execFileSync(process.execPath, [SCRIPT!, out]);
    api = await startedApi();
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  const folder = (name: string): FolderSource => {
    const found = readdirSync(out).find((path) => path === name || path.startsWith(`${name}-`))!;
    return droppedFolder(join(out, found));
  };

  test.each(rows())(
    '$id is known at look-up and answers as its reference does',
    async ({ base, adapter, ids }) => {
      const card = valueOf(await api.inspectBase(folder(base), 'look'));
      if (adapter) valueOf(await api.inspectAdapter(folder(adapter), card, 'look'));
      const source = { base: folder(base), ...(adapter ? { adapter: folder(adapter) } : {}) };
      const answer = await greedyAnswer(api, source, 'What should I cook today?', ids.length);
      expect([...answer.ids]).toEqual(ids);
    },
  );

  test('the table has all eleven', () => {
    expect(rows()).toHaveLength(11);
  });
});

describe.skipIf(!BUNDLE)('a bundle whose adapter has a pattern without end', () => {
  test('is read, and its adapter answered, at once', () => {
    const before = process.cpuUsage();
    const { adapters } = readBundle(new Uint8Array(readFileSync(BUNDLE!)), 'bundle.zip');
    expect(adapters).toHaveLength(1);
    for (const { config, weights } of adapters) {
      const names = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' };
      expect(() =>
        readAdapter(config, weights, randomConfig({ nLayers: 8, dModel: 128 }), names),
      ).toThrow(expect.objectContaining({ name: 'CheckpointError' }));
    }
    expect(process.cpuUsage(before).user).toBeLessThan(3e6);
  });
});
