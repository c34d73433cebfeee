// A pair on a server as a registry: whose requests carry the key, and what the edited column runs.

import { describe, expect, test } from 'vitest';
import { scaledId } from '../../../../src/checkpoint/adapter/adapter-scale';
import { fineTuneById, isCustomPair, sourceOf } from '../../../../src/organism/registry';
import { type ServedChoice, servedRegistry } from '../../../../src/state/models/served-pair';

const CHOICE: ServedChoice = {
  base: { kind: 'address', url: 'https://example.org/model/' },
  server: { kind: 'llama', url: 'http://localhost:8080', loras: [], key: 'secret' },
  card: {
    ...{ kind: 'llama', name: 'llama-server at localhost:8080', host: 'localhost:8080' },
    ...{ model: 'qwen.gguf', weights: 'Q4_K', slots: 8, context: 4096, cannot: {} },
    loras: ['/a/em.gguf', '/a/without.gguf'],
  },
  lora: '/a/em.gguf',
  edited: null,
};

describe('a pair on a server', () => {
  const registry = servedRegistry(CHOICE);
  const [em, without] = registry.adapters;

  test('is the model itself and a fine-tune for each LoRA', () => {
    expect(isCustomPair(registry)).toBe(true);
    expect(registry.adapters.map(({ title }) => title)).toEqual(['em', 'without']);
    expect(registry.defaults.em).toBe(em!.id);
    expect(sourceOf(registry, null).server!.loras).toEqual([]);
    expect(sourceOf(registry, without!).server!.loras).toEqual([
      { name: '/a/without.gguf', scale: 1 },
    ]);
  });

  test('has its LoRA counted otherwise by the server, not here', () => {
    const source = sourceOf(registry, fineTuneById(registry, scaledId(em!.id, -0.5))!);
    expect(source.adapterScale).toBeUndefined();
    expect(source.server!.loras).toEqual([{ name: '/a/em.gguf', scale: -0.5 }]);
  });

  test('names two LoRAs of one name by their whole paths', () => {
    const loras = ['/a/em.gguf', '/b/em.gguf'];
    const { adapters } = servedRegistry({ ...CHOICE, card: { ...CHOICE.card, loras } });
    expect(adapters.map(({ title }) => title)).toEqual(loras);
    expect(new Set(adapters.map(({ id }) => id)).size).toBe(2);
  });

  test('has each LoRA once, and an id for each, however the server lists them', () => {
    const loras = ['/a/em.gguf', '/a/em.gguf', 'v:1', 'v.1'];
    const { adapters, sources } = servedRegistry({ ...CHOICE, card: { ...CHOICE.card, loras } });
    expect(adapters.map(({ title }) => title)).toEqual(['em', 'v:1', 'v.1']);
    expect(new Set(adapters.map(({ id }) => id)).size).toBe(3);
    expect(sources!.size).toBe(4);
  });
});

describe('the edited column', () => {
  const sourceWith = (edited: ServedChoice['edited']) => {
    const registry = servedRegistry({ ...CHOICE, edited });
    const entry = registry.adapters.find(({ id }) => id === registry.edited);
    return entry && sourceOf(registry, entry).server!;
  };

  test('runs what the edit panel says unless another model is named', () => {
    expect(sourceWith(null)).toBeUndefined();
    expect(sourceWith({ lora: '/a/without.gguf', url: '' })).toMatchObject({
      loras: [{ name: '/a/without.gguf', scale: 1 }],
      key: 'secret',
    });
  });

  test('runs the model itself where that is the other model', () => {
    const registry = servedRegistry({ ...CHOICE, edited: { lora: '', url: '' } });
    expect(registry.edited).toBe(registry.base.id);
  });

  test('behind another path of the same host is asked without the key, as it may be another server', () => {
    expect(sourceWith({ lora: '', url: 'http://localhost:8080/other' })!.key).toBeUndefined();
    expect(sourceWith({ lora: '', url: 'http://localhost:8080/' })!.key).toBe('secret');
  });

  test('at another address is asked without the key of the first', () => {
    const source = sourceWith({ lora: '', url: 'http://localhost:8081' });
    expect(source).toEqual({ kind: 'llama', url: 'http://localhost:8081', loras: [] });
  });
});
