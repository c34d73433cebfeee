import type { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { AdamW, clipScale, globalNorm } from '../../../src/core/optimizer';
import type { Tensor } from '../../../src/core/tensor';
import { zeros } from '../../../src/core/tensor';
import type { TrainGraph } from '../../../src/onnx/train-graph';
import { buildTrainGraph } from '../../../src/onnx/train-graph';
import type { AnyTensor } from './float64-decoder';
import { nodeBackend } from './run-decoder';
import { tinyConfig, tinyWeights } from './tiny-weights';
import {
  LOSS_AT,
  expectGradient,
  merged,
  randomAdapter,
  referenceLoss,
  runStep as runStepOn,
  toFloat64,
} from './train-step';

const BACKEND = nodeBackend();
const sessionOf = ({ model, externalData }: TrainGraph) => BACKEND.create(model, externalData);
const runStep = (
  session: InferenceSession,
  graph: TrainGraph,
  parameters: ReadonlyMap<string, Tensor>,
) => runStepOn(BACKEND, session, graph, parameters);

describe.each([
  { head: 'tied', tied: true },
  { head: 'untied', tied: false },
])('full training with a $head head', ({ tied }) => {
  const config = tinyConfig(tied);
  const weights = tinyWeights(config);
  const graph = buildTrainGraph(config, { kind: 'full' });

  test('the loss is that of a float64 decoder', async () => {
    const { loss, nll } = await runStep(await sessionOf(graph), graph, weights);
    expect(loss).toBeCloseTo(referenceLoss(config, weights), 5);
    const weighted = LOSS_AT.reduce((sum, { weight }, i) => sum + weight * nll[i]!, 0);
    expect(weighted).toBeCloseTo(loss, 5);
  });

  test('every weight has a gradient, and it agrees with finite differences', async () => {
    const { gradients } = await runStep(await sessionOf(graph), graph, weights);
    expect([...gradients.keys()].sort()).toEqual([...weights.keys()].sort());
    const exact = toFloat64(weights);
    for (const [name, gradient] of gradients) {
      expect(gradient.dims).toEqual(weights.get(name)!.dims);
      expectGradient(name, gradient, exact.get(name)!, () => referenceLoss(config, exact));
    }
  });
});

describe('LoRA training', () => {
  const config = tinyConfig(true);
  const base = tinyWeights(config);
  const options = { kind: 'lora', weights: base, rank: 2, scale: 1.5 } as const;

  const mergedWith = (adapter: ReadonlyMap<string, AnyTensor>) =>
    merged(base, adapter, options.scale);

  test('loss and gradients are those of the merged float64 decoder', async () => {
    const graph = buildTrainGraph(config, options);
    const adapter = randomAdapter(graph);
    const { loss, gradients } = await runStep(await sessionOf(graph), graph, adapter);
    const exact = toFloat64(adapter);
    expect(gradients.size).toBe(2 * 7 * config.nLayers);
    expect(loss).toBeCloseTo(referenceLoss(config, mergedWith(exact)), 5);
    for (const [name, gradient] of gradients) {
      expectGradient(name, gradient, exact.get(name)!, () =>
        referenceLoss(config, mergedWith(exact)),
      );
    }
  });

  test('adapters go only to the modules and layers asked for, under PEFT names', async () => {
    const graph = buildTrainGraph(config, { ...options, modules: ['mlp.down_proj'], layers: [1] });
    expect(graph.parameters).toEqual([
      { name: 'base_model.model.model.layers.1.mlp.down_proj.lora_A.weight', dims: [2, 12] },
      { name: 'base_model.model.model.layers.1.mlp.down_proj.lora_B.weight', dims: [8, 2] },
    ]);
    const adapter = randomAdapter(graph);
    const { loss } = await runStep(await sessionOf(graph), graph, adapter);
    expect(loss).toBeCloseTo(referenceLoss(config, mergedWith(toFloat64(adapter))), 5);
  });

  test('with B at zero the loss is that of the base and A has no gradient', async () => {
    const graph = buildTrainGraph(config, options);
    const adapter = randomAdapter(graph);
    for (const [name, { dims }] of adapter) {
      if (name.includes('lora_B')) adapter.set(name, zeros(dims));
    }
    const { loss, gradients } = await runStep(await sessionOf(graph), graph, adapter);
    expect(loss).toBeCloseTo(referenceLoss(config, base), 5);
    for (const [name, { data }] of gradients) {
      expect(
        data.every((x) => x === 0),
        name,
      ).toBe(name.includes('lora_A'));
    }
  });

  test('a missing base weight is named', () => {
    const weights = new Map(base);
    weights.delete('model.layers.1.mlp.up_proj.weight');
    expect(() => buildTrainGraph(config, { ...options, weights })).toThrow(
      'no model.layers.1.mlp.up_proj.weight',
    );
  });
});

test('thirty steps on a tiny corpus take the loss from guessing to near certainty', async () => {
  const config = tinyConfig(true);
  const weights = tinyWeights(config);
  const graph = buildTrainGraph(config, { kind: 'full' });
  const session = await sessionOf(graph);
  const optimizer = new AdamW();
  const losses: number[] = [];
  for (let step = 0; step < 30; step++) {
    const { loss, gradients } = await runStep(session, graph, weights);
    losses.push(loss);
    optimizer.step(weights, gradients, 0.02, clipScale(globalNorm(gradients), 1));
  }
  expect(losses[0]).toBeGreaterThan(2);
  expect(losses.at(-1)).toBeLessThan(0.5);
});
