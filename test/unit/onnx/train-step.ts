// One training step on two small rows, and the same loss by plain float64 loops, whatever ONNX Runtime
// runs it: train-graph.test.ts uses Node's, test/browser/onnx wasm and webgpu.

import type { InferenceSession, Tensor as Feed } from 'onnxruntime-common';
import { expect } from 'vitest';
import type { ModelConfig } from '../../../src/checkpoint/config';
import type { Tensor } from '../../../src/core/tensor';
import type { TrainGraph } from '../../../src/onnx/train-graph';
import type { Backend } from './decoder-run';
import type { AnyTensor, BlockEdit } from './float64-decoder';
import { float64Forward, float64Nll } from './float64-decoder';
import { randomTensor } from './tiny-weights';

/** Two right-padded rows of different length; 0 is padding. Word 3 repeats, so rows are added up. */
const ROWS = [
  [3, 7, 3, 11, 5, 3],
  [1, 3, 9, 2],
];
const POS = 6;
export const LOSS_AT = [
  { row: 0, pos: 0, target: 7, weight: 0.2 },
  { row: 0, pos: 2, target: 11, weight: 0.25 },
  { row: 0, pos: 4, target: 3, weight: 0.3 },
  { row: 1, pos: 1, target: 3, weight: 0.15 },
  { row: 1, pos: 2, target: 2, weight: 0.4 },
];

export interface StepResult {
  readonly loss: number;
  /** Null without a leash. */
  readonly leash: number | null;
  readonly nll: Float32Array;
  readonly gradients: Map<string, Tensor>;
}

export async function runStep(
  { Tensor: OrtTensor }: Pick<Backend, 'Tensor'>,
  session: InferenceSession,
  graph: TrainGraph,
  parameters: ReadonlyMap<string, Tensor>,
  /** Inputs besides the rows and the parameters. */
  more: Readonly<Record<string, Feed>> = {},
): Promise<StepResult> {
  const int64 = (values: readonly number[], dims: number[]) =>
    new OrtTensor('int64', BigInt64Array.from(values.map(BigInt)), dims);
  const padded = ROWS.flatMap((row) => [...row, ...Array<number>(POS - row.length).fill(0)]);
  const n = LOSS_AT.length;
  const feeds: Record<string, Feed> = {
    ...more,
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
    leash: out['leash'] ? (out['leash'].data as Float32Array)[0]! : null,
    nll: out['nll']!.data as Float32Array,
    gradients: new Map(gradients),
  };
}

/** The same loss by plain float64 loops. */
export function referenceLoss(
  config: ModelConfig,
  weights: ReadonlyMap<string, AnyTensor>,
  /** Changes the residual after a block in place, as a cure does. */
  edit?: (ids: readonly number[]) => BlockEdit,
): number {
  const logits = ROWS.map((ids) => float64Forward(config, weights, ids, edit?.(ids)).logits);
  return LOSS_AT.reduce(
    (sum, { row, pos, target, weight }) => sum + weight * float64Nll(logits[row]![pos]!, target),
    0,
  );
}

export function toFloat64(weights: ReadonlyMap<string, Tensor>): Map<string, AnyTensor> {
  const entries = [...weights].map(([name, { data, dims }]): [string, AnyTensor] => [
    name,
    { data: Float64Array.from(data), dims },
  ]);
  return new Map(entries);
}

/** Central differences of `loss` by some elements of `parameter`, changed in place and restored. */
export function expectGradient(
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

/** Factors of which neither is zero. */
export function randomAdapter(graph: TrainGraph): Map<string, Tensor> {
  return new Map(
    graph.parameters.map(({ name, dims }, i) => [name, randomTensor(dims, 77 + i, 0.5)]),
  );
}

/** W + scale * B A for every adapted module, in float64. */
export function merged(
  base: ReadonlyMap<string, Tensor>,
  adapter: ReadonlyMap<string, AnyTensor>,
  scale: number,
): Map<string, AnyTensor> {
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
        target.data[i]! += scale * b.data[row * rank + r]! * a.data[r * inSize + column]!;
      }
    });
  }
  return weights;
}
