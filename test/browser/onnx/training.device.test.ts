// One training step on wasm and on webgpu, of all weights and of adapters: the loss against the float64
// decoder (to 1e-5), every gradient against central differences of it (to 1e-5 + 1e-4 of its size).

import { beforeAll, describe, expect, test } from 'vitest';
import { buildTrainGraph } from '../../../src/onnx/train-graph';
import type { Backend } from '../../unit/onnx/decoder-run';
import { tinyConfig, tinyWeights } from '../../unit/onnx/tiny-weights';
import {
  expectGradient,
  merged,
  randomAdapter,
  referenceLoss,
  runStep,
  toFloat64,
} from '../../unit/onnx/train-step';
import { backendOf, DEVICE } from './devices';

const config = tinyConfig(true);
const weights = tinyWeights(config);

describe(`a training step on ${DEVICE}`, { timeout: 240_000 }, () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await backendOf(DEVICE);
  }, 240_000);

  test('of all weights has the loss and the gradients of the float64 decoder', async () => {
    const graph = buildTrainGraph(config, { kind: 'full' });
    const session = await backend.create(graph.model, graph.externalData);
    const { loss, gradients } = await runStep(backend, session, graph, weights);
    const exact = toFloat64(weights);
    expect(loss).toBeCloseTo(referenceLoss(config, exact), 5);
    expect(gradients.size).toBe(weights.size);
    for (const [name, gradient] of gradients) {
      expectGradient(name, gradient, exact.get(name)!, () => referenceLoss(config, exact));
    }
  });

  test('of adapters has the loss and the gradients of the merged float64 decoder', async () => {
    const scale = 1.5;
    const graph = buildTrainGraph(config, { kind: 'lora', weights, rank: 2, scale });
    const session = await backend.create(graph.model, graph.externalData);
    const adapter = randomAdapter(graph);
    const { loss, gradients } = await runStep(backend, session, graph, adapter);
    const exact = toFloat64(adapter);
    const reference = () => referenceLoss(config, merged(weights, exact, scale));
    expect(loss).toBeCloseTo(reference(), 5);
    expect(gradients.size).toBe(2 * 7 * config.nLayers);
    for (const [name, gradient] of gradients) {
      expectGradient(name, gradient, exact.get(name)!, reference);
    }
  });
});
