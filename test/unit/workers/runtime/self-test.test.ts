import { expect, test } from 'vitest';
import { nodeRuntime } from '../../../../models/recipe/make/node-runtime';
import { applyEdit } from '../../../../src/core/edit';
import {
  SELF_TEST_CONFIG,
  SELF_TEST_IDS,
  SELF_TEST_LOGITS,
  selfTest,
  selfTestEdit,
  selfTestWeights,
} from '../../../../workers/runtime/self-test';
import { float64Forward } from '../../onnx/float64-decoder';

test('the known output of the self-test is what the float64 decoder gives', () => {
  const edits = selfTestEdit();
  const run = float64Forward(SELF_TEST_CONFIG, selfTestWeights(), SELF_TEST_IDS, (layer, _, h) =>
    h.set(applyEdit(Float32Array.from(h), edits[layer]!)),
  );
  const logits = Array.from(run.logits.at(-1)!, (x) => Number(x.toFixed(5)));
  expect(logits).toEqual(SELF_TEST_LOGITS);
  expect(new Set(logits).size).toBeGreaterThan(4);
});

test('the self-test passes on onnxruntime-node', async () => {
  expect(await selfTest(nodeRuntime({ threads: 1 }))).toBeNull();
});
