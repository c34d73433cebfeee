// Own models of an earlier visit, and the tool that was open.

import { clear, set } from 'idb-keyval';
import { beforeEach, describe, expect, test } from 'vitest';
import { CustomPairs, describePair } from '../../../src/state/models/custom-pairs.svelte';
import { EMPTY_SOURCE, HUB } from '../../../src/state/models/custom-model-pair';
import { View } from '../../../src/state/pair/view.svelte';

beforeEach(() => clear());

const pair = (tune: string) => ({
  base: { ...EMPTY_SOURCE, id: 'x/base' },
  fineTune: { ...EMPTY_SOURCE, id: tune },
  ...({ kind: 'adapter', endpoint: HUB, precision: 'auto' } as const),
  keys: ['a', `key of ${tune}`],
});
const stored = (...keys: string[]) => ({
  kept: true,
  entries: keys.map((key) => ({
    ...{ key, name: key, page: '', commit: null, storedBytes: 1, complete: key !== 'partly' },
  })),
});

describe('own models of earlier visits', () => {
  test('come back with the latest first, each once, and the one that was selected last is known', async () => {
    const before = new CustomPairs();
    for (const tune of ['x/one', 'x/two', 'x/one']) before.add(pair(tune));
    const now = new CustomPairs();
    await expect
      .poll(async () => {
        await now.restore('own:em:x/base:x/two');
        return now.list.map((one) => describePair(one)?.title);
      })
      .toEqual(['x/base and x/one', 'x/base and x/two']);
    expect(now.last && describePair(now.last)?.title).toBe('x/base and x/two');
    await now.restore('insecure-code');
    expect(now.last).toBeNull();
  });

  test('are whole only where both folders are stored completely', () => {
    const pairs = new CustomPairs();
    pairs.add(pair('x/one'));
    expect(pairs.complete(stored('a'))).toEqual([]);
    expect(pairs.complete(stored('a', 'key of x/one'))).toHaveLength(1);
    pairs.add({ ...pair('x/two'), keys: ['a', 'partly'] });
    expect(pairs.complete(stored('a', 'partly'))).toEqual([]);
  });

  test('from folders of this computer are not remembered, since no page can open these again', () => {
    const pairs = new CustomPairs();
    pairs.add({ ...pair('x/one'), base: { ...EMPTY_SOURCE, from: 'files' } });
    expect(pairs.list).toEqual([]);
  });
});

describe('the tool that was open', () => {
  test('comes back, unless another one was opened meanwhile or the page has none of that name', async () => {
    await set('postern:view', { tab: 'measure', instrument: 'patch' });
    const view = new View();
    await view.restore((tab) => tab === 'measure');
    expect([view.tab, view.instrument]).toEqual(['measure', 'patch']);
    const busy = new View();
    busy.tab = 'train';
    await busy.restore(() => true);
    expect(busy.tab).toBe('train');
    const other = new View();
    await other.restore(() => false);
    expect(other.tab).toBe('direction');
  });
});
