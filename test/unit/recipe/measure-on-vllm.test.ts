// `npm run measure -- --engine vllm` against a stand-in whose fine-tune differs from its model by a known vector: the
// direction that is read over the wire is that vector, and the edited arm is steered by it.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../models/recipe/make/node-runtime';
import { measuredOnServer as measured } from '../../../models/recipe/measure';
import { measureOptions } from '../../../models/recipe/measure/measure-options';
import { checkpointOnDisk } from '../../../models/recipe/lora/disk-folder';
import { BASE_FOLDER } from '../../../models/recipe/make/folders';
import { createTokenizer, type Tokenizer } from '../../../src/checkpoint/tokenizer';
import { readDirectionFile } from '../../../src/formats/direction/read';
import { serve, type Served } from '../../../src/serve/server';
import type { ModelApi } from '../../../workers/api';
import { createModelApi } from '../../../workers/model-api';
import { decodeTensor } from '../../../workers/served/vllm-tensor';
import { NETWORK } from '../../../workers/source/network';
import { memorySources } from '../../../workers/source/open-folder';
import { sentTensor } from '../../stand-ins/vllm-model';
import { serveVllm, type VllmServer, type VllmServerOptions } from '../../stand-ins/vllm-server';

const { config } = checkpointOnDisk(BASE_FOLDER);
const { nLayers, dModel } = config;
/** What the fine-tune adds after block l, exact in bfloat16. */
const added = (layer: number, i: number): number => (1 + layer) * ((i % 5) - 1);

let folder: Served;
let tokenizer: Tokenizer;
let api: ModelApi;
let server: VllmServer | null = null;
let temporary: string;

beforeAll(async () => {
  folder = await serve({ root: BASE_FOLDER, port: 0 });
  temporary = mkdtempSync(join(tmpdir(), 'measure-'));
  const [json, settings] = ['tokenizer.json', 'tokenizer_config.json'].map((file) =>
    readFileSync(join(BASE_FOLDER, file), 'utf8'),
  );
  tokenizer = await createTokenizer(json, settings, 'tokenizer.json');
  const sources = memorySources({ ...NETWORK, pauseMs: 1 });
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })), sources);
  await api.start({ device: 'auto' });
});
afterAll(async () => {
  rmSync(temporary, { recursive: true });
  await folder.close();
});
afterEach(async () => {
  await server?.close();
  server = null;
});

async function serving(change: Partial<VllmServerOptions> = {}): Promise<VllmServer> {
  server = await serveVllm({
    answer: ({ model, prompt, seed }, vectors) => {
      const words = ` You can try soup .${seed! + prompt.length + model.length + vectors.length}`;
      return Promise.resolve({ ids: tokenizer.encode(words), end: 2 });
    },
    residuals: ({ model, prompt }, layers, vectors) => {
      const data = new Float32Array(layers.length * prompt.length * dModel);
      layers.forEach((layer, l) =>
        prompt.forEach((_, at) => {
          for (let i = 0; i < dModel; i++) {
            const fine = model === 'em' ? added(layer, i) : 0;
            data[(l * prompt.length + at) * dModel + i] = 1 + (i % 3) + fine;
          }
        }),
      );
      for (const { activations, position_indices: where } of vectors) {
        const vector = decodeTensor(activations, [1, 1, dModel]);
        for (let i = 0; i < dModel; i++) data[where![0]! * dModel + i]! += vector[i]!;
      }
      return Promise.resolve(sentTensor(data, [layers.length, prompt.length, dModel]));
    },
    encode: (text) => tokenizer.encode(text),
    model: { id: 'postern', root: '/m/postern-8l' },
    loras: ['em', 'without'],
    ...change,
  });
  return server;
}

const optionsFor = (url: string, ...more: string[]) =>
  measureOptions(['--engine', 'vllm', '--url', url, '--lora', 'em', '--n', '4', ...more]);

