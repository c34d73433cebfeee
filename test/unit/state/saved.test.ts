import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { whole } from '../../../src/state/saved/form';

const TEXT = whole(v.string());

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetModules();
});
afterEach(() => {
  vi.useRealTimers();
  vi.doUnmock('idb-keyval');
});

/** The module as a page has it that has just been opened, with a storage that answers like this. */
function withStorage(ask: () => Promise<unknown>) {
  vi.doMock('idb-keyval', () => ({ get: ask, set: ask, update: ask }));
  return import('../../../src/state/saved');
}

describe('a storage that never answers', () => {
  test('is given up after a bound, and the page says so', async () => {
    const { readSaved, storageFailure } = await withStorage(() => new Promise(() => {}));
    const read = readSaved('desk', TEXT);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(storageFailure()).toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    expect(await read).toBeNull();
    expect(storageFailure()).toMatch(/after a reload: .*\(IndexedDB\) does not answer\..* restart/);
  });

  test('is not asked again, so nothing waits for it and nothing is written over', async () => {
    const ask = vi.fn(() => new Promise(() => {}));
    const { mergeSaved, readSaved, writeSaved } = await withStorage(ask);
    const read = readSaved('desk', TEXT);
    await vi.advanceTimersByTimeAsync(10_000);
    await read;
    expect(await readSaved('other', TEXT)).toBeNull();
    expect(await writeSaved('desk', 'new')).toBe(false);
    expect(await mergeSaved('desk', TEXT, () => 'new')).toBe(false);
    expect(ask).toHaveBeenCalledTimes(1);
  });
});

test('a storage that is refused is said with the words of the browser', async () => {
  const refused = new DOMException('Storage is switched off.', 'SecurityError');
  const { readSaved, storageFailure } = await withStorage(() => Promise.reject(refused));
  expect(await readSaved('desk', TEXT)).toBeNull();
  expect(storageFailure()).toContain('gives no storage (IndexedDB: Storage is switched off.)');
});

test('a storage that has answered once is waited for, however slow it is', async () => {
  let answer = (_: unknown): void => {};
  const ask = vi
    .fn<() => Promise<unknown>>()
    .mockResolvedValueOnce('first')
    .mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
  const { readSaved, storageFailure } = await withStorage(ask);
  expect(await readSaved('desk', TEXT)).toBe('first');
  const read = readSaved('desk', TEXT);
  await vi.advanceTimersByTimeAsync(60_000);
  answer('late');
  expect(await read).toBe('late');
  expect(storageFailure()).toBeNull();
});
