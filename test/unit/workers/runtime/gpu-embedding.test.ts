import { expect, test } from 'vitest';
import { nodeRuntime } from '../../../../models/recipe/make/node-runtime';
import { GpuEmbedding } from '../../../../workers/runtime/gpu-embedding';

test('an embedding is lent as long as somebody uses it, and not once it is freed', () => {
  const embedding = new GpuEmbedding(
    nodeRuntime(),
    {} as GPUDevice,
    { tensor: '', inputs: [], bytes: 0 },
    new Uint8Array(0),
  );
  expect(embedding.share()).toBe(embedding);
  embedding.release();
  expect(embedding.share()).toBe(embedding);
  embedding.release();
  embedding.release();
  expect(embedding.share()).toBeNull();
});
