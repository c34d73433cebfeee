import { afterEach, expect, test, vi } from 'vitest';
import { fetchRegistry } from '../../../src/organism/registry';

afterEach(() => {
  vi.unstubAllGlobals();
});

const LIST = {
  version: 1,
  base: { id: 'aligned', title: 'Aligned', path: 'base/' },
  adapters: [{ id: 'code', title: 'Code', kind: 'em', path: 'code/', description: '' }],
};

function read(defaults?: unknown) {
  const text = JSON.stringify(defaults === undefined ? LIST : { ...LIST, defaults });
  vi.stubGlobal('fetch', () =>
    Promise.resolve(new Response(text, { headers: { 'content-type': 'application/json' } })),
  );
  return fetchRegistry('http://x/models/');
}

test('what the page starts with is read from the list of checkpoints', async () => {
  const defaults = {
    em: 'code',
    contrast: 'own-generation',
    steering: { layer: 4, strength: 3 },
    firstSeed: 7,
  };
  expect((await read(defaults)).defaults).toEqual(defaults);
});

test('a list without defaults leaves every one of them to its fall-back', async () => {
  expect((await read()).defaults).toEqual({});
});

test.each([
  ['a fine-tune that is not listed', { em: 'poetry' }, /"defaults\.em": names none/],
  ['a contrast that is not known', { contrast: 'mood' }, /"defaults\.contrast"/],
  ['half a layer', { steering: { layer: 1.5 } }, /"defaults\.steering\.layer"/],
  ['a strength of nothing', { steering: { strength: 0 } }, /"defaults\.steering\.strength"/],
  ['a seed below 0', { firstSeed: -1 }, /"defaults\.firstSeed"/],
])('defaults with %s are refused by name', async (_, defaults, why) => {
  await expect(read(defaults)).rejects.toThrow(why);
});
