// A look-up before anything is asked: what the card of a server shows, and as many requests as its button says.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import { createTokenizer, type Tokenizer } from '../../../../src/checkpoint/tokenizer';
import { LOOK_UP_REQUESTS } from '../../../../src/engine/server-requests';
import type { ModelApi, ServerKind } from '../../../../workers/api';
import { createModelApi } from '../../../../workers/model-api';
import { serveLlama } from '../../../stand-ins/llama-server';
import { sentTensor } from '../../../stand-ins/vllm-model';
import { serveVllm } from '../../../stand-ins/vllm-server';
import { type FileServer, serveFiles } from '../serve-files';
import { TINY_CONFIG, TINY_TOKENIZER, tinyOrganism } from '../tiny-organism';

const { dModel, nLayers } = TINY_CONFIG;
let folder: FileServer;
let tokenizer: Tokenizer;
let api: ModelApi;

beforeAll(async () => {
  folder = await serveFiles(tinyOrganism());
  const { tokenizerJson, tokenizerConfig } = TINY_TOKENIZER;
  tokenizer = await createTokenizer(tokenizerJson, tokenizerConfig, 'tokenizer.json');
  api = createModelApi(() => Promise.resolve(nodeDevice({ threads: 1 })));
  await api.start({ device: 'auto' });
});
afterAll(() => folder.close());

const never = () => Promise.reject(new Error('nothing was to be asked'));

const STARTED = {
  llama: () =>
    serveLlama({
      answer: never,
      piece: (id) => tokenizer.decodeOne(id),
      model: { path: '/m/tiny.gguf', nVocab: TINY_CONFIG.dVocab, nEmbd: dModel },
      loras: ['/m/em.gguf'],
      slots: 4,
    }),
  vllm: () =>
    serveVllm({
      answer: never,
      residuals: ({ prompt }, layers, vectors) => {
        const data = new Float32Array(layers.length * prompt.length * dModel).fill(1);
        for (const { position_indices: where } of vectors) {
          data.fill(2, where![0]! * dModel, (where![0]! + 1) * dModel);
        }
        return Promise.resolve(sentTensor(data, [layers.length, prompt.length, dModel]));
      },
      encode: (text) => tokenizer.encode(text),
      model: { id: 'tiny', root: '/models/tiny' },
      loras: ['em'],
    }),
} as const;

test.each(['llama', 'vllm'] as const satisfies ServerKind[])(
  'of %s sends as many requests as the button says, and no question',
  async (kind) => {
    const server = await STARTED[kind]();
    const base = { kind: 'beside', url: `${folder.url}base/` } as const;
    const source = { id: 'x', base, server: { kind, url: server.url, loras: [] } };
    const card = await api.inspectServer(source, `look up ${kind}`, () => {});
    await server.close();
    expect(server.keys).toHaveLength(LOOK_UP_REQUESTS[kind]);
    if (!card.ok) throw new Error(card.message);
    const { server: found, ...shape } = card.value;
    expect(shape).toMatchObject({ nLayers, dModel });
    expect(found).toMatchObject({ kind, host: new URL(server.url).host });
    expect(found.loras).toHaveLength(1);
    // It is forgotten again.
    expect(await api.tokenize('x', [])).toMatchObject({ ok: false, code: 'not-loaded' });
  },
);

test('without a server is refused', async () => {
  const base = { kind: 'beside', url: `${folder.url}base/` } as const;
  const card = await api.inspectServer({ id: 'x', base }, 'look up', () => {});
  expect(card).toMatchObject({ ok: false, message: 'Name the server first.' });
});
