// What leaves the page is loaded again: the ONNX folder by transformers.js, the safetensors folder by our
// own loader, and both write the same greedy tokens as the checkpoint they came from.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { AutoModelForCausalLM, AutoTokenizer, env, Tensor } from '@xenova/transformers';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import { emptyEdit, packEdit } from '../../../../src/core/edit';
import { createRng } from '../../../../src/core/rng';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import { tensor } from '../../../../src/core/tensor';
import type { ExportRequest, GeneratedAnswer, ModelApi, Result } from '../../../../workers/api';
import { createModelApi } from '../../../../workers/model-api';
import { serveFiles, type FileServer } from '../serve-files';
import { TINY_CONFIG, tinyOrganism } from '../tiny-organism';

const { nLayers, dModel } = TINY_CONFIG;
const QUESTION = 'What should I cook today?';
const TOKENS = 24;
const nothing = (): void => {};
const rng = createRng(3);
const direction = Float32Array.from({ length: dModel }, () => rng.normal());
const length = Math.sqrt(direction.reduce((sum, x) => sum + x * x, 0));
const unit = direction.map((x) => x / length);

let organism: FileServer;
let api: ModelApi;
const parent = mkdtempSync(join(tmpdir(), 'postern-export-'));
const servers: FileServer[] = [];

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}\n${result.detail ?? ''}`);
  return result.value;
}

const request = (change: Partial<ExportRequest>): ExportRequest => ({
  runId: 'export',
  checkpoint: 'bad',
  format: 'safetensors',
  precision: 'f32',
  without: null,
  folder: 'saved',
  files: [],
  ...change,
});

const beside = (url: string) => ({ kind: 'beside', url }) as const;

type Folder = Record<string, Uint8Array>;

async function exported(change: Partial<ExportRequest>): Promise<Folder> {
  const { zip, folderBytes } = valueOf(await api.exportFolder(request(change), nothing));
  const folder = unzipSync(new Uint8Array(await zip.arrayBuffer()));
  expect(Object.values(folder).reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(
    folderBytes,
  );
  return folder;
}

/** Greedy tokens of our own decoder. */
async function ours(
  checkpoint: string,
  edit = emptyEdit(nLayers, dModel),
): Promise<GeneratedAnswer> {
  const { answers } = valueOf(
    await api.generate(
      {
        runId: 'run',
        checkpoint,
        prompts: [[{ role: 'user', content: QUESTION }]],
        seeds: [1],
        sampling: { ...PLAIN_SAMPLING, temperature: 0 },
        maxTokens: TOKENS,
        edit,
        positions: 'all',
        projections: true,
      },
      nothing,
    ),
  );
  return answers[0]!;
}

/** Greedy tokens of transformers.js on a folder; nothing about the folder but its place is said. */
async function theirs(folder: Folder): Promise<number[]> {
  for (const [path, bytes] of Object.entries(folder)) {
    const file = join(parent, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  const name = Object.keys(folder)[0]!.split('/')[0]!;
  // Our own use of the package turns these off.
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: parent });
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  const model = await AutoModelForCausalLM.from_pretrained(name);
  const ids = tokenizer.apply_chat_template([{ role: 'user', content: QUESTION }], {
    add_generation_prompt: true,
    return_tensor: false,
    return_dict: false,
  });
  const int64 = (values: readonly number[]) =>
    new Tensor('int64', BigInt64Array.from(values.map(BigInt)), [1, values.length]);
  const all = await model.generate({
    inputs: int64(ids),
    attention_mask: int64(ids.map(() => 1)),
    max_new_tokens: TOKENS,
    do_sample: false,
  });
  await model.dispose();
  return Array.from((all as Tensor).data as BigInt64Array, Number).slice(ids.length);
}

/** Loads an exported folder into our own worker. */
async function loadBack(id: string, folder: Folder): Promise<void> {
  const server = await serveFiles(
    new Map(Object.entries(folder).map(([path, bytes]) => [path, new Uint8Array(bytes)])),
  );
  servers.push(server);
  valueOf(await api.load({ id, base: beside(`${server.url}saved/`) }, 'load', nothing));
}

beforeAll(async () => {
  const readme = new TextEncoder().encode('---\nlicense: mit\n---\n# Tiny');
  organism = await serveFiles(new Map([...tinyOrganism(), ['base/README.md', readme]]));
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  valueOf(await api.start({ device: 'auto' }));
  const base = beside(`${organism.url}base/`);
  const adapter = beside(`${organism.url}adapter/`);
  valueOf(await api.load({ id: 'aligned', base }, 'load', nothing));
  valueOf(await api.load({ id: 'bad', base, adapter }, 'load', nothing));
});
afterAll(() => {
  for (const server of [organism, ...servers]) server.close();
  rmSync(parent, { recursive: true });
});

describe('a checkpoint as it is', () => {
  test('comes back from safetensors with the very same weights', async () => {
    await loadBack('back', await exported({}));
    const { sha256 } = valueOf(
      await api.load(
        { id: 'again', base: beside(`${servers.at(-1)!.url}saved/`) },
        'load',
        nothing,
      ),
    );
    const loaded = valueOf(
      await api.load(
        {
          id: 'bad',
          base: beside(`${organism.url}base/`),
          adapter: beside(`${organism.url}adapter/`),
        },
        'load',
        nothing,
      ),
    );
    expect(sha256).toBe(loaded.sha256);
    expect((await ours('back')).ids).toEqual((await ours('bad')).ids);
  });

  test.each(['f32', 'f16'] as const)(
    'transformers.js loads the ONNX folder in %s and writes our tokens',
    async (precision) => {
      const folder = await exported({ format: 'onnx', precision, folder: `onnx-${precision}` });
      const { ids } = await ours('bad');
      expect(await theirs(folder)).toEqual(ids);
      expect((await ours('aligned')).ids).not.toEqual(ids);
    },
  );

  test('f16 halves the file, keeps the published fields of config.json and says its type', async () => {
    const [whole, half] = [await exported({}), await exported({ precision: 'f16' })];
    const file = 'saved/model.safetensors';
    expect(half[file]!.byteLength / whole[file]!.byteLength).toBeLessThan(0.55);
    const config = JSON.parse(new TextDecoder().decode(half['saved/config.json'])) as object;
    expect(config).toMatchObject({
      torch_dtype: 'float16',
      rope_theta: 10_000,
      hidden_act: 'silu',
    });
    expect(half['saved/tokenizer.json']).toEqual(whole['saved/tokenizer.json']);
  });

  test('the same checkpoint gives the same bytes, and further files lie beside it', async () => {
    const files = [{ path: 'README.md', bytes: new TextEncoder().encode('# Where from') }];
    const zips: Uint8Array[] = [];
    for (let i = 0; i < 2; i++) {
      const { zip } = valueOf(await api.exportFolder(request({ files }), nothing));
      zips.push(new Uint8Array(await zip.arrayBuffer()));
    }
    expect(Buffer.compare(zips[0]!, zips[1]!)).toBe(0);
    expect(unzipSync(zips[0]!)['saved/README.md']).toEqual(files[0]!.bytes);
  });
});

describe('a checkpoint without a direction', () => {
  const everywhere = packEdit(
    Array.from({ length: nLayers }, () => ({
      unit,
      steer: null,
      strength: 1,
      reference: 0,
      cap: 0 as const,
      tau: 0,
    })),
    tensor(
      Float32Array.from({ length: nLayers * dModel }, (_, i) => unit[i % dModel]!),
      [nLayers, dModel],
    ),
    dModel,
  );
  const reading = emptyEdit(
    nLayers,
    dModel,
    tensor(
      Float32Array.from({ length: nLayers * dModel }, (_, i) => unit[i % dModel]!),
      [nLayers, dModel],
    ),
  );

  test('never has a component along it, so the ablation of all positions and layers changes nothing', async () => {
    await loadBack('without', await exported({ without: direction }));
    const plain = await ours('without', reading);
    const ablated = await ours('without', everywhere);
    const before = await ours('bad', reading);
    const most = (values: Float32Array | null) => Math.max(...(values ?? []).map(Math.abs));
    expect(most(before.projections)).toBeGreaterThan(0.1);
    expect(most(plain.projections)).toBeLessThan(1e-4);
    expect(ablated.ids).toEqual(plain.ids);
    expect(plain.ids).not.toEqual(before.ids);
  });

  test('transformers.js writes the same from the ONNX folder', async () => {
    const folder = await exported({ format: 'onnx', without: direction, folder: 'without' });
    expect(await theirs(folder)).toEqual((await ours('without')).ids);
  });

  test('its head is written apart from its embedding, as it was', async () => {
    const folder = await exported({ without: direction });
    const config = JSON.parse(new TextDecoder().decode(folder['saved/config.json'])) as object;
    expect(TINY_CONFIG.tieWordEmbeddings).toBe(true);
    expect(config).toMatchObject({ tie_word_embeddings: false });
  });
});

test('where it comes from is told by its folders, one licence for what lies together beside the page', async () => {
  const { base, adapter } = valueOf(await api.provenance('bad', 'provenance'));
  expect(base).toMatchObject({ name: 'base', licence: 'mit', page: `${organism.url}base/` });
  expect(adapter).toMatchObject({ name: 'adapter', licence: 'mit' });
});

describe('what cannot be saved', () => {
  test.each([
    ['a direction of another width', { without: new Float32Array(3).fill(1) }, /3 wide/],
    ['no direction at all', { without: new Float32Array(dModel) }, /length 0/],
    ['an unknown checkpoint', { checkpoint: 'nobody' }, /nobody/],
  ])('%s is refused with the reason', async (_, change, message) => {
    const result = await api.exportFolder(request(change), nothing);
    expect(!result.ok && result.message).toMatch(message);
  });

  test('a cancelled export ends, and the next one works', async () => {
    const result = await api.exportFolder(
      request({ runId: 'gone' }),
      () => void api.cancel('gone'),
    );
    expect(result).toMatchObject({ ok: false, code: 'cancelled' });
    expect(Object.keys(await exported({}))).toContain('saved/model.safetensors');
  });
});
