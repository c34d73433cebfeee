import { afterEach, expect, test, vi } from 'vitest';
import { perFrame } from '../../../src/engine/token-frame';

afterEach(() => {
  vi.restoreAllMocks();
});

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('what is pushed within one frame is delivered at once and in order', async () => {
  const batches: (readonly number[])[] = [];
  const frames = perFrame<number>((events) => batches.push(events));
  frames.push([1, 2]);
  frames.push([3]);
  expect(batches).toEqual([]);
  await wait(400);
  expect(batches).toEqual([[1, 2, 3]]);
});

test('in a page that gets no animation frames, as in the background, tokens still arrive', async () => {
  vi.spyOn(globalThis, 'requestAnimationFrame').mockReturnValue(1);
  const seen: number[] = [];
  const frames = perFrame<number>((events) => seen.push(...events));
  frames.push([1]);
  await wait(400);
  frames.push([2]);
  await wait(400);
  expect(seen).toEqual([1, 2]);
});

test('closing delivers what is waiting and nothing after it', async () => {
  const seen: number[] = [];
  const frames = perFrame<number>((events) => seen.push(...events));
  frames.push([1]);
  frames.close();
  frames.push([2]);
  expect(seen).toEqual([1]);
  await wait(400);
  expect(seen).toEqual([1]);
});
