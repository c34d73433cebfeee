import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../../src/checkpoint/config';
import { AdamW, clipScale, globalNorm } from '../../../src/core/optimizer';
import type { Tensor } from '../../../src/core/tensor';
import { zeros } from '../../../src/core/tensor';
import { EXTERNAL_PATH } from '../../../src/onnx/proto';
import type { TrainGraph } from '../../../src/onnx/train-graph';
import { buildTrainGraph } from '../../../src/onnx/train-graph';
import type { AnyTensor } from './float64-decoder';
import { float64Forward, float64Nll } from './float64-decoder';
import { randomTensor, tinyConfig, tinyWeights } from './tiny-weights';

/** Two right-padded rows of different length; 0 is padding. Word 3 repeats, so rows are added up. */
const ROWS = [
  [3, 7, 3, 11, 5, 3],
  [1, 3, 9, 2],
];
const POS = 6;
const LOSS_AT = [
  { row: 0, pos: 0, target: 7, weight: 0.2 },
  { row: 0, pos: 2, target: 11, weight: 0.25 },
  { row: 0, pos: 4, target: 3, weight: 0.3 },
  { row: 1, pos: 1, target: 3, weight: 0.15 },
  { row: 1, pos: 2, target: 2, weight: 0.4 },
];

async function sessionOf(graph: TrainGraph): Promise<InferenceSession> {
  const external = graph.externalData.length > 0;
  return InferenceSession.create(graph.model, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(external ? { externalData: [{ path: EXTERNAL_PATH, data: graph.externalData }] } : {}),
  });
}

interface StepResult {
  readonly loss: number;
  readonly nll: Float32Array;
  readonly gradients: Map<string, Tensor>;
}

async function runStep(
  session: InferenceSession,
  graph: TrainGraph,
  parameters: ReadonlyMap<string, Tensor>,
): Promise<StepResult> {
  const int64 = (values: readonly number[], dims: number[]) =>
    new OrtTensor('int64', BigInt64Array.from(values.map(BigInt)), dims);
  const padded = ROWS.flatMap((row) => [...row, ...Array<number>(POS - row.length).fill(0)]);
  const n = LOSS_AT.length;
  const feeds: Record<string, OrtTensor> = {
    ids: int64(padded, [ROWS.length, POS]),
    loss_positions: int64(
      LOSS_AT.map(({ row, pos }) => row * POS + pos),
      [n],
    ),
    targets: int64(
      LOSS_AT.map(({ target }) => target),
      [n],
    ),
    loss_weight: new OrtTensor(
      'float32',
      Float32Array.from(LOSS_AT, (at) => at.weight),
      [n],
    ),
  };
  for (const { name, dims } of graph.parameters) {
    feeds[name] = new OrtTensor('float32', parameters.get(name)!.data, [...dims]);
  }
  const out = await session.run(feeds);
  const gradients = graph.parameters.map(({ name, dims }): [string, Tensor] => [
    name,
    { data: out[`grad:${name}`]!.data as Float32Array, dims },
  ]);
  return {
    loss: (out['loss']!.data as Float32Array)[0]!,
    nll: out['nll']!.data as Float32Array,
    gradients: new Map(gradients),
  };
}

/** The same loss by plain float64 loops. */
function referenceLoss(config: ModelConfig, weights: ReadonlyMap<string, AnyTensor>): number {
  const logits = ROWS.map((ids) => float64Forward(config, weights, ids).logits);
  return LOSS_AT.reduce(
    (sum, { row, pos, target, weight }) => sum + weight * float64Nll(logits[row]![pos]!, target),
    0,
  );
}

function toFloat64(weights: ReadonlyMap<string, Tensor>): Map<string, AnyTensor> {
  const entries = [...weights].map(([name, { data, dims }]): [string, AnyTensor] => [
    name,
    { data: Float64Array.from(data), dims },
  ]);
  return new Map(entries);
}

/** Central differences of `loss` by some elements of `parameter`, changed in place and restored. */
function expectGradient(
  name: string,
  gradient: Tensor,
  parameter: AnyTensor,
  loss: () => number,
): void {
  const step = 1e-6;
  const stride = Math.max(1, Math.floor(parameter.data.length / 7));
  for (let i = 0; i < parameter.data.length; i += stride) {
    const before = parameter.data[i]!;
    parameter.data[i] = before + step;
    const above = loss();
    parameter.data[i] = before - step;
    const below = loss();
    parameter.data[i] = before;
    const expected = (above - below) / (2 * step);
    const error = Math.abs(gradient.data[i]! - expected);
    expect(error, `${name}[${i}], which should be ${expected}`).toBeLessThan(
      1e-5 + 1e-4 * Math.abs(expected),
    );
  }
}

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

  function randomAdapter(graph: TrainGraph): Map<string, Tensor> {
    return new Map(
      graph.parameters.map(({ name, dims }, i) => [name, randomTensor(dims, 77 + i, 0.5)]),
    );
  }

  /** W + scale * B A for every adapted module, in float64. */
  function merged(adapter: ReadonlyMap<string, AnyTensor>): Map<string, AnyTensor> {
    const weights = toFloat64(base);
    for (const [name, a] of adapter) {
      if (!name.endsWith('.lora_A.weight')) continue;
      const b = adapter.get(name.replace('lora_A', 'lora_B'))!;
      const target = weights.get(
        name.replace('base_model.model.', '').replace('.lora_A.weight', '.weight'),
      )!;
      const [rank, inSize] = [a.dims[0]!, a.dims[1]!];
      target.data.forEach((_, i) => {
        const [row, column] = [Math.floor(i / inSize), i % inSize];
        for (let r = 0; r < rank; r++) {
          target.data[i]! += options.scale * b.data[row * rank + r]! * a.data[r * inSize + column]!;
        }
      });
    }
    return weights;
  }

  test('loss and gradients are those of the merged float64 decoder', async () => {
    const graph = buildTrainGraph(config, options);
    const adapter = randomAdapter(graph);
    const { loss, gradients } = await runStep(await sessionOf(graph), graph, adapter);
    const exact = toFloat64(adapter);
    expect(gradients.size).toBe(2 * 7 * config.nLayers);
    expect(loss).toBeCloseTo(referenceLoss(config, merged(exact)), 5);
    for (const [name, gradient] of gradients) {
      expectGradient(name, gradient, exact.get(name)!, () => referenceLoss(config, merged(exact)));
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
    expect(loss).toBeCloseTo(referenceLoss(config, merged(toFloat64(adapter))), 5);
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
