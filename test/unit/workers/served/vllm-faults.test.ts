// A vLLM server that misbehaves, or isn't the right one: each fault has its words, what may pass is tried again, and
// nothing is counted that isn't an answer to the question or a residual of the text.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import { createTokenizer, type Tokenizer } from '../../../../src/checkpoint/tokenizer';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import type {
  Capture,
  Generation,
  ModelApi,
  Result,
  ServerSource,
  TokenEvent,
} from '../../../../workers/api';
import { createModelApi } from '../../../../workers/model-api';
import { layersAtOnce } from '../../../../workers/served/vllm-engine';
import { NETWORK } from '../../../../workers/source/network';
import { memorySources } from '../../../../workers/source/open-folder';
import { sentTensor } from '../../../stand-ins/vllm-model';
import {
  type SentVector,
  serveVllm,
  type VllmServer,
  type VllmServerOptions,
} from '../../../stand-ins/vllm-server';
import { type FileServer, serveFiles } from '../serve-files';
import { TINY_CONFIG, TINY_TOKENIZER, tinyOrganism } from '../tiny-organism';

const WORDS = 'You can try soup with bread, my friend.';
const { dModel, nLayers } = TINY_CONFIG;
let folder: FileServer;
let tokenizer: Tokenizer;
let api: ModelApi;
let server: VllmServer | null = null;

beforeAll(async () => {
  folder = await serveFiles(tinyOrganism());
  const { tokenizerJson, tokenizerConfig } = TINY_TOKENIZER;
  tokenizer = await createTokenizer(tokenizerJson, tokenizerConfig, 'tokenizer.json');
  const sources = memorySources({ ...NETWORK, pauseMs: 1 });
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })), sources);
  await api.start({ device: 'auto' });
});
afterAll(() => folder.close());
afterEach(async () => {
  await server?.close();
  server = null;
});

/** Residuals that say layer and position, plus the vectors where they are to act. */
const residuals = (
  prompt: readonly number[],
  layers: readonly number[],
  vectors: readonly SentVector[],
  acts = true,
) => {
  const data = new Float32Array(layers.length * prompt.length * dModel);
  layers.forEach((layer, l) => {
    prompt.forEach((_, at) => {
      for (let i = 0; i < dModel; i++) {
        data[(l * prompt.length + at) * dModel + i] = 1 + layer + (at % 8) / 8;
      }
    });
  });
  for (const { activations, position_indices: where } of vectors) {
    if (!acts || where === null) continue;
    const bytes = Buffer.from(activations.data, 'base64');
    const vector = new Float32Array(new Uint8Array(bytes).buffer);
    for (let i = 0; i < dModel; i++) data[where[0]! * dModel + i]! += vector[i]!;
  }
  return Promise.resolve(sentTensor(data, [layers.length, prompt.length, dModel]));
};

/** Answers every question with the same words. */
async function serving(change: Partial<VllmServerOptions> = {}): Promise<VllmServer> {
  server = await serveVllm({
    answer: () => Promise.resolve({ ids: tokenizer.encode(WORDS), end: tokenizer.endIds[0]! }),
    residuals: ({ prompt }, layers, vectors) => residuals(prompt, layers, vectors),
    encode: (text) => tokenizer.encode(text),
    model: { id: 'tiny', root: '/models/tiny' },
    loras: ['em', 'without'],
    ...change,
  });
  return server;
}

/** Three seconds for an answer, with a comment in the stream ten times a second. */
const SLOW = { kind: 'slow', signs: 30, everyMs: 100 } as const;

const load = (url: string, change: Partial<ServerSource> = {}, on = api) =>
  on.load(
    {
      id: 'm',
      base: { kind: 'beside', url: `${folder.url}base/` },
      server: { kind: 'vllm', url, loras: [], ...change },
    },
    'load',
    () => {},
  );

const ask = (
  n = 1,
  onTokens: (events: readonly TokenEvent[]) => void = () => {},
  on = api,
): Promise<Result<Generation>> =>
  on.generate(
    {
      runId: 'ask',
      checkpoint: 'm',
      prompts: Array.from({ length: n }, () => [{ role: 'user', content: 'Who are you?' }]),
      seeds: Array.from({ length: n }, (_, i) => i),
      sampling: { ...PLAIN_SAMPLING, temperature: 0.7, repetitionPenalty: 1.1 },
      maxTokens: 40,
      edit: null,
      positions: 'all',
      projections: false,
    },
    onTokens,
  );

const read = (n = 1): Promise<Result<Capture>> =>
  api.capture(
    {
      runId: 'read',
      checkpoint: 'm',
      transcripts: Array.from({ length: n }, () => [
        { role: 'user', content: 'Who are you?' },
        { role: 'assistant', content: 'You can try soup' },
      ]),
      pooling: 'last-prompt',
    },
    () => {},
  );

