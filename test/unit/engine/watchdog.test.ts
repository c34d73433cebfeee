// A worker that leaves a cancellation unanswered: ended soon where it hangs, waited for where it prepares a
// checkpoint.

import * as Comlink from 'comlink';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ModelClient } from '../../../src/engine/client';
import { Watchdog } from '../../../src/engine/watchdog';
import type { LoadProgress } from '../../../workers/api';

const at = (stage: LoadProgress['stage'], doneBytes = 0): LoadProgress => ({
  stage,
  doneBytes,
  totalBytes: 100,
});
const SECONDS = 1000;

describe('patience', () => {
  let ended: string | null;
  let patience: Watchdog;
  beforeEach(() => {
    vi.useFakeTimers();
    ended = null;
    patience = new Watchdog(20 * SECONDS);
  });
  afterEach(() => vi.useRealTimers());
  const wait = () => patience.wait((message) => (ended = message));

  test('ends after twenty seconds, with a word on tokenizers', () => {
    wait();
    vi.advanceTimersByTime(19 * SECONDS);
    expect(ended).toBeNull();
    vi.advanceTimersByTime(SECONDS);
    expect(ended).toMatch(/tokenizer/);
  });

  test('lasts minutes while a checkpoint is prepared, and then blames its size and no tokenizer', () => {
    const seen: LoadProgress[] = [];
    const listening = patience.listening('load', (progress) => seen.push(progress));
    listening(at('download'));
    listening(at('session'));
    expect(seen).toHaveLength(2);
    wait();
    vi.advanceTimersByTime(9 * 60 * SECONDS);
    expect(ended).toBeNull();
    vi.advanceTimersByTime(60 * SECONDS);
    expect(ended).toMatch(/too large/);
    expect(ended).not.toMatch(/tokenizer/);
  });

  test.each([
    ['is prepared', () => patience.listening('load')(at('session', 100))],
    ['could not be loaded', () => patience.ended('load')],
  ])('is short again once the checkpoint %s', (_, finish) => {
    patience.listening('load')(at('session'));
    wait();
    vi.advanceTimersByTime(100 * SECONDS);
    expect(ended).toBeNull();
    finish();
    vi.advanceTimersByTime(20 * SECONDS);
    expect(ended).toMatch(/tokenizer/);
  });

  test('stops where the worker answers', () => {
    wait()();
    vi.advanceTimersByTime(100 * SECONDS);
    expect(ended).toBeNull();
  });
});

describe('a load that is cancelled', () => {
  const PATIENCE_MS = 30;
  let answer: () => void;
  let ports: MessagePort[];
  let client: ModelClient;

  /** A worker that comes as far as a stage and hears nothing until it may answer. */
  function spawn(stage: LoadProgress['stage']): Worker {
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const api = {
      start: () => ({ ok: true, value: null }),
      load: async (_: unknown, __: unknown, onProgress: (progress: LoadProgress) => void) => {
        onProgress(at(stage));
        await answered;
        return { ok: false, code: 'cancelled', message: 'The run was cancelled.' };
      },
      cancel: () => answered,
    };
    const { port1, port2 } = new MessageChannel();
    Comlink.expose(api, port2);
    ports = [port1, port2];
    return Object.assign(port1, { terminate: () => port1.close() }) as unknown as Worker;
  }

  afterEach(() => {
    client.dispose();
    for (const port of ports) port.close();
  });

  async function cancelledAt(stage: LoadProgress['stage']) {
    client = new ModelClient(() => spawn(stage), PATIENCE_MS);
    let arrived = false;
    const loading = client.load(
      { id: 'a', base: { kind: 'beside', url: 'http://localhost/a/' } },
      'load',
      () => (arrived = true),
    );
    await vi.waitFor(() => expect(arrived).toBe(true));
    void client.cancel('load');
    setTimeout(answer, 5 * PATIENCE_MS);
    return loading;
  }

  test('while its checkpoint is prepared leaves the worker as it is', async () => {
    expect(await cancelledAt('session')).toMatchObject({ ok: false, code: 'cancelled' });
    expect(client.status.state).not.toBe('stopped');
  });

  test('while the worker hangs elsewhere ends the worker', async () => {
    expect(await cancelledAt('download')).toMatchObject({ ok: false, code: 'worker-died' });
    expect(client.status.state).toBe('stopped');
  });
});
