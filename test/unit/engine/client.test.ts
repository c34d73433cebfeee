// The page's side of the worker against a worker that starts and loads only when it is told to.

import * as Comlink from 'comlink';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ModelClient } from '../../../src/engine/client';
import type { CheckpointSource, Result } from '../../../workers/api';

const SOURCE: CheckpointSource = { id: 'a', base: { kind: 'beside', url: 'http://localhost/a/' } };

/** What the worker was asked for, in order. */
let asked: string[];
/** Lets a call that the worker holds back end. */
let go: () => void;
let held: Promise<void>;
let holds: 'start' | 'load';
let ports: MessagePort[];
let client: ModelClient;

function hold(what: 'start' | 'load'): void {
  holds = what;
  held = new Promise((resolve) => (go = resolve));
}

function spawn(): Worker {
  const ok = { ok: true, value: null };
  const answer = (name: string) => async (_: unknown, runId: unknown) => {
    asked.push(typeof runId === 'string' ? `${name} ${runId}` : name);
    if (name === holds) await held;
    return ok;
  };
  const api = {
    start: answer('start'),
    load: answer('load'),
    inspectBase: answer('inspect'),
    stored: answer('stored'),
    cancel: answer('cancel'),
  };
  const { port1, port2 } = new MessageChannel();
  Comlink.expose(api, port2);
  ports.push(port1, port2);
  return Object.assign(port1, { terminate: () => port1.close() }) as unknown as Worker;
}

beforeEach(() => {
  asked = [];
  ports = [];
  hold('start');
  client = new ModelClient(spawn);
});
afterEach(() => {
  go();
  for (const port of ports) port.close();
});

const cancelled = { ok: false, code: 'cancelled' };
const inspect = (runId: string): Promise<Result<unknown>> => client.inspectBase(SOURCE.base, runId);

describe('a run that is cancelled before the worker is given it', () => {
  test('ends at once while the worker starts, and the worker is never asked for it', async () => {
    const running = inspect('one');
    const other = inspect('two');
    void client.cancel('one');
    expect(await running).toMatchObject(cancelled);
    go();
    expect((await other).ok).toBe(true);
    expect(asked.filter((name) => name.startsWith('inspect'))).toEqual(['inspect two']);
  });

  test('ends at once while a new worker loads the checkpoints again', async () => {
    go();
    expect((await client.load(SOURCE, 'load')).ok).toBe(true);
    hold('load');
    const again = client.start('wasm');
    await vi.waitFor(() => expect(asked).toContain('load reload:a'));
    const running = client.load(SOURCE, 'again');
    void client.cancel('again');
    expect(await running).toMatchObject(cancelled);
    go();
    expect((await again).ok).toBe(true);
    expect(asked.filter((name) => name.startsWith('load'))).toEqual(['load load', 'load reload:a']);
  });

  test('ends in the very turn in which it was asked for, though the worker has long started', async () => {
    go();
    await client.start();
    const running = inspect('one');
    void client.cancel('one');
    expect(await running).toMatchObject(cancelled);
    expect((await client.stored()).ok).toBe(true);
    expect(asked).not.toContain('inspect one');
  });

  test('does not take one with it that is asked for later under the same name', async () => {
    const running = inspect('one');
    void client.cancel('one');
    const again = inspect('one');
    go();
    expect(await running).toMatchObject(cancelled);
    expect((await again).ok).toBe(true);
    expect(asked.filter((name) => name === 'inspect one')).toHaveLength(1);
  });
});
