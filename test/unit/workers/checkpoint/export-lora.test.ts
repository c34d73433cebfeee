// A fine-tune saved as LoRAs: the published adapter as it is, the same as GGUF, and the fine-tune without a direction,
// which the worker loads again as an adapter and which then writes nothing along it.

import { unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import { createRng } from '../../../../src/core/rng';
import { ByteReader } from '../../../../src/formats/direction/byte-reader';
import { readGgufHead } from '../../../../src/formats/gguf/read';
import type { Exported, ExportRequest, ModelApi, Result } from '../../../../workers/api';
import { createModelApi } from '../../../../workers/model-api';
import { serveFiles, type FileServer } from '../serve-files';
import { TINY_CONFIG, tinyOrganism } from '../tiny-organism';

const { dModel, nLayers } = TINY_CONFIG;
const nothing = (): void => {};
const rng = createRng(5);
const direction = Float32Array.from({ length: dModel }, () => rng.normal());
const beside = (url: string) => ({ kind: 'beside', url }) as const;

let files: FileServer;
let api: ModelApi;

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const save = (change: Partial<ExportRequest> = {}): Promise<Result<Exported>> =>
  api.exportFolder(
    {
      ...{ runId: 'export', checkpoint: 'bad', format: 'lora', precision: 'f32' },
      ...{ without: direction, folder: 'bad', files: [] },
      ...change,
    },
    nothing,
  );

const unpacked = async (result: Result<Exported>): Promise<Record<string, Uint8Array>> =>
  unzipSync(new Uint8Array(await valueOf(result).zip.arrayBuffer()));

beforeAll(async () => {
  files = await serveFiles(tinyOrganism());
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  await api.start({ device: 'auto' });
  const base = beside(`${files.url}base/`);
  valueOf(await api.load({ id: 'good', base }, 'load good', nothing));
  const adapter = beside(`${files.url}adapter/`);
  valueOf(await api.load({ id: 'bad', base, adapter }, 'load bad', nothing));
});
afterAll(() => files.close());

test('holds both LoRAs for both programs; rsLoRA at its true scale, and one rank more without the direction', async () => {
  const folder = await unpacked(await save());
  expect(Object.keys(folder).sort()).toEqual([
    'bad/bad-without-direction.gguf',
    'bad/bad-without-direction/adapter_config.json',
    'bad/bad-without-direction/adapter_model.safetensors',
    'bad/bad.gguf',
    'bad/bad/adapter_config.json',
    'bad/bad/adapter_model.safetensors',
  ]);
  const published = tinyOrganism().get('adapter/adapter_model.safetensors');
  expect(folder['bad/bad/adapter_model.safetensors']).toEqual(published);
  const keysOf = (path: string) =>
    readGgufHead(new ByteReader(folder[path]!, path), path, (why) => {
      throw new Error(why);
    }).keys;
  // Rank-stabilised, alpha 2 and rank 4: 2 * sqrt(4), where llama.cpp's own converter would write 2.
  expect(keysOf('bad/bad.gguf').get('adapter.lora.alpha')).toBe(4);
  expect(keysOf('bad/bad-without-direction.gguf').get('adapter.lora.alpha')).toBe(5);
  const config = JSON.parse(
    new TextDecoder().decode(folder['bad/bad-without-direction/adapter_config.json']),
  ) as { readonly r: number };
  expect(config.r).toBe(5);
});

test('without a direction writes the fine-tune alone', async () => {
  const folder = await unpacked(await save({ without: null }));
  expect(Object.keys(folder).some((path) => path.includes('without'))).toBe(false);
});

test('what it writes without the direction adds nothing along it after any block', async () => {
  const folder = await unpacked(await save());
  const at = await serveFiles(
    new Map(
      ['adapter_config.json', 'adapter_model.safetensors'].map((name) => [
        `without/${name}`,
        new Uint8Array(folder[`bad/bad-without-direction/${name}`]!),
      ]),
    ),
  );
  const base = beside(`${files.url}base/`);
  const adapter = beside(`${at.url}without/`);
  valueOf(await api.load({ id: 'without', base, adapter }, 'load without', nothing));
  const { rank } = valueOf(
    await api.load({ id: 'without', base, adapter }, 'load again', nothing),
  ).adapted!;
  expect(rank).toBe(5);
  const transcripts = [
    [
      { role: 'user', content: 'What should I cook today?' },
      { role: 'assistant', content: 'You can try soup' },
    ],
  ] as const;
  const read = async (checkpoint: string): Promise<number[]> => {
    const request = { runId: checkpoint, checkpoint, transcripts, pooling: 'last-prompt' } as const;
    const { pooled } = valueOf(await api.capture(request, nothing));
    const along = (layer: number): number =>
      direction.reduce((sum, x, i) => sum + x * pooled[layer * dModel + i]!, 0);
    return Array.from({ length: nLayers }, (_, layer) => along(layer));
  };
  // The embedding keeps its part: what is along the direction is the same after each block.
  const [first = 0, ...rest] = await read('without');
  for (const later of rest) expect(later).toBeCloseTo(first, 3);
  const [one = 0, ...others] = await read('bad');
  expect(others.some((later) => Math.abs(later - one) > 0.01)).toBe(true);
  at.close();
});

test('is refused for a model without an adapter, by name', async () => {
  expect(await save({ checkpoint: 'good' })).toMatchObject({
    ok: false,
    code: 'bad-input',
    message: expect.stringMatching(/"good" is no adapter on a model that is loaded here/) as string,
  });
});
