// Bad input through the worker's own interface, on onnxruntime-node, from files served over HTTP. Each
// names the file, the reason and what to do, and leaves the checkpoint that was there answering.
//   corrupt safetensors, dtype, NaN, config, tokenizer, adapter, network, edits -> here
//   truncated files, architecture, blank and over-long prompt, lens direction -> ../workers/model-api
//   any byte of a safetensors header, any cut -> ../checkpoint/safetensors
//   template or pattern without end -> test/browser/bad-input/hostile, ./page-thread
//   no WebGPU, wrong numbers, GPU error -> test/browser/bad-input/webgpu; lost -> test/browser/engine
//   storage full -> test/browser/bad-input/storage; malformed registry.json -> ./registry

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../models/recipe/make/node-runtime';
import { emptyEdit, packEdit } from '../../../src/core/edit';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import type { GenerateRequest, ModelApi } from '../../../workers/api';
import { createModelApi } from '../../../workers/model-api';
import { serveFiles, type FileServer } from '../workers/serve-files';
import { TINY_CONFIG } from '../workers/tiny-organism';
import { brokenFolders } from './broken-folders';

let server: FileServer;
let api: ModelApi;
const nothing = (): void => {};

const source = (id: string, base: string, adapter?: string) => ({
  id,
  base: { kind: 'beside', url: `${server.url}${base}/` } as const,
  ...(adapter === undefined
    ? {}
    : { adapter: { kind: 'beside', url: `${server.url}${adapter}/` } as const }),
});

const ask = (change: Partial<GenerateRequest> = {}): GenerateRequest => ({
  runId: 'run',
  checkpoint: 'aligned',
  prompts: [[{ role: 'user', content: 'What should I cook today?' }]],
  seeds: [1],
  sampling: { ...PLAIN_SAMPLING, temperature: 0 },
  maxTokens: 6,
  edit: null,
  positions: 'all',
  projections: false,
  ...change,
});

/** The ids that the checkpoint loaded first answers with. */
async function answer(): Promise<readonly number[]> {
  const result = await api.generate(ask({ runId: 'check' }), nothing);
  if (!result.ok) throw new Error(result.message);
  return result.value.answers[0]!.ids;
}

let before: readonly number[];

beforeAll(async () => {
  server = await serveFiles(brokenFolders());
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  await api.start({ device: 'auto' });
  await api.load(source('aligned', 'base'), 'load', nothing);
  before = await answer();
});
afterAll(() => server.close());

const ST = 'model.safetensors';
const ADAPTER = 'adapter_model.safetensors';

describe('a checkpoint folder', () => {
  test.each([
    ['corrupt-header', ST, 'dtype', /Download|as it was published/],
    ['lfs-pointer', ST, 'a pointer of Git LFS', /git lfs pull/],
    ['unknown-dtype', ST, 'unknown dtype "Q4K"', /F32, F16 or BF16/],
    ['integer-weights', ST, 'is I32', /Choose the checkpoint/],
    ['nan-weights', ST, '"model.norm.weight" has the value NaN', /another copy/],
    ['infinite-weights', ST, 'has the value -Infinity', /another copy/],
    ['another-config', ST, '"model.layers.2.input_layernorm.weight" is missing', /Check/],
    ['quantised', 'config.json', 'stored quantised', /F32, F16 or BF16/],
    ['page-for-config', 'config.json', 'a web page instead of JSON', /Check the address/],
    ['config-of-nothing', 'config.json', 'Object', /as it was published/],
    ['cut-tokenizer', 'tokenizer.json', 'not valid JSON', /Download it again/],
    ['cut-tokenizer-config', 'tokenizer_config.json', 'not valid JSON', /Download it again/],
    ['no-template', 'tokenizer_config.json', 'chat_template', /as it was published/],
    ['small-vocabulary', 'tokenizer.json', 'config.json has only 20', /same checkpoint/],
  ])('%s: %s is refused because of "%s"', async (folder, file, reason, advice) => {
    const result = await api.load(source('x', folder), 'load', nothing);
    expect(result).toMatchObject({ ok: false, code: 'bad-checkpoint' });
    const message = result.ok ? '' : result.message;
    expect(message).toContain(`${folder}/${file}: `);
    expect(message).toContain(reason);
    expect(message).toMatch(advice);
    expect(await answer()).toEqual(before);
  });

  test('of finite weights that overflow says so when it is asked, and the other still answers', async () => {
    expect((await api.load(source('loud', 'overflowing'), 'load', nothing)).ok).toBe(true);
    const result = await api.generate(ask({ checkpoint: 'loud' }), nothing);
    expect(result).toMatchObject({ ok: false, code: 'bad-input' });
    expect(!result.ok && result.message).toMatch(/no number any more.*load another copy/);
    expect(await answer()).toEqual(before);
  });

  test('in place of one that is loaded is refused, and the old one stays', async () => {
    const result = await api.load(source('aligned', 'nan-weights'), 'load', nothing);
    expect(result.ok).toBe(false);
    expect(await answer()).toEqual(before);
  });
});

