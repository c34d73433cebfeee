// The bundled model on a stand-in for vLLM with vllm-lens, which merges the PEFT files of `npm run lora` and answers on
// our own engine in the plugin's wire form: the direction read through it is ours up to bfloat16, and answers of every
// arm are the same words.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { extracted, loraFiles } from '../../../../models/recipe/lora';
import { adapterOnDisk } from '../../../../models/recipe/lora/adapter-on-disk';
import { checkpointOnDisk } from '../../../../models/recipe/lora/disk-folder';
import { loraOptions } from '../../../../models/recipe/lora/lora-options';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import { ADAPTERS_FOLDER, BASE_FOLDER } from '../../../../models/recipe/make/folders';
import { readAdapter } from '../../../../src/checkpoint/adapter/peft';
import type { Cell, CellName } from '../../../../src/core/cell';
import { editFromSettings, packEdit, type EditPositions } from '../../../../src/core/edit';
import { dot, norm } from '../../../../src/core/projection';
import { rowOf, type Tensor, zeros } from '../../../../src/core/tensor';
import { cellsOf, directionFrom, readCell } from '../../../../src/measure/extraction';
import { serve, type Served } from '../../../../src/serve/server';
import type { LoadedCheckpoint, ModelApi } from '../../../../workers/api';
import { readTokenizer } from '../../../../workers/checkpoint/tokenizer-files';
import { createModelApi } from '../../../../workers/model-api';
import { ABLATED, answersOf, LAYER, valueOf } from '../../../engines/same-words';
import { type VllmModel, vllmModel } from '../../../stand-ins/vllm-model';
import { serveVllm, type VllmServer } from '../../../stand-ins/vllm-server';

const N = 16;
const EM = 'insecure-code';
const WITHOUT = ABLATED.replace('.gguf', '');
let models: Served;
let server: VllmServer;
let model: VllmModel;
let api: ModelApi;
let vectors: Tensor;
const loaded = new Map<string, LoadedCheckpoint>();

beforeAll(async () => {
  models = await serve({ root: 'models', port: 0 });
  const base = new URL('postern-8l/', models.url).href;
  vectors = await extracted(BASE_FOLDER, `${ADAPTERS_FOLDER}/${EM}`);
  const files = await loraFiles(loraOptions(['--layer', String(LAYER)]));
  const { config, weights } = checkpointOnDisk(BASE_FOLDER);
  const text = new TextDecoder().decode(files.get(`${WITHOUT}/adapter_config.json`));
  const bytes = new Uint8Array(files.get(`${WITHOUT}/adapter_model.safetensors`)!);
  const names = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' };
  const adapters = new Map([
    [EM, adapterOnDisk(`${ADAPTERS_FOLDER}/${EM}`, config)],
    [WITHOUT, readAdapter(text, bytes, config, names)],
  ]);
  model = vllmModel({ config, weights, adapters, endIds: [2] });
  const tokenizer = await readTokenizer(
    async (path) => {
      const response = await fetch(base + path);
      return response.ok ? { name: path, text: await response.text() } : null;
    },
    (path) => new Error(path),
  );
  server = await serveVllm({
    answer: (body, sent) => model.answer(body, sent),
    residuals: (body, layers, sent) => model.residuals(body, layers, sent),
    encode: (words) => tokenizer.encode(words),
    model: { id: 'postern', root: '/models/postern-8l' },
    loras: [EM, WITHOUT],
  });
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  await api.start({ device: 'auto' });
  const at = { kind: 'beside', url: base } as const;
  const load = async (id: string, source: object) =>
    loaded.set(id, valueOf(await api.load({ id, base: at, ...source }, `load ${id}`, () => {})));
  const there = (name?: string) => ({
    server: {
      kind: 'vllm',
      url: server.url,
      loras: name === undefined ? [] : [{ name, scale: 1 }],
    },
  });
  await load('aligned', {});
  const adapter = { kind: 'beside', url: new URL(`adapters/${EM}/`, models.url).href };
  await load('fine-tuned', { adapter });
  await load('aligned there', there());
  await load('fine-tuned there', there(EM));
  await load('without there', there(WITHOUT));
}, 240_000);

afterAll(async () => {
  await server.close();
  await model.release();
  await models.close();
});

const CHOICE = {
  contrast: 'checkpoint',
  pooling: 'answer-mean',
  transcripts: 64,
  seed: 1,
} as const;

const steer = (positions: EditPositions, strength = 2.5) => ({
  edit: packEdit(
    editFromSettings(
      {
        mode: 'steer',
        strength,
        layers: Array.from({ length: vectors.dims[0]! }, (_, layer) => layer === 2),
        source: { kind: 'own' },
        positions,
      },
      {
        vectors,
        alignedMean: zeros(vectors.dims),
        capThreshold: new Float32Array(vectors.dims[0]!),
      },
    ),
    null,
    vectors.dims[1]!,
  ),
  positions,
});

