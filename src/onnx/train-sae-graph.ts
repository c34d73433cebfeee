// The training graph of a top-k sparse autoencoder (Gao et al. 2024, arXiv:2406.04093):
//   pre = W_enc (x - b),  z = TopK(relu(pre)),  x' = D z + b,  loss = |x - x'|^2 + alpha |e - D z_dead|^2,
// e = x - x' held fixed, z_dead the auxK largest latents among those named dead (appendix A.2). D is W_dec with
// its rows at length 1 (rmsNorm with gain 1 / sqrt(d_model) is just that), so the gradient has no part along them.
//
// Inputs: `x` f32 [n, d_model], normalised residuals; `dead` f32 [d_sae], 0 for a dead latent and `ALIVE` for
// others; `aux` f32 [], alpha, or 0 while none is dead; the parameters. Outputs: `loss` [], `unexplained` [],
// |x - x'|^2 / |x - mean x|^2 over the batch; `active` [d_sae], how often each latent was; `grad:<parameter>`.

import type { Variable } from './autodiff';
import { Tape } from './autodiff';
import type { Value } from './graph';
import { GraphBuilder, int } from './graph';
import { add, linear, multiply, rmsNorm, scale, weightedSum } from './primitive';
import { topKRelu } from './primitive-sparse';
import { encodeModel } from './proto';
import type { TrainGraph } from './train-graph';

/** Value of `dead` for a latent that is alive. */
export const ALIVE = -1e30;

export interface SaeShape {
  readonly dModel: number;
  readonly dSae: number;
  readonly k: number;
  /** Dead latents that rebuild what is left over. */
  readonly auxK: number;
}

/** Names and shapes of what is trained. */
function saeParameters({ dModel, dSae }: SaeShape): TrainGraph['parameters'] {
  return [
    { name: 'W_enc', dims: [dSae, dModel] },
    { name: 'W_dec', dims: [dSae, dModel] },
    { name: 'b_dec', dims: [dModel] },
  ];
}

/** Builds the graph of one training step; losses are means over the batch of squared length / d_model. */
export function buildSaeGraph(shape: SaeShape): TrainGraph {
  const { dModel, dSae, k, auxK } = shape;
  const g = new GraphBuilder('sparse autoencoder training step');
  const tape = new Tape(g);
  const parameters = saeParameters(shape);
  const [wEnc, wDec, bDec] = parameters.map(({ name, dims }) =>
    tape.parameter(g.input(name, 'f32', dims), dims),
  ) as [Variable, Variable, Variable];
  const x = tape.constant(g.input('x', 'f32', ['n', dModel]), ['n', dModel]);
  const dead = g.input('dead', 'f32', [dSae]);
  const aux = g.input('aux', 'f32', []);

  const gain = tape.constant(
    g.constant(new Float32Array(dModel).fill(1 / Math.sqrt(dModel)), [dModel]),
    [dModel],
  );
  const decoder = rmsNorm(tape, wDec, gain, 1e-12);
  const bias = everyRow(tape, bDec, x);
  const pre = linear(tape, add(tape, x, scale(tape, bias, -1)), wEnc);
  const z = topKRelu(tape, pre, k);
  const error = add(
    tape,
    add(tape, x, scale(tape, bias, -1)),
    scale(tape, decodeRows(tape, z, decoder), -1),
  );
  const main = meanSquare(tape, error);
  const left = tape.constant(error.value, error.dims);
  const rebuilt = decodeRows(tape, topKRelu(tape, pre, auxK, dead), decoder);
  const second = meanSquare(tape, add(tape, left, scale(tape, rebuilt, -1)));
  const weighted = weightedSum(tape, second, aux);
  const loss = add(tape, main, weighted);

  g.output(loss.value, 'loss', 'f32', []);
  const mean = g.op('ReduceMean', [x.value, g.int64(0)], { keepdims: int(1) });
  const total = meanSquare(tape, tape.constant(g.op('Sub', [x.value, mean]), x.dims));
  g.output(g.op('Div', [main.value, total.value]), 'unexplained', 'f32', []);
  const on = g.op('Sign', [z.value]);
  g.output(g.op('ReduceSum', [on, g.int64(0)], { keepdims: int(0) }), 'active', 'f32', [dSae]);
  const gradients = tape.gradients(loss, [wEnc, wDec, bDec]);
  parameters.forEach(({ name, dims }, i) => g.output(gradients[i]!, `grad:${name}`, 'f32', dims));
  return { model: encodeModel(g.graph()), externalData: g.externalData(), parameters };
}

/** z D: codes [n, d_sae] by decoder rows [d_sae, d_model]. dz = dy D^T; dD = z^T dy. */
function decodeRows(tape: Tape, z: Variable, decoder: Variable): Variable {
  const g = tape.builder;
  return tape.result(
    g.op('MatMul', [z.value, decoder.value]),
    [z.dims[0]!, decoder.dims[1]!],
    [
      [z, (dy) => g.op('Gemm', [dy, decoder.value], { transB: int(1) })],
      [decoder, (dy) => g.op('Gemm', [z.value, dy], { transA: int(1) })],
    ],
  );
}

/** A vector [d] at every row of `like` [n, d]. dv = sum over rows of dy. */
function everyRow(tape: Tape, vector: Variable, like: Variable): Variable {
  const g = tape.builder;
  const rows = g.op('Expand', [vector.value, g.op('Shape', [like.value])]);
  const sum = (dy: Value) => g.op('ReduceSum', [dy, g.int64(0)], { keepdims: int(0) });
  return tape.result(rows, like.dims, [[vector, sum]]);
}

/** The mean of the squares of all entries, a scalar. */
function meanSquare(tape: Tape, x: Variable): Variable {
  const g = tape.builder;
  const size = g.op('Cast', [g.op('Size', [x.value])], { to: int(1) });
  const share = g.op('Div', [g.scalar(1), size]);
  return weightedSum(tape, multiply(tape, x, x), share);
}