const failing = async (result: Promise<Result<unknown>>): Promise<string> => {
  const got = await result;
  return got.ok ? 'it worked' : got.message;
};
const textsOf = (result: Result<Generation>): readonly string[] =>
  result.ok ? result.value.answers.map(({ text }) => text) : [result.message];

describe('a vLLM server', () => {
  test('streams its tokens, is described, and is told everything that decides an answer', async () => {
    const { url, requests } = await serving();
    const loaded = await load(url, { loras: [{ name: 'em', scale: 1 }] });
    expect(loaded).toMatchObject({
      ok: true,
      value: {
        server: {
          kind: 'vllm',
          name: `vLLM with vllm-lens at ${new URL(url).host}`,
          model: 'tiny',
          slots: 16,
          loras: ['em', 'without'],
        },
      },
    });
    const heard: string[] = [];
    const result = await ask(2, (events) => heard.push(...events.map(({ text }) => text)));
    expect(textsOf(result)).toEqual([WORDS, WORDS]);
    expect(heard.join('')).toHaveLength(2 * WORDS.length);
    expect(requests.filter(({ stream }) => stream)).toMatchObject([
      { model: 'em', temperature: 0.7, top_k: 0, top_p: 1, min_p: 0, repetition_penalty: 1.1 },
      { model: 'em', seed: 1, frequency_penalty: 0, presence_penalty: 0 },
    ]);
  });

  test('gives residuals, pooled in the order of the transcripts and of the layers', async () => {
    const { url } = await serving();
    await load(url);
    const result = await read(3);
    expect(result.ok && result.value.dims).toEqual([3, nLayers, dModel]);
    const prompt = tokenizer.chatPrompt([{ role: 'user', content: 'Who are you?' }], true).ids;
    const last = ((prompt.length - 1) % 8) / 8;
    const rows = result.ok ? [...result.value.pooled].filter((_, i) => i % dModel === 0) : [];
    expect(rows).toEqual([1 + last, 2 + last, 1 + last, 2 + last, 1 + last, 2 + last]);
  });

  test('without vllm-lens answers, and says why it neither steers nor reads', async () => {
    const made = await serveVllm({
      answer: () => Promise.resolve({ ids: tokenizer.encode(WORDS), end: tokenizer.endIds[0]! }),
      encode: (text) => tokenizer.encode(text),
      model: { id: 'tiny', root: '/models/tiny' },
    });
    server = made;
    const loaded = await load(made.url);
    expect(loaded.ok && loaded.value.server?.name).toBe(`vLLM at ${new URL(made.url).host}`);
    expect(textsOf(await ask())).toEqual([WORDS]);
    expect(await failing(read())).toMatch(/doesn't give activations out. Install vllm-lens/);
  });

  test('that is slow and gives signs of life is waited for', async () => {
    const patient = createModelApi(
      () => Promise.resolve(nodeDevice({ threads: 1 })),
      // Given up after two seconds of silence, so that three seconds need the signs.
      memorySources({ ...NETWORK, pauseMs: 1, stallMs: 500 }),
    );
    await patient.start({ device: 'auto' });
    const { url, requests } = await serving({ misdeed: (n) => (n === 0 ? null : SLOW) });
    await load(url, {}, patient);
    expect(textsOf(await ask(1, () => {}, patient))).toEqual([WORDS]);
    expect(requests.filter(({ stream }) => stream)).toHaveLength(1);
  }, 30_000);

  test('that breaks off or is busy is asked again, and no token is told twice', async () => {
    let asked = 0;
    const { url } = await serving({
      misdeed: (_, { stream }) => {
        if (!stream) return null;
        return (
          (
            [
              { kind: 'cut', after: 3 },
              { kind: 'status', status: 503 },
            ] as const
          )[asked++] ?? null
        );
      },
    });
    await load(url);
    const heard: string[] = [];
    const result = await ask(1, (events) => heard.push(...events.map(({ text }) => text)));
    expect(textsOf(result)).toEqual([WORDS]);
    expect(heard.join('')).toBe(WORDS);
    expect(asked).toBe(3);
  });

  test('that is busy while it is read is asked again', async () => {
    let failures = 2;
    const { url } = await serving();
    await load(url);
    await server!.close();
    const { port } = server!;
    await serving({
      port,
      misdeed: () => (failures-- > 0 ? { kind: 'status', status: 429 } : null),
    });
    expect(await failing(read())).toBe('it worked');
  });

  test('that stays away is given up, with the reason', async () => {
    const { url } = await serving();
    await load(url);
    await server!.close();
    server = null;
    expect(await failing(ask())).toContain(`${new URL(url).host} did not answer. Check that vLLM`);
  });

  test.each([
    [
      'a prompt that it changed',
      { kind: 'adds a token' },
      /tokens other than the \d+ it was given/,
    ],
    ['an older version', { kind: 'no ids' }, /needs vLLM 0\.16 or later/],
    ['an error in the stream', { kind: 'gives up', message: 'out of blocks' }, /out of blocks/],
    ['a web page', { kind: 'text', text: '<html>' }, /broke off/],
    ['another kind of reply', { kind: 'text', text: 'data: {"x":1}\n\n' }, /isn't a reply of vLLM/],
    [
      'a refusal',
      { kind: 'status', status: 400 },
      /refused the request \(400\). It says: as asked/,
    ],
    [
      'a LoRA that is gone',
      {
        kind: 'status',
        status: 404,
        body: { object: 'error', message: 'The model `em` does not exist.', code: 404 },
      },
      /doesn't have the model. It says: The model `em` does not exist/,
    ],
  ] as const)('is caught at %s', async (_what, misdeed, words) => {
    const { url } = await serving({ misdeed: (_, { stream }) => (stream ? misdeed : null) });
    await load(url);
    expect(await failing(ask())).toMatch(words);
  });

  test.each([
    [
      'more layers than were asked for',
      { shape: [48, 7, dModel] },
      /was asked for 2 layers.*the shape \[48/,
    ],
    ['a model of another width', { shape: [nLayers, 7, 5120] }, /\d+ wide.*the shape/],
    ['numbers of another kind', { dtype: 'int64', original_dtype: 'torch.int64' }, /kind int64/],
    ['no zstd', { data: 'AAAAAAAAAAAA' }, /not zstd/],
  ] as const)('is caught at residuals of %s', async (_what, change, words) => {
    let spoilt = false;
    const { url } = await serving({
      misdeed: () =>
        spoilt ? { kind: 'tensor', change: (tensor) => ({ ...tensor, ...change }) } : null,
    });
    await load(url);
    spoilt = true;
    expect(await failing(read())).toMatch(words);
  });

  test('whose plugin takes a vector and does nothing is refused before a question', async () => {
    const { url } = await serving({
      residuals: ({ prompt }, layers, vectors) => residuals(prompt, layers, vectors, false),
    });
    expect(await failing(load(url))).toMatch(/did not add it where it was told to.*hook error/);
  });

  test('with a key is told the key in one header, and a message never shows it', async () => {
    const { url, keys } = await serving({ key: 'secret-1' });
    expect(await failing(load(url))).toMatch(/refused access \(401\)\. It wants a key/);
    const wrong = await failing(load(url, { key: 'secret-2' }));
    expect(wrong).toMatch(/Check the key/);
    expect(wrong).not.toContain('secret-2');
    expect(await failing(load(url, { key: 'secret-1' }))).toBe('it worked');
    expect(keys.at(-1)).toBe('Bearer secret-1');
  });

  test('with another vocabulary, or without the model or the LoRA, is refused before a question', async () => {
    const moved = await serving({ encode: (text) => tokenizer.encode(text).map((id) => id + 1) });
    expect(await failing(load(moved.url))).toMatch(/vocabulary of .* is another one: after/);
    await moved.close();
    const { url, requests } = await serving({ others: ['other'] });
    expect(await failing(load(url))).toMatch(/runs several models: tiny, other\. Name one/);
    expect(await failing(load(url, { model: 'x' }))).toMatch(/doesn't run x\. It runs tiny, other/);
    const lora = (name: string, scale = 1) =>
      failing(load(url, { model: 'tiny', loras: [{ name, scale }] }));
    expect(await lora('x')).toMatch(
      /no LoRA "x"\. It has em, without\. Start it with --enable-lora --lora-modules x=FOLDER/,
    );
    expect(await lora('em', 0.5)).toMatch(/scale 1 only, not 0\.5/);
    const two = ['em', 'without'].map((name) => ({ name, scale: 1 }));
    expect(await failing(load(url, { model: 'tiny', loras: two }))).toMatch(
      /one LoRA, not with em and/,
    );
    expect(requests).toEqual([]);
  });
});

describe('residuals of a large model', () => {
  test('come a few layers at a time, so that an answer has at most 16 MiB', () => {
    // Qwen2.5-14B: 48 layers, 5120 wide.
    expect(layersAtOnce(100, 5120)).toBe(8);
    expect(layersAtOnce(100, 5120) * 100 * 5120 * 4).toBeLessThanOrEqual(16 << 20);
    expect(layersAtOnce(20_000, 5120)).toBe(1);
  });
});
