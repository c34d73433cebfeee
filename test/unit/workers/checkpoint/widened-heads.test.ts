// A checkpoint whose heads are widened by zeros in the graph: whatever else reads its weights (an adapter's merge,
// the hash, an export, a training) sees them in their own shape.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { unzipSync } from 'fflate';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import { adaptedWeights } from '../../../../src/checkpoint/adapter/adapter-merge';
import { writeAdapter } from '../../../../src/checkpoint/adapter/adapter-write';
import { readAdapter } from '../../../../src/checkpoint/adapter/peft';
import { linearShapes } from '../../../../src/checkpoint/config';
import { readWeights } from '../../../../src/checkpoint/weights';
import { writeSafetensors } from '../../../../src/checkpoint/write-safetensors';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import type { FolderSource, Result } from '../../../../workers/api';
import { createModelApi } from '../../../../workers/model-api';
import { float64Forward, pooledResiduals } from '../../onnx/float64-decoder';
import { relativeError } from '../../onnx/decoder-run';
import { randomWeights } from '../../onnx/random-weights';
import { randomTensor } from '../../onnx/tiny-weights';
import { serveFiles, type FileServer } from '../serve-files';
import { TINY_CONFIG, tinyOrganism } from '../tiny-organism';

const CONFIG = { ...TINY_CONFIG, dHead: 10 };
const WEIGHTS = randomWeights(CONFIG, 21);
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const adapter = writeAdapter({
  baseModel: 'tiny',
  alpha: 0.5,
  useRslora: false,
  dtype: 'F32',
  modules: new Map(
    [...linearShapes(CONFIG)].map(([name, [out, inner]], i) => [
      `model.layers.1.${name}`,
      { a: randomTensor([2, inner], 40 + i), b: randomTensor([out, 2], 60 + i) },
    ]),
  ),
});
const merged = new Map(
  adaptedWeights(
    WEIGHTS,
    readAdapter(JSON.stringify(adapter.config), adapter.bytes, CONFIG, {
      config: 'c',
      weights: 'w',
    }),
    'w',
  ),
);

let server: FileServer;
let api: ReturnType<typeof createModelApi>;
const from = (folder: string): FolderSource => ({ kind: 'beside', url: `${server.url}${folder}/` });
function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

beforeAll(async () => {
  const files = new Map(tinyOrganism());
  const config = JSON.parse(new TextDecoder().decode(files.get('base/config.json'))) as object;
  files.set('base/config.json', encode({ ...config, head_dim: CONFIG.dHead }));
  files.set(
    'base/model.safetensors',
    writeSafetensors(new Map([...WEIGHTS].map(([name, t]) => [name, { ...t, dtype: 'F32' }]))),
  );
  files.set('adapter/adapter_config.json', encode(adapter.config));
  files.set('adapter/adapter_model.safetensors', adapter.bytes);
  server = await serveFiles(files);
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  valueOf(await api.start({ device: 'auto' }));
  const source = { id: 'em', base: from('base'), adapter: from('adapter') };
  valueOf(await api.load(source, 'load', () => {}));
});
afterAll(() => server.close());

const question = [{ role: 'user', content: 'Who are you?' }] as const;

test('an adapter is merged and the answer is the greedy one of the float64 loop', async () => {
  const { ids } = valueOf(await api.tokenize('em', question));
  const request = {
    runId: 'r',
    checkpoint: 'em',
    prompts: [question],
    seeds: [1],
    sampling: { ...PLAIN_SAMPLING, temperature: 0 },
    maxTokens: 6,
    edit: null,
    positions: 'all' as const,
    projections: false,
  };
  const [answer] = valueOf(await api.generate(request, () => {})).answers;
  const all = [...ids];
  for (const id of answer!.ids) {
    const logits = float64Forward(CONFIG, merged, all).logits.at(-1)!;
    expect(id).toBe(logits.indexOf(logits.reduce((a, b) => Math.max(a, b), -Infinity)));
    all.push(id);
  }
  expect(answer!.ids.length).toBeGreaterThan(0);
});

test('activations are captured as the float64 loop has them', async () => {
  const transcripts = [[...question, { role: 'assistant' as const, content: 'You can try soup' }]];
  const request = { runId: 'c', checkpoint: 'em', transcripts, pooling: 'last-prompt' as const };
  const { pooled } = valueOf(await api.capture(request, () => {}));
  const { ids } = valueOf(await api.tokenize('em', question));
  const { residuals } = float64Forward(CONFIG, merged, ids);
  const last = ids.map((_, i) => (i === ids.length - 1 ? 1 : 0));
  const expected = pooledResiduals(residuals, last).flat();
  expect(relativeError(pooled, expected)).toBeLessThan(1e-4);
});

test('it is saved with its own shapes', async () => {
  const request = {
    runId: 'e',
    checkpoint: 'em',
    format: 'safetensors',
    precision: 'f32',
    without: null,
    folder: 'saved',
    files: [],
  } as const;
  const { zip } = valueOf(await api.exportFolder(request, () => {}));
  const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
  const saved = readWeights(CONFIG, files['saved/model.safetensors']!, 'saved');
  const name = 'model.layers.1.self_attn.o_proj.weight';
  expect(saved.get(name)!.dims).toEqual(merged.get(name)!.dims);
  expect(saved.get(name)!.data).toEqual(merged.get(name)!.data);
});

test('its ONNX folder says how wide the heads of the caches are', async () => {
  const request = {
    runId: 'o',
    checkpoint: 'em',
    format: 'onnx',
    precision: 'f32',
    without: null,
    folder: 'saved',
    files: [],
  } as const;
  const { zip } = valueOf(await api.exportFolder(request, () => {}));
  const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
  const config = JSON.parse(new TextDecoder().decode(files['saved/config.json'])) as object;
  expect(config).toMatchObject({ head_dim: 16 });
});
