import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../../src/core/tensor';
import { sizeOf } from '../../../src/core/tensor';
import type { Variable } from '../../../src/onnx/autodiff';
import { Tape } from '../../../src/onnx/autodiff';
import type { Value } from '../../../src/onnx/graph';
import { GraphBuilder } from '../../../src/onnx/graph';
import {
  add,
  linear,
  multiply,
  rmsNorm,
  scale,
  swiGlu,
  weightedSum,
} from '../../../src/onnx/primitive';
import {
  causalAttention,
  causalMask,
  rotary,
  rotaryTables,
} from '../../../src/onnx/primitive-attention';
import { embedding, headCrossEntropy, takePositions } from '../../../src/onnx/primitive-vocab';
import { encodeModel } from '../../../src/onnx/proto';
import { randomTensor } from './tiny-weights';

type Build = (tape: Tape, inputs: readonly Variable[]) => Variable;

interface Case {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  readonly output: readonly number[];
  readonly build: Build;
}

const int64 = (tape: Tape, values: readonly number[], dims: readonly number[]): Variable => {
  const flat = tape.builder.int64(...values);
  const value = tape.builder.op('Reshape', [flat, tape.builder.int64(...dims)]);
  return tape.constant(value, dims);
};

const HEADS = { nHeads: 4, nKvHeads: 2, dHead: 4 };
const mask = (tape: Tape): Value =>
  causalMask(tape, int64(tape, [0, 0, 0, 0, 0, 0], [2, 3]).value, 5, 2);

const CASES: readonly Case[] = [
  {
    name: 'add',
    inputs: [
      [2, 3],
      [2, 3],
    ],
    output: [2, 3],
    build: (tape, [a, b]) => add(tape, a!, b!),
  },
  {
    name: 'multiply',
    inputs: [
      [2, 3],
      [2, 3],
    ],
    output: [2, 3],
    build: (tape, [a, b]) => multiply(tape, a!, b!),
  },
  {
    name: 'a value used three times',
    inputs: [[2, 3]],
    output: [2, 3],
    build: (tape, [a]) => multiply(tape, add(tape, a!, scale(tape, a!, -2.5)), a!),
  },
  {
    name: 'linear',
    inputs: [
      [2, 3, 4],
      [5, 4],
    ],
    output: [2, 3, 5],
    build: (tape, [x, w]) => linear(tape, x!, w!),
  },
  {
    name: 'linear with a bias',
    inputs: [
      [2, 3, 4],
      [5, 4],
    ],
    output: [2, 3, 5],
    build: (tape, [x, w]) => linear(tape, x!, w!, tape.builder.constant([1, 2, 3, 4, 5], [5])),
  },
  {
    name: 'SwiGLU',
    inputs: [
      [2, 3, 4],
      [2, 3, 4],
    ],
    output: [2, 3, 4],
    build: (tape, [gate, up]) => swiGlu(tape, gate!, up!),
  },
  {
    name: 'RMS norm',
    inputs: [[2, 3, 6], [6]],
    output: [2, 3, 6],
    build: (tape, [x, gamma]) => rmsNorm(tape, x!, gamma!, 1e-5),
  },
  {
    name: 'rotary positions',
    inputs: [[2, 3, 8]],
    output: [2, 3, 8],
    build: (tape, [x]) => rotary(tape, x!, rotaryTables(tape, 5, 4, 100)),
  },
  {
    name: 'causal attention, two query heads to a key head',
    inputs: [
      [2, 3, 16],
      [2, 3, 8],
      [2, 3, 8],
    ],
    output: [2, 3, 16],
    build: (tape, [q, k, v]) => causalAttention(tape, q!, k!, v!, mask(tape), HEADS),
  },
  {
    name: 'embedding with repeated words',
    inputs: [[5, 4]],
    output: [2, 3, 4],
    build: (tape, [table]) => embedding(tape, table!, int64(tape, [3, 1, 3, 3, 0, 1], [2, 3])),
  },
  {
    name: 'rows taken at positions',
    inputs: [[2, 3, 4]],
    output: [3, 4],
    build: (tape, [x]) => takePositions(tape, x!, tape.builder.int64(4, 0, 5)),
  },
  {
    name: 'head and cross-entropy with repeated targets',
    inputs: [
      [4, 3],
      [5, 3],
    ],
    output: [4],
    build: (tape, [h, head]) => headCrossEntropy(tape, h!, head!, tape.builder.int64(2, 0, 2, 2)),
  },
];

