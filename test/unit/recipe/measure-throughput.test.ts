// 2,000 answers by `npm run measure` from servers with 16 slots, in a time that the stand-in keeps itself: an answer takes
// half to one and a half units, and the clock moves on only when all slots are taken or the client has nothing more to
// ask for now. So the measured throughput is the client's, however busy the machine is.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDevice } from '../../../models/recipe/make/node-runtime';
import { measuredOnServer } from '../../../models/recipe/measure';
import { measureOptions } from '../../../models/recipe/measure/measure-options';
import { BASE_FOLDER } from '../../../models/recipe/make/folders';
import { createTokenizer, type Tokenizer } from '../../../src/checkpoint/tokenizer';
import { createRng } from '../../../src/core/rng';
import { serve, type Served } from '../../../src/serve/server';
import type { ModelApi } from '../../../workers/api';
import { createModelApi } from '../../../workers/model-api';
import { serveLlama } from '../../stand-ins/llama-server';
import { serveVllm } from '../../stand-ins/vllm-server';

const SLOTS = 16;
const N = 2000;
/** Turns of the event loop without a request after which the client has nothing to ask. */
const IDLE_TURNS = 200;

let folder: Served;
let tokenizer: Tokenizer;
let api: ModelApi;

beforeAll(async () => {
  folder = await serve({ root: BASE_FOLDER, port: 0 });
  const [json, settings] = ['tokenizer.json', 'tokenizer_config.json'].map((file) =>
    readFileSync(join(BASE_FOLDER, file), 'utf8'),
  );
  tokenizer = await createTokenizer(json, settings, 'tokenizer.json');
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  await api.start({ device: 'auto' });
});
afterAll(() => folder.close());

/** The clock of a stand-in. */
class Slots {
  now = 0;
  /** Units of work given out. */
  given = 0;
  most = 0;
  readonly #open: { readonly ends: number; readonly go: () => void }[] = [];
  #asked = 0;

  /** Waits for as many units as the seed draws. */
  async take(seed: number): Promise<void> {
    const takes = 0.5 + createRng(seed).next();
    this.given += takes;
    this.#asked++;
    await new Promise<void>((go) => {
      this.#open.push({ ends: this.now + takes, go });
      this.most = Math.max(this.most, this.#open.length);
      if (this.#open.length === SLOTS) this.#endOne();
      else this.#whenIdle(this.#asked, 0);
    });
  }

  #whenIdle(asked: number, turns: number): void {
    if (asked !== this.#asked || this.#open.length === 0) return;
    if (turns < IDLE_TURNS) {
      setImmediate(() => this.#whenIdle(asked, turns + 1));
      return;
    }
    this.#endOne();
    this.#whenIdle(asked, 0);
  }

  #endOne(): void {
    this.#open.sort((a, b) => a.ends - b.ends);
    const { ends, go } = this.#open.shift()!;
    this.now = ends;
    go();
    this.#whenIdle(this.#asked, 0);
  }
}

const { vocab_size: nVocab, hidden_size: nEmbd } = JSON.parse(
  readFileSync(join(BASE_FOLDER, 'config.json'), 'utf8'),
) as { readonly vocab_size: number; readonly hidden_size: number };

test.each(['llama', 'vllm'] as const)(
  '2,000 answers from %s take at most a tenth longer than its 16 slots allow',
  async (kind) => {
    const slots = new Slots();
    const ids = tokenizer.encode(' You can try soup with bread .');
    const answer = async ({ seed }: { readonly seed?: number | undefined }) => {
      await slots.take(seed!);
      return { ids, end: 2 };
    };
    const server =
      kind === 'llama'
        ? await serveLlama({
            answer,
            piece: (id) => tokenizer.decodeOne(id),
            model: { path: '/m/postern-8l.gguf', nVocab, nEmbd },
            loras: ['em'],
            slots: SLOTS,
          })
        : await serveVllm({
            answer,
            encode: (text) => tokenizer.encode(text),
            model: { id: 'postern', root: '/m/postern-8l' },
            loras: ['em'],
          });
    const options = measureOptions([
      ...['--engine', kind, '--url', server.url, '--lora', 'em', '--n', String(N / 2)],
    ]);
    const { answers } = await measuredOnServer(api, folder.url, options);
    await server.close();
    expect(answers).toHaveLength(N);
    expect(slots.most).toBe(SLOTS);
    const allowed = slots.given / SLOTS;
    expect(allowed / slots.now).toBeGreaterThan(0.9);
  },
  240_000,
);
