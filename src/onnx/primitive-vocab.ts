// Looking rows up and scoring them against the vocabulary, differentiable. The head and its
// cross-entropy are one primitive, because then no array of the size of the logits is touched but by
// the softmax and three matrix products: the one-hot part of the gradient is a lookup of rows.

import type { Tape, Variable } from './autodiff';
import { shared } from './autodiff';
import type { Value } from './graph';
import { int, text } from './graph';
import { numeric, rowsOf } from './primitive';

/** Adds updates [n, d] to rows `indices` [n] of data [rows, d]; rows may repeat. */
function addRows(tape: Tape, data: Value, indices: Value, updates: Value, width: number): Value {
  const g = tape.builder;
  // ScatterND runs its updates in parallel on the CPU, also when rows repeat; ScatterElements does not.
  const column = g.op('Reshape', [indices, g.int64(-1, 1)]);
  const wide = g.op('Expand', [column, g.int64(1, width)]);
  return g.op('ScatterElements', [data, wide, updates], { axis: int(0), reduction: text('add') });
}

function zeroRows(tape: Tape, rows: number, width: number): Value {
  return tape.builder.op('ConstantOfShape', [tape.builder.int64(rows, width)]);
}

/** Rows of `table` [d_vocab, d_model] at ids [batch, pos] -> [batch, pos, d_model]. */
export function embedding(tape: Tape, weight: Variable, ids: Variable): Variable {
  const [rows, width] = [numeric(weight.dims[0]!), numeric(weight.dims[1]!)];
  const value = tape.builder.op('Gather', [weight.value, ids.value], { axis: int(0) });
  return tape.result(
    value,
    [...ids.dims, width],
    [
      [
        weight,
        (dy) =>
          addRows(tape, zeroRows(tape, rows, width), ids.value, rowsOf(tape, dy, width), width),
      ],
    ],
  );
}

/**
 * Rows of x [batch, pos, d] at flat positions [n] (batch index * pos + position) -> [n, d].
 * Positions must not repeat: the gradient is written, not added.
 */
export function takePositions(tape: Tape, x: Variable, positions: Value): Variable {
  const g = tape.builder;
  const width = x.dims.at(-1)!;
  const taken = g.op('Gather', [rowsOf(tape, x.value, width), positions], { axis: int(0) });
  return tape.result(
    taken,
    ['n', width],
    [
      [
        x,
        (dy) => {
          const shape = g.op('Shape', [x.value]);
          const rows = rowsOf(tape, g.op('ConstantOfShape', [shape]), width);
          const column = g.op('Reshape', [positions, g.int64(-1, 1)]);
          return g.op('Reshape', [g.op('ScatterND', [rows, column, dy]), shape]);
        },
      ],
    ],
  );
}

/**
 * -log softmax(h W^T) at `targets` [n], in nats [n]; h [n, d_model], head [d_vocab, d_model].
 * With P the softmax: dh = dy (P W - W[targets]); dW = P^T (dy h), less dy h at the rows `targets`.
 * A probability below 1e-37 counts as that (85 nats) in the value; the gradient is exact.
 */
export function headCrossEntropy(
  tape: Tape,
  h: Variable,
  head: Variable,
  targets: Value,
): Variable {
  const g = tape.builder;
  const width = numeric(head.dims[1]!);
  const logits = g.op('Gemm', [h.value, head.value], { transB: int(1) });
  const probabilities = g.op('Softmax', [logits], { axis: int(-1) });
  const column = g.op('Reshape', [targets, g.int64(-1, 1)]);
  const chosen = g.op('GatherElements', [probabilities, column], { axis: int(1) });
  const floored = g.op('Max', [chosen, g.scalar(1e-37)]);
  const nll = g.op('Reshape', [g.op('Neg', [g.op('Log', [floored])]), g.int64(-1)]);
  const perRow = shared((dy) => g.op('Reshape', [dy, g.int64(-1, 1)]));
  return tape.result(
    nll,
    ['n'],
    [
      [
        h,
        (dy) => {
          const expected = g.op('MatMul', [probabilities, head.value]);
          const actual = g.op('Gather', [head.value, targets], { axis: int(0) });
          return g.op('Mul', [g.op('Sub', [expected, actual]), perRow(dy)]);
        },
      ],
      [
        head,
        (dy) => {
          const weighted = g.op('Mul', [h.value, perRow(dy)]);
          const expected = g.op('Gemm', [probabilities, weighted], { transA: int(1) });
          return addRows(tape, expected, targets, g.op('Neg', [weighted]), width);
        },
      ],
    ],
  );
}

/**
 * KL(P || Q) = sum P (log P - log Q) of two next-token distributions, in nats [n]: P from the hidden states `teacher`
 * [n, d_model], which are not differentiated, Q from h [n, d_model], both through `head` [d_vocab, d_model], frozen.
 * dh = dy (Q - P) W. A probability below 1e-37 counts as that in the value; the gradient is exact.
 */
export function headDivergence(
  tape: Tape,
  h: Variable,
  teacher: Variable,
  head: Variable,
): Variable {
  const g = tape.builder;
  const distribution = (x: Value): Value =>
    g.op('Softmax', [g.op('Gemm', [x, head.value], { transB: int(1) })], { axis: int(-1) });
  const log = (p: Value): Value => g.op('Log', [g.op('Max', [p, g.scalar(1e-37)])]);
  const [p, q] = [distribution(teacher.value), distribution(h.value)];
  const ratio = g.op('Sub', [log(p), log(q)]);
  const value = g.op('ReduceSum', [g.op('Mul', [p, ratio]), g.int64(-1)], { keepdims: int(0) });
  return tape.result(
    value,
    ['n'],
    [
      [
        h,
        (dy) => {
          const difference = g.op('MatMul', [g.op('Sub', [q, p]), head.value]);
          return g.op('Mul', [difference, g.op('Reshape', [dy, g.int64(-1, 1)])]);
        },
      ],
    ],
  );
}
