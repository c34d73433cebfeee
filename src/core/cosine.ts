// How alike directions are. Cosines keep their sign: a flipped direction is the opposite finding, not
// the same one.

import type { Tensor } from './tensor';
import { rowOf } from './tensor';

/**
 * Signed cosine in f64. NaN when a vector is zero: nothing has no direction.
 * @throws RangeError for vectors of different width.
 */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) {
    throw new RangeError(`Vectors of width ${a.length} and ${b.length} cannot be compared.`);
  }
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  if (aa === 0 || bb === 0) return NaN;
  return Math.max(-1, Math.min(1, ab / (Math.sqrt(aa) * Math.sqrt(bb))));
}

/**
 * Cosine of two directions at each layer [n_layers].
 * @param a [n_layers, d_model]
 * @param b [n_layers, d_model]
 * @throws RangeError for different shapes.
 */
export function cosineByLayer(a: Tensor, b: Tensor): Float64Array<ArrayBuffer> {
  if (a.dims.join() !== b.dims.join()) {
    throw new RangeError(
      `Directions of shape [${a.dims.join(', ')}] and [${b.dims.join(', ')}] cannot be compared by layer.`,
    );
  }
  return Float64Array.from({ length: a.dims[0] ?? 0 }, (_, layer) =>
    cosine(rowOf(a, layer).data, rowOf(b, layer).data),
  );
}

/**
 * Cosine of every layer of one direction with every layer of another, row-major: element
 * `i * n_layers_b + j` compares layer i of `a` with layer j of `b`.
 * @param a [n_layers_a, d_model]
 * @param b [n_layers_b, d_model]
 * @throws RangeError for different d_model.
 */
export function cosineMatrix(a: Tensor, b: Tensor): Float64Array<ArrayBuffer> {
  const rows = a.dims[0] ?? 0;
  const columns = b.dims[0] ?? 0;
  return Float64Array.from({ length: rows * columns }, (_, at) =>
    cosine(rowOf(a, Math.floor(at / columns)).data, rowOf(b, at % columns).data),
  );
}

/** Root mean square cosine of independent random directions of width `d`: 1 / sqrt(d). */
export function randomCosine(d: number): number {
  return 1 / Math.sqrt(d);
}
