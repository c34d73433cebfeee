import { expect, test } from 'vitest';
import { nodeRuntime } from '../../../../models/recipe/make/node-runtime';
import { GpuTable } from '../../../../workers/runtime/gpu-embedding';

test('an embedding is lent as long as somebody uses it, and not once it is freed', () => {
  const table = new GpuTable(
    nodeRuntime(),
    {} as GPUDevice,
    { tensor: '', inputs: [], bytes: 0 },
    new Uint8Array(0),
  );
  expect(table.share()).toBe(table);
  table.release();
  expect(table.share()).toBe(table);
  table.release();
  table.release();
  expect(table.share()).toBeNull();
});
