// onnxruntime-web reads a file of weights that is made while it is read. Node has no JSPI, so this is the build of
// Firefox and Safari (asyncify), which reads by other code than Chromium's (test/browser/worker has that one).

import * as ort from 'onnxruntime-web/webgpu';
import { expect, test } from 'vitest';
import { fillWeights, planDecoder } from '../../../src/onnx/decoder';
import { prefillFeeds } from '../../../src/onnx/decoder-feeds';
import { EXTERNAL_PATH } from '../../../src/onnx/proto';
import { segmentMaker, weightFile } from '../../../src/onnx/weight-file';
import { bytesOnDemand } from '../../../workers/runtime/session';
import { FAMILY_CONFIGS, randomWeights } from './random-weights';
import { PLAIN } from './run-decoder';

const config = FAMILY_CONFIGS['Qwen2.5']!;
const weights = randomWeights(config, 11);

async function logits(
  model: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<ArrayLike<number>> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['wasm'],
    externalData: [{ path: EXTERNAL_PATH, data }],
  });
  const { input_ids, seqlens_k, total } = prefillFeeds([[3, 17, 41, 8]]);
  const feeds = Object.entries({ input_ids, seqlens_k, total }).map(
    ([name, { data: ids, dims }]) => [name, new ort.Tensor('int32', ids, dims)] as const,
  );
  const { logits: found } = await session.run(Object.fromEntries(feeds));
  await session.release();
  return found!.data as Float32Array;
}

test.each(['f32', 'int8'] as const)('in %s it computes the very same', async (precision) => {
  const plan = planDecoder(config, { ...PLAIN, precision });
  const whole = await logits(plan.model, fillWeights(plan, weights));
  const file = weightFile(plan, segmentMaker(plan, weights));
  const made = await logits(plan.model, bytesOnDemand(file).data);
  expect([...Array.from(made)]).toEqual([...Array.from(whole)]);
  expect(whole).toHaveLength(4 * config.dVocab);
});

test('a tensor that cannot be stored fails by its own name, which the glue would hide', async () => {
  const plan = planDecoder(config, { ...PLAIN, precision: 'f16' });
  const large = new Map(weights);
  const name = 'model.layers.0.mlp.down_proj.weight';
  const { data, dims } = weights.get(name)!;
  large.set(name, { data: data.map(() => 1e6), dims });
  const bytes = bytesOnDemand(weightFile(plan, segmentMaker(plan, large)));
  await expect(logits(plan.model, bytes.data)).rejects.toThrow();
  expect(bytes.failure()).toMatchObject({ message: expect.stringContaining(name) as string });
});