/** A graph of sum(w * build(inputs)) with its gradients. */
function lossGraph({ inputs, output, build }: Case): Uint8Array {
  const builder = new GraphBuilder('test');
  const tape = new Tape(builder);
  const variables = inputs.map((dims, i) =>
    tape.parameter(builder.input(`x${i}`, 'f32', dims), dims),
  );
  const weights = builder.constant(randomTensor(output, 99).data, output);
  const loss = weightedSum(tape, build(tape, variables), weights);
  const gradients = tape.gradients(loss, variables);
  builder.output(loss.value, 'loss', 'f32', []);
  gradients.forEach((value, i) => builder.output(value, `grad:x${i}`, 'f32', inputs[i]!));
  return encodeModel(builder.graph());
}

async function run(
  session: InferenceSession,
  inputs: readonly Tensor[],
): Promise<InferenceSession.OnnxValueMapType> {
  const feeds = inputs.map((x, i): [string, OrtTensor] => [
    `x${i}`,
    new OrtTensor('float32', x.data, [...x.dims]),
  ]);
  return session.run(Object.fromEntries(feeds));
}

test.each(CASES)('the gradient of $name agrees with finite differences', async (oneCase) => {
  const session = await InferenceSession.create(lossGraph(oneCase), { intraOpNumThreads: 1 });
  const inputs = oneCase.inputs.map((dims, i) => randomTensor(dims, i + 5));
  const out = await run(session, inputs);
  const lossAt = async () => ((await run(session, inputs))['loss']!.data as Float32Array)[0]!;
  for (const [which, { data, dims }] of inputs.entries()) {
    const gradient = out[`grad:x${which}`]!;
    expect(gradient.dims).toEqual(dims);
    for (let i = 0; i < data.length; i++) {
      const before = data[i]!;
      const difference = async (step: number) => {
        data[i] = before + step;
        const above = await lossAt();
        data[i] = before - step;
        const below = await lossAt();
        data[i] = before;
        return (above - below) / (2 * step);
      };
      // Richardson's extrapolation: f32 needs a coarse step, so cancel its quadratic error.
      const expected = (4 * (await difference(0.02)) - (await difference(0.04))) / 3;
      const actual = (gradient.data as Float32Array)[i]!;
      const error = Math.abs(actual - expected);
      expect(error, `input ${which}, element ${i}: ${actual} for ${expected}`).toBeLessThan(
        4e-4 + 2e-3 * Math.abs(expected),
      );
    }
  }
});

describe('the tape', () => {
  const setUp = () => {
    const builder = new GraphBuilder('test');
    const tape = new Tape(builder);
    const x = tape.parameter(builder.input('x', 'f32', [2, 3]), [2, 3]);
    return { builder, tape, x };
  };

  test('adds no nodes for inputs whose gradient nobody wants', () => {
    const { builder, tape, x } = setUp();
    const frozen = tape.constant(builder.input('w', 'f32', [4, 3]), [4, 3]);
    const y = linear(tape, x, frozen);
    tape.gradients(weightedSum(tape, y, builder.constant(new Float32Array(8), [2, 4])), [x]);
    expect(builder.nodes.map(({ op }) => op)).not.toContain('Gemm');
  });

  test('refuses to differentiate anything but a scalar', () => {
    const { tape, x } = setUp();
    expect(() => tape.gradients(x, [x])).toThrow('Only a scalar');
  });

  test('names a parameter that the loss does not depend on', () => {
    const { builder, tape, x } = setUp();
    const other = tape.parameter(builder.input('other', 'f32', [2]), [2]);
    const loss = weightedSum(tape, x, builder.constant(new Float32Array(sizeOf([2, 3])), [2, 3]));
    expect(() => tape.gradients(loss, [other])).toThrow('does not depend on other');
  });

  test('refuses to add unequal shapes', () => {
    const { builder, tape, x } = setUp();
    const row = tape.parameter(builder.input('row', 'f32', [3]), [3]);
    expect(() => add(tape, x, row)).toThrow('[2, 3] and [3]');
  });
});
