// A pair on a server: what the form refuses, and what a question beside another edit keeps and sends.

import { beforeEach, describe, expect, test } from 'vitest';
import type { SavedDirection } from '../../../src/measure/extraction';
import { createPostern, type Postern } from '../../../src/state/page/postern';
import type { ServedBy, ServerCard } from '../../../workers/api';
import type { LinkState } from '../../../src/formats/link';
import { onSelected } from '../loaded';

const SERVER: ServedBy = {
  ...{ kind: 'llama', name: 'llama-server at localhost:8080', host: 'localhost:8080' },
  ...{ model: 'qwen.gguf', weights: 'Q4_K', slots: 8, context: 4096, cannot: {} },
  loras: ['/a/em.gguf', '/a/em.gguf'],
};
let postern: Postern;
beforeEach(() => {
  postern = createPostern();
});

describe('the form', () => {
  beforeEach(() => {
    const card: ServerCard = { server: SERVER, parameters: 1, nLayers: 2, dModel: 4 };
    postern.pair.client.inspectServer = () => Promise.resolve({ ok: true, value: card });
    postern.pair.client.load = () => Promise.reject(new Error('was asked'));
    const { servedModel } = postern;
    servedModel.key = 'secret';
    servedModel.url = 'http://localhost:8080';
    servedModel.offer(
      {
        ...{ kind: 'server', engine: 'llama', url: 'http://localhost:8080', lora: '/b/gone.gguf' },
        base: { from: 'address', url: 'https://example.org/model/' },
      },
      { state: {} as LinkState, opened: () => {} },
    );
  });

  test('loses its key to a link, also to one with the same address', () => {
    expect(postern.servedModel.key).toBe('');
    expect(postern.servedModel.keyRemoved).toBe(true);
  });

  test('keeps the LoRA of a link that the server lacks, and refuses', async () => {
    const { servedModel } = postern;
    await servedModel.look();
    expect(servedModel.lora).toBe('/b/gone.gguf');
    expect(servedModel.found!.server.loras).toEqual(['/a/em.gguf']);
    expect(await servedModel.load()).toBe(false);
    expect(servedModel.refusal).toMatch(/has no LoRA \/b\/gone\.gguf/);
    servedModel.lora = '/a/em.gguf';
    expect(servedModel.refusal).toBeNull();
  });

  test('refuses a second address that is none, before anything is asked', async () => {
    const { servedModel } = postern;
    await servedModel.look();
    servedModel.lora = '/a/em.gguf';
    servedModel.edited = 'lora';
    servedModel.editedUrl = '192.168.1.5:8081';
    expect(await servedModel.load()).toBe(false);
    expect(servedModel.refusal).toMatch(/whole address/);
    servedModel.edited = 'panel';
    expect(servedModel.refusal).toBeNull();
  });
});

describe('a question to a server', () => {
  beforeEach(() => {
    onSelected(postern, { server: SERVER });
    postern.pair.client.generate = () =>
      Promise.resolve({
        ok: true,
        value: { answers: [], promptTokens: 0, newTokens: 0, elapsedMs: 1 },
      });
  });

  test('looks up no other model where the edited column has none to ask', async () => {
    let loads = 0;
    postern.pair.loadEdited = () => {
      loads += 1;
      return Promise.resolve(false);
    };
    // A scale would need a model of its own; without a direction the edit can't be made.
    postern.editSettings.loraScale = 0.5;
    expect(postern.chat.requests!.n).toBe(2);
    await postern.chat.ask();
    expect(loads).toBe(0);
  });

  test('loses the answer of another direction', async () => {
    const { chat, directions } = postern;
    const two = ['one', 'two'].map((id) => ({ id }) as SavedDirection);
    let at = 0;
    directions.forEdit = () => two[at]!;
    await chat.ask();
    const { edited } = chat.columns;
    // Stands in for an answer that was edited along the first direction.
    await edited.run({
      ...chat.columns.em.written!.request,
      editSettings: postern.editSettings.snapshot(),
      directionId: 'one',
    });
    chat.editChanged();
    await chat.repeatAnswers();
    expect(edited.status.state).toBe('done');
    at = 1;
    await chat.repeatAnswers();
    expect(edited.status.state).toBe('empty');
  });
});