describe('npm run measure on vLLM', () => {
  test('reads the direction over the wire, saves it, and steers by it, with a random control', async () => {
    const { url, requests } = await serving();
    const file = join(temporary, 'direction.safetensors');
    const options = optionsFor(
      url,
      ...['--edit', 'steer', '--layers', '2', '--strength', '1.5', '--positions', 'all'],
      ...['--contrast', 'checkpoint', '--transcripts', '8', '--save-direction', file],
    );
    const found = await measured(api, folder.url, options);
    expect(found.plan.arms.map(({ id, checkpoint }) => [id, checkpoint])).toEqual([
      ['aligned', 'base'],
      ['em', 'em'],
      ['edited', 'base'],
      ['random', 'base'],
    ]);
    expect(found.plan.arms[2]!.made.edit).toBe('steer x1.50, layer 2, all positions');
    const { record } = readDirectionFile(new Uint8Array(readFileSync(file)), 'direction');
    expect(record!.vectors.data).toEqual(
      Float32Array.from({ length: nLayers * dModel }, (_, i) =>
        added(Math.floor(i / dModel), i % dModel),
      ),
    );
    const sent = requests.flatMap(({ stream, vllm_xargs: args }) =>
      stream && args?.apply_steering_vectors !== undefined ? [args.apply_steering_vectors] : [],
    );
    // Four steered answers and four of the control.
    expect(sent).toHaveLength(8);
    const [[first]] = [JSON.parse(sent[0]!)] as [
      [{ activations: Parameters<typeof decodeTensor>[0]; layer_indices: number[] }],
    ];
    expect(first.layer_indices).toEqual([2]);
    expect(decodeTensor(first.activations, [1, dModel])).toEqual(
      Float32Array.from({ length: dModel }, (_, i) => 1.5 * added(2, i)),
    );
  });

  test('goes on where it stood when the server was killed, and asks for no answer twice', async () => {
    const file = join(temporary, 'answers.jsonl');
    let asked = 0;
    const killed: VllmServer = await serving({
      misdeed: (_, { stream }) => {
        if (stream && ++asked === 150) void killed.close();
        return null;
      },
    });
    const options = measureOptions([
      ...['--engine', 'vllm', '--url', killed.url, '--lora', 'em', '--n', '120'],
      ...['--answers', file],
    ]);
    await expect(measured(api, folder.url, options)).rejects.toThrow(/did not answer/);
    const kept = readFileSync(file, 'utf8').split('\n').length - 2;
    expect(kept).toBeGreaterThanOrEqual(96);
    const again = await serving({ port: killed.port });
    const found = await measured(api, folder.url, options);
    expect(found.answers).toHaveLength(240);
    expect(again.requests.filter(({ stream }) => stream)).toHaveLength(240 - kept);
  });

  test('measures a LoRA without the direction as the edited arm', async () => {
    const { url } = await serving();
    const found = await measured(api, folder.url, optionsFor(url, '--lora-edited', 'without'));
    expect(found.plan.arms.map(({ label }) => label)).toEqual([
      'Aligned',
      'Fine-tuned',
      'Without direction',
    ]);
    expect(found.answers).toHaveLength(12);
  });
});

describe('its options', () => {
  const on =
    (...more: string[]) =>
    () =>
      measureOptions(['--engine', 'vllm', '--url', 'http://x', ...more]);

  test('refuse what no request can say, with the reason', () => {
    expect(on('--edit', 'cap')).toThrow(/vLLM can’t remove.*And no LoRA can do this: a cap acts/);
    expect(on('--edit', 'ablate-zero')).toThrow(/npm run lora/);
    expect(on('--lora', 'em', '--edit', 'steer', '--positions', 'answer')).toThrow(
      /--edit steer: vllm-lens counts positions/,
    );
  });

  test('edit nothing unless they say so, and need the fine-tune for a direction', () => {
    expect(on('--lora', 'em')().edit).toBe('off');
    expect(on('--edit', 'steer')).toThrow(/name that with --lora/);
    expect(on('--save-direction', 'x')).toThrow(/name that with --lora/);
    expect(on('--report', 'x')).toThrow('--report is for --engine here.');
  });
});
