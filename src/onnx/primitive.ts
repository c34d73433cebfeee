// The differentiable operators a decoder is made of, apart from those in the other primitive-*.ts.
// Gradients are written by hand from the equation in each comment: y is the output, dy the gradient
// of the loss by y. No primitive broadcasts between differentiable inputs.

import type { Dim, Tape, Variable } from './autodiff';
import { shared } from './autodiff';
import type { Value } from './graph';
import { int, ints } from './graph';

function expectSameDims(op: string, a: Variable, b: Variable): void {
  if (a.dims.join() !== b.dims.join()) {
    throw new Error(
      `${op} wants equal shapes, got [${a.dims.join(', ')}] and [${b.dims.join(', ')}].`,
    );
  }
}

/** a + b, of equal shapes. */
export function add(tape: Tape, a: Variable, b: Variable): Variable {
  expectSameDims('Add', a, b);
  const value = tape.builder.op('Add', [a.value, b.value]);
  return tape.result(value, a.dims, [
    [a, (dy) => dy],
    [b, (dy) => dy],
  ]);
}

/** a * b elementwise, of equal shapes. */
export function multiply(tape: Tape, a: Variable, b: Variable): Variable {
  expectSameDims('Mul', a, b);
  const g = tape.builder;
  return tape.result(g.op('Mul', [a.value, b.value]), a.dims, [
    [a, (dy) => g.op('Mul', [dy, b.value])],
    [b, (dy) => g.op('Mul', [dy, a.value])],
  ]);
}

/** factor * x, with a fixed factor. */
export function scale(tape: Tape, x: Variable, factor: number): Variable {
  const g = tape.builder;
  const times = (v: Value) => g.op('Mul', [v, g.scalar(factor)]);
  return tape.result(times(x.value), x.dims, [[x, times]]);
}

/** Views [..., d] as [rows, d]. */
export function rowsOf(tape: Tape, x: Value, width: Dim): Value {
  return tape.builder.op('Reshape', [x, tape.builder.int64(-1, numeric(width))]);
}

/**
 * y = x W^T + b, as torch's nn.Linear: x [..., in], weight [out, in], bias [out] (not differentiated).
 * dx = dy W; dW = dy^T x over all rows.
 */
export function linear(tape: Tape, x: Variable, weight: Variable, bias?: Value): Variable {
  const g = tape.builder;
  const [outSize, inSize] = [weight.dims[0]!, weight.dims[1]!];
  if (x.dims.at(-1) !== inSize) {
    throw new Error(`A layer for ${inSize} inputs got ${String(x.dims.at(-1))}.`);
  }
  const transposed = g.op('Transpose', [weight.value], { perm: ints(1, 0) });
  const product = g.op('MatMul', [x.value, transposed]);
  const value = bias ? g.op('Add', [product, bias]) : product;
  return tape.result(
    value,
    [...x.dims.slice(0, -1), outSize],
    [
      [x, (dy) => g.op('MatMul', [dy, weight.value])],
      [
        weight,
        (dy) =>
          g.op('Gemm', [rowsOf(tape, dy, outSize), rowsOf(tape, x.value, inSize)], {
            transA: int(1),
          }),
      ],
    ],
  );
}

/**
 * SwiGLU's y = silu(gate) * up, silu(a) = a s, s = sigmoid(a).
 * d up = dy silu; d gate = s (dy up - dy y) + dy y, because silu' = s (1 + a - silu).
 */
export function swiGlu(tape: Tape, gate: Variable, up: Variable): Variable {
  expectSameDims('SwiGLU', gate, up);
  const g = tape.builder;
  const sigmoid = g.op('Sigmoid', [gate.value]);
  const silu = g.op('Mul', [gate.value, sigmoid]);
  const y = g.op('Mul', [silu, up.value]);
  return tape.result(y, gate.dims, [
    [
      gate,
      (dy) => {
        const dyUp = g.op('Mul', [dy, up.value]);
        const slope = g.op('Sub', [g.op('Add', [gate.value, g.scalar(1)]), silu]);
        return g.op('Mul', [dyUp, g.op('Mul', [sigmoid, slope])]);
      },
    ],
    [up, (dy) => g.op('Mul', [dy, silu])],
  ]);
}

/**
 * y = x gamma / rms(x) over the last axis, rms = sqrt(mean(x^2) + eps); x [..., d], gamma [d].
 * With n = x / rms: d gamma = sum over rows of dy n; dx = (dy gamma - n mean(dy gamma n)) / rms.
 */
export function rmsNorm(tape: Tape, x: Variable, gamma: Variable, eps: number): Variable {
  const g = tape.builder;
  const width = gamma.dims[0]!;
  const mean = (v: Value) => g.op('ReduceMean', [v, g.int64(-1)], { keepdims: int(1) });
  const meanSquare = mean(g.op('Mul', [x.value, x.value]));
  const rms = g.op('Sqrt', [g.op('Add', [meanSquare, g.scalar(eps)])]);
  const normal = g.op('Div', [x.value, rms]);
  const dyGamma = shared((dy) => g.op('Mul', [dy, gamma.value]));
  return tape.result(g.op('Mul', [normal, gamma.value]), x.dims, [
    [
      x,
      (dy) => {
        const along = mean(g.op('Mul', [dyGamma(dy), normal]));
        return g.op('Div', [g.op('Sub', [dyGamma(dy), g.op('Mul', [normal, along])]), rms]);
      },
    ],
    [
      gamma,
      (dy) => {
        const rows = rowsOf(tape, g.op('Mul', [dy, normal]), width);
        return g.op('ReduceSum', [rows, g.int64(0)], { keepdims: int(0) });
      },
    ],
  ]);
}

/** sum(weights * x), a scalar; `weights` is of x's shape and not differentiated. */
export function weightedSum(tape: Tape, x: Variable, weights: Value): Variable {
  const g = tape.builder;
  const total = g.op('ReduceSum', [g.op('Mul', [x.value, weights])], { keepdims: int(0) });
  return tape.result(total, [], [[x, (dy) => g.op('Mul', [weights, dy])]]);
}

/** The size as a number, for the attributes that need one. @throws Error for a named size. */
export function numeric(dim: Dim): number {
  if (typeof dim === 'number') return dim;
  throw new Error(`The size ${dim} must be known when the graph is built.`);
}
