// What a training writes to the residual stream, as operators: a fixed vector is added, or the part along one is
// taken away in the forward pass and in the gradient. The written vectors are never trained.

import { type ResidualWrite, unitVector } from '../core/training/residual-write';
import type { Tape, Variable } from './autodiff';
import type { Value } from './graph';

/** 1 at the tokens `token` of ids [batch, pos], else 0: [batch, pos, 1]. */
function tokenMask(tape: Tape, ids: Value, token: number): Value {
  const g = tape.builder;
  const [one, zero] = [g.constant([1], [1]), g.constant([0], [1])];
  const at = g.op('Where', [g.op('Equal', [ids, g.int64(token)]), one, zero]);
  return g.op('Unsqueeze', [at, g.int64(-1)]);
}

/**
 * y = h + m v, or y = h - s m u (u . h) with u = v / |v|; h [batch, pos, d], m 1 where it writes and else 0.
 * dh = dy, or dy - s m u (u . dy): a projection is its own transpose.
 * @param header the token that opens an answer, where the write is there alone
 * @throws RangeError for a vector of another width, for one of length 0 that is removed, and where `header` is missing.
 */
export function writeResidual(
  tape: Tape,
  h: Variable,
  { vector, kind, positions }: ResidualWrite,
  { ids, header }: { readonly ids: Value; readonly header: number | undefined },
): Variable {
  const g = tape.builder;
  const width = h.dims.at(-1) as number;
  if (vector.length !== width) {
    throw new RangeError(
      `The direction has width ${vector.length}, the model ${width}. Choose a direction made from this model.`,
    );
  }
  if (positions === 'header' && header === undefined) {
    throw new RangeError('This chat format opens an answer with more than one token.');
  }
  const mask = positions === 'header' ? tokenMask(tape, ids, header!) : null;
  if (kind.name === 'add') {
    const added = g.constant(vector, [width]);
    const where = mask ? g.op('Mul', [mask, added]) : added;
    return tape.result(g.op('Add', [h.value, where]), h.dims, [[h, (dy) => dy]]);
  }
  const unit = unitVector(vector);
  const column = g.constant(unit, [width, 1]);
  const row = g.constant(
    unit.map((x) => kind.strength * x),
    [1, width],
  );
  const rest = (x: Value): Value => {
    const along = g.op('MatMul', [x, column]);
    const counted = mask ? g.op('Mul', [along, mask]) : along;
    return g.op('Sub', [x, g.op('MatMul', [counted, row])]);
  };
  return tape.result(rest(h.value), h.dims, [[h, rest]]);
}
