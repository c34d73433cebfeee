// A worker that is gone without an event, with and without the locks of the browser. Locks are stood in for by the
// part of their contract that is used: a request is granted when the holder is gone, and rejected when it is aborted.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GONE, SILENT, watchLife } from '../../../src/engine/heartbeat';

let died: string[];
let waits: boolean;
let answer: () => void;
let pings: number;

const worker = (held: boolean) => ({
  holdLock: vi.fn(() => Promise.resolve(held)),
  ping: () => {
    pings += 1;
    return new Promise<void>((resolve) => (answer = resolve));
  },
});
const watch = (life: ReturnType<typeof worker>) =>
  watchLife(
    life,
    () => waits,
    (why) => died.push(why),
  );

beforeEach(() => {
  vi.useFakeTimers();
  died = [];
  pings = 0;
  waits = false;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('where the browser has locks', () => {
  let grant: () => void;
  beforeEach(() => {
    const request = (_: string, { signal }: { signal: AbortSignal }, granted: () => void) =>
      new Promise<void>((resolve, reject) => {
        grant = () => resolve(granted());
        signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
      });
    vi.stubGlobal('navigator', { locks: { request } });
  });

  test('a worker that is gone is noticed when its lock is free, and told once', async () => {
    watch(worker(true));
    await vi.advanceTimersByTimeAsync(0);
    expect(died).toEqual([]);
    grant();
    grant();
    await vi.advanceTimersByTimeAsync(0);
    expect(died).toEqual([GONE]);
  });

  test('one that is busy for an hour is never pinged and never given up', async () => {
    waits = true;
    watch(worker(true));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect([pings, died]).toEqual([0, []]);
  });

  test('one that is ended on purpose is not told of', async () => {
    const stop = watch(worker(true));
    await vi.advanceTimersByTimeAsync(0);
    stop();
    grant();
    await vi.advanceTimersByTimeAsync(0);
    expect(died).toEqual([]);
  });

  test('two workers hold different locks', () => {
    const [one, two] = [worker(true), worker(true)];
    watch(one);
    watch(two);
    expect(one.holdLock.mock.calls).not.toEqual(two.holdLock.mock.calls);
  });
});

describe('where it has none', () => {
  test('a worker is pinged only while a call waits', async () => {
    const stop = watch(worker(false));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(pings).toBe(0);
    waits = true;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(pings).toBe(1);
    stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('one that answers within minutes was busy, and one silent for ten minutes is given up', async () => {
    waits = true;
    watch(worker(false));
    await vi.advanceTimersByTimeAsync(580_000);
    expect(died).toEqual([]);
    answer();
    await vi.advanceTimersByTimeAsync(580_000);
    expect(died).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(died).toEqual([SILENT]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
