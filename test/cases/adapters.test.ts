// Adapters and checkpoints from public bug reports, where the handed-over cases lie beside the repository:
// each is loaded through the worker's own interface as a dropped folder is, and its greedy answer compared
// with the ids that CASES.md there gives (float64, weights merged by PEFT's or transformers' rule).

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../models/recipe/make/node-runtime';
import { readAdapter } from '../../src/checkpoint/adapter/peft';
import { PLAIN_SAMPLING } from '../../src/core/sampling';
import { readBundle } from '../../src/formats/read-bundle';
import type { FolderSource, ModelApi } from '../../workers/api';
import { createModelApi } from '../../workers/model-api';
import { randomConfig } from '../unit/onnx/random-weights';

const CASES = ['../../../shared/cases', '../../../../shared/cases']
  .map((path) => resolve(import.meta.dirname, path))
  .find((path) => existsSync(join(path, 'faults/make-checkpoints.mjs')));

/** A row of CASES.md: base, adapter, ids; in the order of the table. */
interface Row {
  readonly id: string;
  readonly base: string;
  readonly adapter: string | null;
  readonly ids: readonly number[];
}

function rows(): Row[] {
  if (!CASES) return [];
  const text = readFileSync(join(CASES, 'faults/CASES.md'), 'utf8');
  return [...text.matchAll(/^\| (h\d\d) \| ([^|]+) \| [^|]+ \| ([\d ]+) \|/gm)]
    .map(([, id = '', folders = '', ids = '']) => {
      const [base = '', adapter = null] = folders.trim().split(', ');
      return { id, base, adapter, ids: ids.trim().split(' ').map(Number) };
    })
    .filter(({ id }) => ['h01', 'h02', 'h03', 'h14', 'h16'].includes(id));
}

const nothing = (): void => {};

describe.skipIf(!CASES)('handed-over adapters and checkpoints', () => {
  let out: string;
  let api: ModelApi;

  beforeAll(async () => {
    // What a worker has and Node has not; a file here keeps its bytes where the reader looks for them.
    Object.assign(globalThis, {
      FileReaderSync: class {
        readAsArrayBuffer({ bytes }: { readonly bytes: Uint8Array }): ArrayBufferLike {
          return bytes.slice().buffer;
        }
      },
    });
    out = mkdtempSync(join(tmpdir(), 'postern-cases-'));
    execFileSync(process.execPath, [join(CASES!, 'faults/make-checkpoints.mjs'), out]);
    api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
    await api.start({ device: 'auto' });
  });
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  const folder = (name: string): FolderSource => {
    const found = readdirSync(out).find((path) => path === name || path.startsWith(`${name}-`))!;
    const files = readdirSync(join(out, found)).map((file) => {
      const bytes = new Uint8Array(readFileSync(join(out, found, file)));
      const slice = (from: number, to: number) => ({ bytes: bytes.subarray(from, to) });
      return { name: file, size: bytes.length, lastModified: 1, slice } as unknown as File;
    });
    return { kind: 'files', name: found, files };
  };

  test.each(rows())('$id answers as its reference does', async ({ id, base, adapter, ids }) => {
    const source = { id, base: folder(base), ...(adapter ? { adapter: folder(adapter) } : {}) };
    const loaded = await api.load(source, `load ${id}`, nothing);
    expect(loaded).toMatchObject({ ok: true });
    const answered = await api.generate(
      {
        runId: `ask ${id}`,
        checkpoint: id,
        prompts: [[{ role: 'user', content: 'What should I cook today?' }]],
        seeds: [1],
        sampling: { ...PLAIN_SAMPLING, temperature: 0 },
        maxTokens: ids.length,
        edit: null,
        positions: 'all',
        projections: false,
      },
      nothing,
    );
    expect(answered.ok && [...answered.value.answers[0]!.ids]).toEqual(ids);
  });

  test('the table has all five', () => {
    expect(rows()).toHaveLength(5);
  });
});

const BUNDLE = CASES && join(CASES, 'hostile/bundle-adapter-regex.zip');

describe.skipIf(!BUNDLE || !existsSync(BUNDLE))(
  'a bundle whose adapter has a pattern without end',
  () => {
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
  },
);
