// Many answers from a server with 16 slots. The stand-in holds every answer until all slots have one, so a client that
// leaves a slot idle would wait for ever.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import { createTokenizer, type Tokenizer } from '../../../../src/checkpoint/tokenizer';
import { PLAIN_SAMPLING } from '../../../../src/core/sampling';
import type { Generation, ModelApi, Result } from '../../../../workers/api';
import { createModelApi } from '../../../../workers/model-api';
import { type LlamaServer, serveLlama } from '../../../stand-ins/llama-server';
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

/** A server that lets answers go when `open` of them wait, and told when it does. */
async function gated(onRound: (answered: number) => void): Promise<LlamaServer> {
  const ids = tokenizer.encode('You can try soup with bread');
  let waiting: (() => void)[] = [];
  let answered = 0;
  return serveLlama({
    answer: async () => {
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
    },
    piece: (id) => tokenizer.decodeOne(id),
    model: { path: '/m/tiny.gguf', nVocab: TINY_CONFIG.dVocab, nEmbd: TINY_CONFIG.dModel },
    slots: SLOTS,
  });
}

async function ask(url: string, runId: string): Promise<Result<Generation>> {
  const base = { kind: 'beside', url: `${folder.url}base/` } as const;
  await api.load({ id: 'm', base, server: { kind: 'llama', url, loras: [] } }, 'load', () => {});
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

describe('2,000 answers from a server with 16 slots', () => {
  test('keep every slot busy, never more, and memory flat', async () => {
    let early = 0;
    const server = await gated((answered) => {
      if (answered === 400) early = heapBytes();
    });
    const result = await ask(server.url, 'many');
    const growth = heapBytes() - early;
    await server.close();
    expect(result.ok && result.value.answers).toHaveLength(N);
    expect(server.atOnce()).toBe(SLOTS);
    expect(server.requests.map(({ seed }) => seed).sort((a, b) => a - b)).toEqual(
      Array.from({ length: N }, (_, i) => i),
    );
    expect(growth).toBeLessThan(MOST_GROWTH_BYTES);
  }, 120_000);

  test('end at once when they are cancelled: what was written stays, nothing more is asked', async () => {
    let cancelled = Promise.resolve();
    const server = await gated((answered) => {
      if (answered === 10 * SLOTS) cancelled = api.cancel('stopped');
    });
    const result = await ask(server.url, 'stopped');
    await cancelled;
    await expect.poll(() => server.now()).toBe(0);
    const asked = server.requests.length;
    await server.close();
    expect(asked).toBeLessThanOrEqual(11 * SLOTS);
    const stops = result.ok ? result.value.answers.map(({ stop }) => stop) : [];
    expect(stops.filter((stop) => stop === 'end').length).toBeGreaterThanOrEqual(9 * SLOTS);
    expect(stops.filter((stop) => stop === 'cancelled').length).toBeGreaterThan(N - 11 * SLOTS);
  }, 120_000);
});
