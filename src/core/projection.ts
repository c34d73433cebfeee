// Vectors, their unit forms, and what lies along them: c = h . u, with u = v / |v|.

import type { Tensor } from './tensor';
import { rowOf, tensor, zeros } from './tensor';

/** Scalar product in f64. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Length of a vector, in f64. */
export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}

/** Length of each row [n_layers] of vectors [n_layers, d_model]. */
export function rowNorms(vectors: Tensor): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: vectors.dims[0] ?? 0 }, (_, i) =>
    norm(rowOf(vectors, i).data),
  );
}

/** Each row divided by its length [n_layers, d_model]; zero rows stay zero, so they edit nothing. */
export function unitRows(vectors: Tensor): Tensor {
  const out = zeros(vectors.dims);
  for (let layer = 0; layer < (vectors.dims[0] ?? 0); layer++) {
    const from = rowOf(vectors, layer).data;
    const to = rowOf(out, layer).data;
    const length = norm(from);
    if (length > 0) for (let i = 0; i < to.length; i++) to[i] = from[i]! / length;
  }
  return out;
}

/**
 * Projection of residuals on the unit direction of their layer.
 * @param residuals [n, n_layers, d_model] or [n_layers, d_model]
 * @param vectors [n_layers, d_model], of any length
 * @returns [n, n_layers] or [n_layers]; 0 where the direction is zero.
 * @throws RangeError where the shapes do not fit.
 */
export function projections(residuals: Tensor, vectors: Tensor): Tensor {
  if (residuals.dims.slice(-2).join() !== vectors.dims.join() || vectors.dims.length !== 2) {
    throw new RangeError(
      `Residuals [${residuals.dims.join(', ')}] do not fit a direction [${vectors.dims.join(', ')}].`,
    );
  }
  const [nLayers = 0, dModel = 0] = vectors.dims;
  const lengths = rowNorms(vectors);
  const out = new Float32Array(dModel === 0 ? 0 : residuals.data.length / dModel);
  for (let row = 0; row < out.length; row++) {
    const layer = row % nLayers;
    const h = residuals.data.subarray(row * dModel, (row + 1) * dModel);
    out[row] = dot(h, rowOf(vectors, layer).data) / (lengths[layer]! || 1);
  }
  return tensor(out, residuals.dims.slice(0, -1));
}
