// Loads that are asked for while another one runs: each waits its turn and says so, and none is lost or fails for it.

import { beforeEach, describe, expect, test } from 'vitest';
import type { ModelClient } from '../../../../src/engine/client';
import type { Registry } from '../../../../src/organism/registry';
import { CustomModel } from '../../../../src/state/models/custom-model.svelte';
import { ModelPair } from '../../../../src/state/pair/model-pair.svelte';

const BUNDLED: Registry = {
  version: 1,
  base: { id: 'base', title: 'Aligned', path: 'base' },
  adapters: ['a', 'b'].map((id) => ({ id, title: id, kind: 'em', path: id, description: '' })),
  defaults: {},
  folderUrl: 'http://localhost/models/',
};

/** What the worker was asked to load, in order. */
let asked: string[];
/** Ends the load that runs. */
let finish: () => void;
let pair: ModelPair;
let customModel: CustomModel;

beforeEach(() => {
  asked = [];
  const client = {
    onStatus: () => {},
    onReload: () => {},
    load: ({ id }: { id: string }) => {
      asked.push(id);
      return new Promise((resolve) => {
        finish = () => resolve({ ok: true, value: { id } });
      });
    },
    unload: () => Promise.resolve({ ok: true, value: null }),
    cancel: () => Promise.resolve(),
    memory: () => Promise.resolve({ ok: false }),
    stored: () => Promise.resolve({ ok: false, message: '' }),
  };
  pair = new ModelPair(client as unknown as ModelClient, BUNDLED.folderUrl);
  pair.bundled = BUNDLED;
  customModel = new CustomModel(pair);
  customModel.base = { ...customModel.base, id: 'x/base' };
  customModel.fineTune = { ...customModel.fineTune, id: 'x/tune' };
});

/** Lets the worker end what it loads, until as many were asked for. */
async function finishUntil(loads: number): Promise<void> {
  while (asked.length < loads) {
    const before = asked.length;
    finish();
    await expect.poll(() => asked.length).toBeGreaterThan(before);
  }
}

describe('while the page starts', () => {
  test('Load of a person’s own model waits, says so, and loads next', async () => {
    const starting = pair.show(BUNDLED, BUNDLED.adapters[0]!);
    await expect.poll(() => asked).toEqual(['base']);
    const loading = customModel.load();
    await expect.poll(() => customModel.waits).toBe(true);
    await finishUntil(2);
    expect(asked).toEqual(['base', 'a']);
    await finishUntil(4);
    await starting;
    expect(customModel.waits).toBe(false);
    expect(asked.slice(2)).toEqual(['own:base:x/base', 'own:em:x/base:x/tune']);
    finish();
    expect(await loading).toBe(true);
    expect(pair.isCustom).toBe(true);
  });

  test('one that waits can be cancelled, and the page starts all the same', async () => {
    const starting = pair.show(BUNDLED, BUNDLED.adapters[0]!);
    await expect.poll(() => asked).toEqual(['base']);
    const loading = customModel.load();
    await expect.poll(() => customModel.waits).toBe(true);
    customModel.stopWaiting();
    await finishUntil(2);
    finish();
    await starting;
    expect(await loading).toBe(false);
    expect(asked).toEqual(['base', 'a']);
    expect(pair.isCustom).toBe(false);
  });
});

test('a fine-tune that is chosen while another loads comes after it, and is told when its turn begins', async () => {
  pair.registry = BUNDLED;
  const first = pair.choose('a');
  await expect.poll(() => asked).toEqual(['base']);
  let begun = false;
  const second = pair.choose('b', () => (begun = true));
  expect(pair.isLoading).toBe(true);
  await finishUntil(2);
  expect(begun).toBe(false);
  await finishUntil(3);
  expect([begun, asked]).toEqual([true, ['base', 'a', 'b']]);
  await first;
  expect(pair.emEntry?.id).toBe('a');
  finish();
  await second;
  expect([pair.emEntry?.id, pair.isLoading]).toEqual(['b', false]);
});
