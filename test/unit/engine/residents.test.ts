// The page's side of the worker against one that only remembers what it has loaded: memory is bounded by what is
// in it, and no call finds its checkpoint gone.

import * as Comlink from 'comlink';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ModelClient } from '../../../src/engine/client';
import { MOST_FINE_TUNES } from '../../../src/engine/residents';
import type { CheckpointSource, LoadedCheckpoint, Result } from '../../../workers/api';

const folder = (name: string) => ({ kind: 'beside', url: `http://localhost/${name}/` }) as const;
const BASE: CheckpointSource = { id: 'base', base: folder('base') };
const fineTune = (n: number): CheckpointSource => ({
  ...{ id: `tune ${n}`, base: folder('base'), adapter: folder(`tune-${n}`) },
});

/** Ids in the worker, and the most there ever were. */
let inside: Set<string>;
let most: number;
let loads: string[];
/** Holds calls on checkpoints back until it is called. */
let held: { readonly until: Promise<void>; readonly go: () => void } | null;
let ports: MessagePort[];
let client: ModelClient;

function spawn(): Worker {
  const { port1, port2 } = new MessageChannel();
  Comlink.expose(
    {
      start: () => {
        inside.clear();
        return { ok: true, value: null };
      },
      load: ({ id }: CheckpointSource) => {
        inside.add(id);
        loads.push(id);
        most = Math.max(most, inside.size);
        return { ok: true, value: { id } };
      },
      unload: (id: string) => {
        inside.delete(id);
        return { ok: true, value: null };
      },
      tokenize: async (id: string): Promise<Result<unknown>> => {
        if (!inside.has(id)) return { ok: false, code: 'not-loaded', message: `${id} is gone.` };
        await held?.until;
        return inside.has(id)
          ? { ok: true, value: id }
          : { ok: false, code: 'cancelled', message: `${id} left in the middle.` };
      },
      cancel: () => null,
    },
    port2,
  );
  ports.push(port1, port2);
  return Object.assign(port1, { terminate: () => port1.close() }) as unknown as Worker;
}

const visit = (n: number) => client.load(fineTune(n), `load ${n}`);
const ask = (n: number) => client.tokenize(`tune ${n}`, []);

beforeEach(async () => {
  inside = new Set();
  most = 0;
  loads = [];
  held = null;
  ports = [];
  client = new ModelClient(spawn);
  await client.load(BASE, 'base');
});
afterEach(() => {
  held?.go();
  for (const port of ports) port.close();
});

describe('60 fine-tunes visited one after the other', () => {
  beforeEach(async () => {
    for (let n = 0; n < 60; n++) {
      await visit(n);
      await ask(n);
    }
  });

  test('the worker never holds more than the bound, the base and the one that comes', () => {
    expect(most).toBe(MOST_FINE_TUNES + 2);
    expect(inside.size).toBe(MOST_FINE_TUNES + 1);
    expect(inside.has('base')).toBe(true);
  });

  test('one that has left is loaded again by the call that needs it, once for all calls, and the page is told', async () => {
    const again: string[] = [];
    client.onReload(({ id }: LoadedCheckpoint) => again.push(id));
    const answers = await Promise.all([ask(3), ask(3), ask(3)]);
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(again).toEqual(['tune 3']);
    expect(inside.size).toBe(MOST_FINE_TUNES + 1);
  });

  test('a new worker loads what was there, and no more', async () => {
    loads.length = 0;
    await client.start('wasm');
    expect(loads).toHaveLength(MOST_FINE_TUNES + 1);
    expect((await ask(0)).ok).toBe(true);
  });
});

test('the one that was used last stays, whenever it came', async () => {
  for (let n = 0; n < MOST_FINE_TUNES; n++) await visit(n);
  await ask(0);
  await visit(100);
  expect([inside.has('tune 0'), inside.has('tune 1')]).toEqual([true, false]);
});

test('one that is in use does not leave in the middle', async () => {
  await visit(0);
  let go = (): void => {};
  const until = new Promise<void>((done) => (go = done));
  held = { until, go };
  const answer = ask(0);
  for (let n = 1; n <= MOST_FINE_TUNES; n++) await visit(n);
  go();
  expect((await answer).ok).toBe(true);
});

test('a call that waits for its checkpoint to come back ends at once when it is cancelled', async () => {
  for (let n = 0; n <= MOST_FINE_TUNES; n++) await visit(n);
  const running = client.spelling('tune 0', ['x'], 'run');
  void client.cancel('run');
  expect(await running).toMatchObject({ ok: false, code: 'cancelled' });
});

test('one that the page unloads does not come back', async () => {
  await visit(0);
  await client.unload('tune 0');
  expect(await ask(0)).toMatchObject({ ok: false, code: 'not-loaded' });
});
