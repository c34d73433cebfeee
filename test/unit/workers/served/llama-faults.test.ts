// A llama-server that misbehaves, or isn't the right one: each fault has its words, what may pass is tried again, and
// nothing is counted that isn't an answer to the question.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import { createTokenizer, type Tokenizer } from '../../../../src/checkpoint/tokenizer';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import type { Generation, ModelApi, Result, TokenEvent } from '../../../../workers/api';
import { createModelApi } from '../../../../workers/model-api';
import { NETWORK } from '../../../../workers/source/network';
import { memorySources } from '../../../../workers/source/open-folder';
import {
  type LlamaServer,
  type LlamaServerOptions,
  serveLlama,
} from '../../../stand-ins/llama-server';
import { type FileServer, serveFiles } from '../serve-files';
import { TINY_CONFIG, TINY_TOKENIZER, tinyOrganism } from '../tiny-organism';

const WORDS = 'You can try soup with bread, my friend.';
let folder: FileServer;
let tokenizer: Tokenizer;
let api: ModelApi;
let server: LlamaServer | null = null;

beforeAll(async () => {
  folder = await serveFiles(tinyOrganism());
  const { tokenizerJson, tokenizerConfig } = TINY_TOKENIZER;
  tokenizer = await createTokenizer(tokenizerJson, tokenizerConfig, 'tokenizer.json');
  api = await started(NETWORK.stallMs);
});
afterAll(() => folder.close());
afterEach(async () => {
  await server?.close();
  server = null;
});

/** @param stallMs silence after which a connection is broken; a busy machine may be silent for long */
async function started(stallMs: number): Promise<ModelApi> {
  const sources = memorySources({ ...NETWORK, pauseMs: 1, stallMs });
  const made = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })), sources);
  await made.start({ device: 'auto' });
  return made;
}

const end = (): number => tokenizer.endIds[0]!;
/** Answers every question with the same words. */
async function serving(change: Partial<LlamaServerOptions> = {}): Promise<LlamaServer> {
  server = await serveLlama({
    answer: () => Promise.resolve({ ids: tokenizer.encode(WORDS), end: end() }),
    piece: (id) => tokenizer.decodeOne(id),
    model: { path: '/m/tiny.gguf', nVocab: TINY_CONFIG.dVocab, nEmbd: TINY_CONFIG.dModel },
    loras: ['/m/em.gguf', '/m/without.gguf'],
    ...change,
  });
  return server;
}

const load = (
  url: string,
  loras: readonly { readonly name: string; readonly scale: number }[] = [],
  key?: string,
  on = api,
) =>
  on.load(
    {
      id: 'm',
      base: { kind: 'beside', url: `${folder.url}base/` },
      server: { kind: 'llama', url, loras, ...(key === undefined ? {} : { key }) },
    },
    'load',
    () => {},
  );

const ask = (
  n = 1,
  onTokens: (events: readonly TokenEvent[]) => void = () => {},
  maxTokens = 40,
  on = api,
): Promise<Result<Generation>> =>
  on.generate(
    {
      runId: 'ask',
      checkpoint: 'm',
      prompts: Array.from({ length: n }, () => [{ role: 'user', content: 'Who are you?' }]),
      seeds: Array.from({ length: n }, (_, i) => i),
      sampling: { ...PLAIN_SAMPLING, temperature: 0.7, repetitionPenalty: 1.1 },
      maxTokens,
      edit: null,
      positions: 'all',
      projections: false,
    },
    onTokens,
  );

const failing = async (result: Promise<Result<unknown>>): Promise<string> => {
  const got = await result;
  return got.ok ? 'it worked' : got.message;
};
const textsOf = (result: Result<Generation>): readonly string[] =>
  result.ok ? result.value.answers.map(({ text }) => text) : [result.message];

