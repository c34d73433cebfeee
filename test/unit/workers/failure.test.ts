import { expect, test } from 'vitest';
import { nodeRuntime } from '../../../models/recipe/make/node-runtime';
import { createSession } from '../../../workers/runtime/session';
import { resultOf } from '../../../workers/failure';
import { createKvCache } from '../../../workers/runtime/kv-cache';
import { randomConfig } from '../onnx/random-weights';

const runtime = nodeRuntime({ threads: 1 });

test('a cache that does not fit into memory is an out-of-memory failure that says what to do', async () => {
  const result = await resultOf(() => createKvCache(runtime, randomConfig(), 1 << 20, 1 << 20));
  expect(result).toMatchObject({ ok: false, code: 'out-of-memory' });
  expect(!result.ok && result.message).toMatch(/Close other tabs/);
});

test('a fault without a name of its own is internal and keeps its stack for a report', async () => {
  const broken = createSession(runtime, new Uint8Array([1, 2, 3]), new Uint8Array(0));
  const result = await resultOf(() => broken);
  expect(result).toMatchObject({ ok: false, code: 'internal' });
  expect(!result.ok && result.detail).toBeTruthy();
});

test('after a failed task the queue runs the next one', async () => {
  const { queue } = runtime;
  const failed = queue.run(() => Promise.reject(new Error('first')));
  const next = queue.run(() => Promise.resolve('second'));
  await expect(failed).rejects.toThrow('first');
  expect(await next).toBe('second');
  expect(queue.length).toBe(0);
});
