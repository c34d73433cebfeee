// Many answers from a server with 16 slots, of either program. The stand-in holds every answer until all slots have one,
// so a client that leaves a slot idle would wait for ever.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import { createTokenizer, type Tokenizer } from '../../../../src/checkpoint/tokenizer';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import type { Generation, ModelApi, Result, ServerKind } from '../../../../workers/api';
import { createModelApi } from '../../../../workers/model-api';
import { serveLlama } from '../../../stand-ins/llama-server';
import { serveVllm } from '../../../stand-ins/vllm-server';
import { type FileServer, serveFiles } from '../serve-files';
import { TINY_CONFIG, TINY_TOKENIZER, tinyOrganism } from '../tiny-organism';

const SLOTS = 16;
const N = 2000;
/** Most that the heap may grow from the 400th answer to the last, with what the stand-in keeps of requests. */
const MOST_GROWTH_BYTES = 12e6;

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;
const heapBytes = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

let folder: FileServer;
let tokenizer: Tokenizer;
let api: ModelApi;

interface GatedServer {
  readonly url: string;
  readonly requests: readonly { readonly seed?: number | undefined }[];
  readonly now: () => number;
  readonly atOnce: () => number;
  close(): Promise<void>;
}

/** A server that lets answers go when as many of them wait as it has slots, and tells when it does. */
async function gated(kind: ServerKind, onRound: (answered: number) => void): Promise<GatedServer> {
  const ids = tokenizer.encode('You can try soup with bread');
  let waiting: (() => void)[] = [];
  let answered = 0;
  const answer = async () => {
    await new Promise<void>((go) => {
      waiting.push(go);
      if (waiting.length < SLOTS) return;
      answered += SLOTS;
      const all = waiting;
      waiting = [];
      onRound(answered);
      for (const one of all) one();
    });
    return { ids, end: tokenizer.endIds[0]! };
  };
  if (kind === 'vllm') {
    const model = { id: 'tiny', root: '/m/tiny' };
    return serveVllm({ answer, encode: (text) => tokenizer.encode(text), model });
  }
  return serveLlama({
    answer,
    piece: (id) => tokenizer.decodeOne(id),
    model: { path: '/m/tiny.gguf', nVocab: TINY_CONFIG.dVocab, nEmbd: TINY_CONFIG.dModel },
    slots: SLOTS,
  });
}

async function ask(kind: ServerKind, url: string, runId: string): Promise<Result<Generation>> {
  const base = { kind: 'beside', url: `${folder.url}base/` } as const;
  await api.load({ id: 'm', base, server: { kind, url, loras: [] } }, 'load', () => {});
  return api.generate(
    {
      runId,
      checkpoint: 'm',
      prompts: Array.from({ length: N }, () => [{ role: 'user', content: 'Who are you?' }]),
      seeds: Array.from({ length: N }, (_, i) => i),
      sampling: PLAIN_SAMPLING,
      maxTokens: 40,
      edit: null,
      positions: 'all',
      projections: false,
    },
    () => {},
  );
}

beforeAll(async () => {
  folder = await serveFiles(tinyOrganism());
  const { tokenizerJson, tokenizerConfig } = TINY_TOKENIZER;
  tokenizer = await createTokenizer(tokenizerJson, tokenizerConfig, 'tokenizer.json');
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  await api.start({ device: 'auto' });
});
afterAll(() => folder.close());

describe.each(['llama', 'vllm'] as const)('2,000 answers from %s with 16 slots', (kind) => {
  test('keep every slot busy, never more, and memory flat', async () => {
    let early = 0;
    const server = await gated(kind, (answered) => {
      if (answered === 400) early = heapBytes();
    });
    const result = await ask(kind, server.url, 'many');
    const growth = heapBytes() - early;
    await server.close();
    expect(result.ok && result.value.answers).toHaveLength(N);
    expect(server.atOnce()).toBe(SLOTS);
    // The look-up of vLLM asks for residuals, without a seed.
    const seeds = server.requests.flatMap(({ seed }) => (seed === undefined ? [] : [seed]));
    expect(seeds.sort((a, b) => a - b)).toEqual(Array.from({ length: N }, (_, i) => i));
    expect(growth).toBeLessThan(MOST_GROWTH_BYTES);
  }, 120_000);

  test('end at once when they are cancelled: what was written stays, nothing more is asked', async () => {
    let cancelled = Promise.resolve();
    let atMs = 0;
    const server = await gated(kind, (answered) => {
      if (answered !== 10 * SLOTS) return;
      atMs = performance.now();
      cancelled = api.cancel('stopped');
    });
    const result = await ask(kind, server.url, 'stopped');
    await cancelled;
    expect(performance.now() - atMs).toBeLessThan(1000);
    await expect.poll(() => server.now()).toBe(0);
    const asked = server.requests.length;
    await server.close();
    expect(asked).toBeLessThanOrEqual(11 * SLOTS + 1);
    const stops = result.ok ? result.value.answers.map(({ stop }) => stop) : [];
    expect(stops.filter((stop) => stop === 'end').length).toBeGreaterThanOrEqual(9 * SLOTS);
    expect(stops.filter((stop) => stop === 'cancelled').length).toBeGreaterThan(N - 11 * SLOTS);
  }, 120_000);
});