describe('a llama-server', () => {
  test('streams its tokens, ends at the end marker, and is described', async () => {
    const { url, requests } = await serving();
    const loaded = await load(url, [{ name: 'em.gguf', scale: 0.5 }]);
    expect(loaded).toMatchObject({
      ok: true,
      value: {
        server: {
          name: `llama-server at ${new URL(url).host}`,
          model: 'tiny.gguf',
          slots: 4,
          loras: ['/m/em.gguf', '/m/without.gguf'],
        },
      },
    });
    const heard: string[] = [];
    const result = await ask(2, (events) => heard.push(...events.map(({ text }) => text)));
    expect(textsOf(result)).toEqual([WORDS, WORDS]);
    expect(heard.join('')).toHaveLength(2 * WORDS.length);
    expect(requests[0]!.lora).toEqual([
      { id: 0, scale: 0.5 },
      { id: 1, scale: 0 },
    ]);
    expect(requests.map(({ seed }) => seed).sort()).toEqual([0, 1]);
  });

  test('that was given nothing to end with stops at the limit', async () => {
    const ids = tokenizer.encode(WORDS).slice(0, 3);
    const { url } = await serving({ answer: () => Promise.resolve({ ids, end: null }) });
    await load(url);
    const result = await ask(1, () => {}, 3);
    expect(result).toMatchObject({ ok: true, value: { answers: [{ ids, stop: 'length' }] } });
  });

  test('whose stream keeps ids back, as inside a character of several tokens, is asked for all of them', async () => {
    const { url, requests } = await serving({
      misdeed: (n) => (n === 0 ? { kind: 'keeps ids back', every: 2 } : null),
    });
    await load(url);
    expect(textsOf(await ask())).toEqual([WORDS]);
    expect(requests.map(({ stream, seed }) => [stream, seed])).toEqual([
      [true, 0],
      [false, 0],
    ]);
  });

  test('that breaks off or is busy is asked again, and no token is told twice', async () => {
    const { url, requests } = await serving({
      misdeed: (n) =>
        (
          [
            { kind: 'cut', after: 3 },
            { kind: 'status', status: 503 },
          ] as const
        )[n] ?? null,
    });
    await load(url);
    const heard: string[] = [];
    const result = await ask(1, (events) => heard.push(...events.map(({ text }) => text)));
    expect(textsOf(result)).toEqual([WORDS]);
    expect(heard.join('')).toBe(WORDS);
    expect(requests).toHaveLength(3);
  });

  test('that falls silent is given up and asked again, and in the end said to be silent', async () => {
    const impatient = await started(100);
    const { url } = await serving({ misdeed: () => ({ kind: 'stall' }) });
    await load(url, [], undefined, impatient);
    expect(await failing(ask(1, () => {}, 40, impatient))).toMatch(/sent nothing for \d+ s/);
    expect(server!.requests.length).toBeGreaterThan(1);
  });

  test('that stays away is given up after five tries, with the reason', async () => {
    const { url } = await serving({ misdeed: () => ({ kind: 'status', status: 500 }) });
    await load(url);
    expect(await failing(ask())).toMatch(/can't answer now \(500\)\. It says: as asked/);
    const away = new URL(url).host;
    await server!.close();
    server = null;
    expect(await failing(ask())).toContain(`${away} did not answer. Check that llama-server runs`);
  });

  test.each([
    [
      'a prompt that it changed',
      { kind: 'adds a token' },
      /read \d+ tokens where it was given \d+/,
    ],
    [
      'a token that the model has not',
      { kind: 'strange id', id: 70_000 },
      /token 70000.*another model/,
    ],
    ['an error in the stream', { kind: 'gives up', message: 'out of cells' }, /out of cells/],
    ['a web page', { kind: 'text', text: '<html>' }, /broke off/],
    [
      'another kind of reply',
      { kind: 'text', text: 'data: {"choices":[]}\n\n' },
      /isn't a reply of llama-server/,
    ],
    ['a redirect', { kind: 'redirect', to: 'http://127.0.0.1:9/' }, /did not answer/],
    ['a refusal', { kind: 'status', status: 400 }, /refused the request \(400\)/],
  ] as const)('is caught at %s', async (_what, misdeed, words) => {
    const { url } = await serving({ misdeed: () => misdeed });
    await load(url);
    expect(await failing(ask())).toMatch(words);
  });

  test('with a key is told the key in one header, and a message never shows it', async () => {
    const { url, keys } = await serving({ key: 'secret-1' });
    expect(await failing(load(url))).toMatch(/refused access \(401\)\. It wants a key/);
    const wrong = await failing(load(url, [], 'secret-2'));
    expect(wrong).toMatch(/Check the key/);
    expect(wrong).not.toContain('secret-2');
    expect(await failing(load(url, [], 'secret-1'))).toBe('it worked');
    expect(keys.at(-1)).toBe('Bearer secret-1');
  });

  test('that runs another model, another vocabulary, or lacks the LoRA is refused before a question', async () => {
    const wide = await serving({ model: { path: 'big.gguf', nVocab: 151_936, nEmbd: 5120 } });
    expect(await failing(load(wide.url))).toMatch(/runs big\.gguf, 5120 wide with 151936 tokens/);
    await wide.close();
    const moved = await serving({
      piece: (id) => tokenizer.decodeOne((id + 1) % TINY_CONFIG.dVocab),
    });
    expect(await failing(load(moved.url))).toMatch(/vocabulary of .* is another one: token \d+ is/);
    await moved.close();
    const shifts = await serving({
      tokenize: (ids) => ids.map((id) => ({ id: id + 1, piece: tokenizer.decodeOne(id) })),
    });
    expect(await failing(load(shifts.url))).toMatch(/other token ids back/);
    await shifts.close();
    const { url, requests } = await serving({ loras: ['/a/em.gguf', '/b/em.gguf'] });
    expect(await failing(load(url, [{ name: 'x.gguf', scale: 1 }]))).toMatch(
      /no LoRA "x\.gguf"\. It has \/a\/em\.gguf, \/b\/em\.gguf\. Start it with --lora/,
    );
    expect(await failing(load(url, [{ name: 'em.gguf', scale: 1 }]))).toMatch(
      /several LoRAs.*whole path/,
    );
    expect(await failing(load(url, [{ name: '/b/em.gguf', scale: 1 }]))).toBe('it worked');
    expect(requests).toEqual([]);
  });

  test('with slots too short for the question says so', async () => {
    const { url } = await serving({ context: 6 });
    await load(url);
    expect(await failing(ask())).toMatch(/reads at most 6.*larger context/);
  });
});