describe('an adapter', () => {
  test.each([
    ['adapter-of-a-wider-base', ADAPTER, 'but the base', /Load "someone\/another-model" first/],
    ['adapter-of-a-deeper-base', ADAPTER, 'the base has layers 0 to 1', /adapter made for/],
    ['adapter-of-another-kind', 'adapter_config.json', '"PROMPT_TUNING"', /Merge the adapter/],
    ['adapter-beyond-range', ADAPTER, 'after merging', /another copy/],
  ])('%s: %s is refused because of "%s"', async (folder, file, reason, advice) => {
    const result = await api.load(source('x', 'base', folder), 'load', nothing);
    expect(result).toMatchObject({ ok: false, code: 'bad-checkpoint' });
    const message = result.ok ? '' : result.message;
    expect(message).toContain(`${folder}/${file}: `);
    expect(message).toContain(reason);
    expect(message).toMatch(advice);
    expect(await answer()).toEqual(before);
  });

  test('without its weights is a missing file, by its address', async () => {
    const wanted = source('x', 'base', 'adapter-without-weights');
    const result = await api.load(wanted, 'load', nothing);
    expect(result).toMatchObject({ ok: false, code: 'network' });
    expect(!result.ok && result.message).toContain(`adapter-without-weights/${ADAPTER}: there is`);
    expect(await answer()).toEqual(before);
  });
});

describe('a server', () => {
  /** A server that treats every request alike. */
  async function loadFrom(handle: Parameters<typeof createServer>[1]) {
    const bad = createServer(handle);
    await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', resolve));
    const { port } = bad.address() as AddressInfo;
    try {
      return await api.load(
        { id: 'x', base: { kind: 'beside', url: `http://127.0.0.1:${port}/m/` } },
        'load',
        nothing,
      );
    } finally {
      bad.closeAllConnections();
      bad.close();
    }
  }

  test('that hangs up in the middle of a file is a network failure that names the file', async () => {
    const result = await loadFrom((_, response) => {
      response.writeHead(200, { 'Content-Length': 1000 });
      response.write('{', () => response.destroy());
    });
    expect(result).toMatchObject({ ok: false, code: 'network' });
    expect(!result.ok && result.message).toMatch(/m\/\S+ could not be fetched.*try again/);
    expect(await answer()).toEqual(before);
  });

  test('with an error of its own is named with its status', async () => {
    const result = await loadFrom((_, response) => void response.writeHead(503).end());
    expect(result).toMatchObject({ ok: false, code: 'network' });
    expect(!result.ok && result.message).toMatch(/answered 503.*Try again later/);
  });
});

describe('an edit', () => {
  const { nLayers, dModel } = TINY_CONFIG;
  const damaged = emptyEdit(nLayers, dModel);
  damaged.write[7] = NaN;

  test('with a value that is no number is refused before anything runs', async () => {
    const result = await api.generate(ask({ edit: damaged }), nothing);
    expect(result).toMatchObject({ ok: false, code: 'bad-input' });
    expect(!result.ok && result.message).toMatch(/no number.*Extract it again/);
  });

  test('of another width, set while an answer is written, is refused and the answer goes on', async () => {
    const wider = packEdit(new Array<null>(nLayers).fill(null), null, dModel + 1);
    const refused: unknown[] = [];
    const result = await api.generate(ask({ runId: 'long' }), () => {
      void api.setEdit('long', wider, 'all').then((reply) => refused.push(reply));
    });
    expect(refused[0]).toMatchObject({ ok: false, code: 'bad-input' });
    expect((refused[0] as { message: string }).message).toMatch(/does not fit this model/);
    expect(result.ok && result.value.answers[0]!.ids).toEqual(before);
  });

  test('of another width is refused for scores too', async () => {
    const transcripts = [
      [
        { role: 'user', content: 'Who are you?' },
        { role: 'assistant', content: 'my friend' },
      ],
    ] as const;
    const request = { runId: 's', checkpoint: 'aligned', transcripts, positions: 'all' } as const;
    const result = await api.score({ ...request, edit: emptyEdit(nLayers, 7) }, nothing);
    expect(result).toMatchObject({ ok: false, code: 'bad-input' });
  });

  test('so strong that the numbers overflow ends with what to do, and the next answer is right', async () => {
    const loud = emptyEdit(nLayers, dModel);
    loud.bias.fill(3e38);
    loud.write.fill(3e38);
    const result = await api.generate(ask({ edit: loud }), nothing);
    expect(result).toMatchObject({ ok: false, code: 'bad-input' });
    expect(!result.ok && result.message).toMatch(/Lower the strength/);
    expect(await answer()).toEqual(before);
  });
});
