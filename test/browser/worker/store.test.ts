// The browser's own storage, in a worker: what is held is read as it would be otherwise, and stays while it is.

import { wrap } from 'comlink';
import { expect, test } from 'vitest';
import type { StoreWorker } from './store-worker';

test('a stored file that is held, by two at once, is read as it is, and can be removed after', async () => {
  const worker = new Worker(new URL('./store-worker.ts', import.meta.url), { type: 'module' });
  try {
    const read = await wrap<StoreWorker>(worker).holdAndRead();
    expect(read.kept).toBe(true);
    expect(read.plain).toEqual(Uint8Array.from({ length: 800 }, (_, i) => (i + 100) % 251));
    expect(read.held).toEqual(read.plain);
    expect(read.intoRoom).toBe(true);
    expect(read.readByOther).toEqual(read.plain);
    expect(read.beyondTheEnd).toBe(10);
    expect(read.whileHeld).toContain('could not be removed: it is in use');
    expect(read.afterwards).toEqual(read.plain);
    expect(read.atLast).toBe('removed');
  } finally {
    worker.terminate();
  }
});

test('what others left in the storage hides nothing, is not listed and stays; a folder of another version can be removed', async () => {
  const worker = new Worker(new URL('./store-worker.ts', import.meta.url), { type: 'module' });
  try {
    const { before, after, left } = await wrap<StoreWorker>(worker).amongOthers();
    expect(before).toEqual([
      ['hub https://x a/broken main', false],
      ['hub https://x a/newer main', false],
      ['hub x', false],
    ]);
    expect(after).toBe(0);
    expect(left).toEqual(['100% other', 'a b', 'a-file']);
  } finally {
    worker.terminate();
  }
});