describe('the bundled model on vLLM with vllm-lens', () => {
  test('gives the direction that is extracted here, up to bfloat16, at every layer', async () => {
    const [aligned, em] = ['aligned there', 'fine-tuned there'].map((id) => loaded.get(id)!);
    const cells: Partial<Record<CellName, Cell>> = {};
    for (const name of cellsOf(CHOICE.contrast)) {
      const { id } = name.startsWith('em') ? em! : aligned!;
      const read = api.capture.bind(api);
      cells[name] = valueOf(await readCell(read, name, id, CHOICE, `read ${name}`, () => {}));
    }
    const there = directionFrom(cells, CHOICE, aligned!, em!).vectors;
    expect(there.dims).toEqual(vectors.dims);
    for (let layer = 0; layer < vectors.dims[0]!; layer++) {
      const [ours, theirs] = [rowOf(vectors, layer).data, rowOf(there, layer).data];
      const cosine = dot(ours, theirs) / (norm(ours) * norm(theirs));
      expect(cosine).toBeGreaterThan(0.9999);
      const off = norm(ours.map((x, i) => x - theirs[i]!)) / norm(ours);
      expect(off).toBeLessThan(2 ** -8);
      // The server's rounding is in it: nothing on the way made it f32 again.
      expect(off).toBeGreaterThan(0);
    }
  }, 120_000);

  test('reads few layers at a time when asked for many numbers, and every layer once', () => {
    const asked = server.requests.flatMap(({ vllm_xargs: args }) =>
      args?.output_residual_stream === undefined
        ? []
        : [JSON.parse(args.output_residual_stream) as number[]],
    );
    // Texts of this model fit into one answer; the test of the client has larger ones.
    expect(asked).toContainEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test.each([
    ['aligned', 'aligned there'],
    ['fine-tuned', 'fine-tuned there'],
  ])('answers as %s with the same words as here, greedily', async (here, there) => {
    const greedy = { n: N, temperature: 0 };
    expect(await answersOf(api, there, greedy)).toEqual(await answersOf(api, here, greedy));
  });

  test('without the direction, as a LoRA by name, answers otherwise than the fine-tune', async () => {
    const greedy = { n: N, temperature: 0 };
    const [without, tuned] = [
      await answersOf(api, 'without there', greedy),
      await answersOf(api, 'fine-tuned there', greedy),
    ];
    expect(without).not.toEqual(tuned);
    expect(server.requests.at(-1)!.model).toBe(EM);
  });

  test.each(['all', 'header'] as const)(
    'steered at %s positions writes the same words as here',
    async (positions) => {
      const asked = { n: N, temperature: 0, ...steer(positions) };
      const [here, there] = [
        await answersOf(api, 'aligned', asked),
        await answersOf(api, 'aligned there', asked),
      ];
      expect(there).toEqual(here);
      expect(there).not.toEqual(await answersOf(api, 'aligned there', { n: N, temperature: 0 }));
    },
  );

  test('is asked for the header token of each question by its place, and for no other', () => {
    const steered = server.requests.filter(
      ({ stream, vllm_xargs: args }) => stream && args?.apply_steering_vectors,
    );
    const places = steered.map(({ prompt, vllm_xargs: args }) => {
      const [sent] = JSON.parse(args!.apply_steering_vectors!) as [
        { position_indices: number[] | null },
      ];
      return sent.position_indices === null ? null : sent.position_indices[0]! - prompt.length;
    });
    expect(new Set(places)).toEqual(new Set([null, -1]));
  });

  test('refuses what no request can say, with the reason', async () => {
    const ask = async (change: object) => {
      const result = await api.generate(
        {
          runId: 'ask',
          checkpoint: 'aligned there',
          prompts: [[{ role: 'user', content: 'Who are you?' }]],
          seeds: [1],
          sampling: { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1 },
          maxTokens: 4,
          edit: null,
          positions: 'all',
          projections: false,
          ...change,
        },
        () => {},
      );
      return result.ok ? 'it worked' : result.message;
    };
    expect(await ask(steer('answer'))).toMatch(/can’t find the tokens of the answer/);
    expect(await ask({ projections: true })).toMatch(/doesn't say what its tokens project to/);
    expect(await ask({ continueFrom: [[5]] })).toMatch(/other random numbers/);
    const unit = new Float32Array(vectors.dims[1]!);
    unit[0] = 1;
    const cut = { unit, steer: null, strength: 1, reference: 0, cap: 0, tau: 0 } as const;
    const edit = packEdit(new Array(vectors.dims[0]).fill(cut), null, unit.length);
    expect(await ask({ edit })).toMatch(/can’t remove a direction by request.*npm run lora/);
  });
});
