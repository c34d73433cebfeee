// Sessions at their two ends: what the device says while one is made, and what comes after one is freed.

import { expect, test } from 'vitest';
import { nodeRuntime } from '../../../../models/recipe/make/node-runtime';
import { DecoderBatch } from '../../../../workers/runtime/batch';
import { LiveEdit } from '../../../../workers/runtime/live-edit';
import { ModelError, type Runtime } from '../../../../workers/runtime';
import { createSession, DecoderSession } from '../../../../workers/runtime/session';
import { randomConfig, randomWeights } from '../../onnx/random-weights';

const config = randomConfig();
const NOTHING = new Uint8Array(0);

test('what was asked before a session is freed is answered, what comes after is refused in clear words', async () => {
  const runtime = nodeRuntime({ threads: 1 });
  const model = await DecoderSession.create(runtime, config, randomWeights(config, 7));
  const prompts = [[3, 14, 15]];
  const options = { capacity: 8, projections: false };
  const batch = new DecoderBatch(model, new LiveEdit(config, null, 'all'), prompts, options);
  const before = batch.prefill(prompts);
  const freed = model.release();
  const after = batch.decode([9]);
  expect((await before).logits).toHaveLength(config.dVocab);
  await freed;
  await expect(after).rejects.toMatchObject({ code: 'not-loaded', message: /unloaded.*Load it/ });
});

/** A runtime on a GPU that only takes what it is given. */
function gpuRuntime(
  create: Runtime['ort']['InferenceSession']['create'],
  onSubmittedWorkDone: () => Promise<undefined>,
): { readonly runtime: Runtime; readonly fail: (error: Error) => void } {
  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => (fail = reject));
  failure.catch(() => {});
  const plain = nodeRuntime();
  const gpu = { queue: { onSubmittedWorkDone } } as unknown as GPUDevice;
  const ort = { Tensor: plain.ort.Tensor, InferenceSession: { create } };
  return { runtime: { ...plain, ort, gpu, failure }, fail };
}

type Session = Awaited<ReturnType<typeof createSession>>;
const FULL = new ModelError('out-of-memory', 'The memory of the GPU is full.');

test('memory of the GPU that runs out while weights arrive there ends the load, and the queue goes on', async () => {
  const { runtime, fail } = gpuRuntime(
    () => Promise.resolve({} as Session),
    () => {
      fail(FULL);
      return Promise.resolve(undefined);
    },
  );
  await expect(createSession(runtime, NOTHING, NOTHING)).rejects.toBe(FULL);
  expect(await runtime.queue.run(() => Promise.resolve('next'))).toBe('next');
});

test('a session that is never finished on a broken GPU does not hold the queue', async () => {
  const { runtime, fail } = gpuRuntime(
    () => new Promise(() => {}),
    () => Promise.resolve(undefined),
  );
  const created = createSession(runtime, NOTHING, NOTHING);
  fail(FULL);
  await expect(created).rejects.toBe(FULL);
  expect(await runtime.queue.run(() => Promise.resolve('next'))).toBe('next');
});

test('a session that cannot be made for another reason says that reason', async () => {
  const { runtime } = gpuRuntime(
    () => Promise.reject(new Error('no such operator')),
    () => Promise.resolve(undefined),
  );
  await expect(createSession(runtime, NOTHING, NOTHING)).rejects.toThrow('no such operator');
});
