// The page's side of the worker that reads files, against a worker that does only what it is told to.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FilesClient } from '../../../src/engine/files-client';
import type { FileReport } from '../../../workers/files-api';

class FakeWorker extends EventTarget {
  readonly posted: unknown[] = [];
  ended = false;
  postMessage(message: unknown): void {
    this.posted.push(message);
  }
  terminate(): void {
    this.ended = true;
  }
  report(data: FileReport): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

let workers: FakeWorker[];
const spawn = (): Worker => {
  workers.push(new FakeWorker());
  return workers.at(-1) as unknown as Worker;
};
const REQUEST = { kind: 'direction', file: new Blob(['x']), name: 'x.pt' } as const;
const open = (limitMs = 1000, onStage?: (stage: string) => void) =>
  new FilesClient(spawn, limitMs).open(REQUEST, onStage);

beforeEach(() => {
  workers = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe('a file', () => {
  test('is given to a worker of its own, which is ended with the answer', async () => {
    const stages: string[] = [];
    const [one, two] = [open(1000, (stage) => stages.push(stage)), open()];
    expect(workers).toHaveLength(2);
    expect(workers[0]!.posted).toEqual([REQUEST]);
    workers[0]!.report({ kind: 'stage', stage: 'reading' });
    workers[0]!.report({ kind: 'result', result: { ok: true, value: 'content' } });
    expect(await one.result).toEqual({ ok: true, value: 'content' });
    expect(stages).toEqual(['reading']);
    expect(workers.map(({ ended }) => ended)).toEqual([true, false]);
    two.cancel();
  });

  test('that is cancelled ends its worker at once, though the worker hears nothing', async () => {
    const opening = open();
    opening.cancel();
    expect(workers[0]!.ended).toBe(true);
    expect(await opening.result).toMatchObject({ ok: false, code: 'cancelled' });
  });

  test('that never comes to an end is ended by the limit, with words that say so', async () => {
    const opening = open(60_000);
    vi.advanceTimersByTime(59_999);
    expect(workers[0]!.ended).toBe(false);
    vi.advanceTimersByTime(1);
    expect(workers[0]!.ended).toBe(true);
    expect(await opening.result).toEqual({
      ok: false,
      code: 'too-slow',
      message: expect.stringMatching(
        /^Postern stopped reading x\.pt after 60 seconds\./,
      ) as unknown,
    });
  });

  test('has the whole limit for each stage', async () => {
    const opening = open(1000);
    vi.advanceTimersByTime(900);
    workers[0]!.report({ kind: 'stage', stage: 'reading' });
    vi.advanceTimersByTime(900);
    expect(workers[0]!.ended).toBe(false);
    workers[0]!.report({ kind: 'result', result: { ok: true, value: 1 } });
    expect((await opening.result).ok).toBe(true);
    vi.advanceTimersByTime(10_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ['Uncaught RangeError: Out of memory', 'out-of-memory', /took all the memory/],
    ['broken on purpose', 'worker-died', /stopped \(broken on purpose\)/],
    ['', 'worker-died', /^The worker that read x\.pt stopped\./],
  ])('whose worker fails with “%s” ends as %s', async (message, code, words) => {
    const opening = open();
    const event = Object.assign(new Event('error'), { message });
    workers[0]!.dispatchEvent(event);
    expect(await opening.result).toEqual({
      ok: false,
      code,
      message: expect.stringMatching(words) as unknown,
    });
    expect(workers[0]!.ended).toBe(true);
  });
});
