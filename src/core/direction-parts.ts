// What controls of a direction are made of: the direction without its part along another one, at the length of
// another one, and random vectors that vary as residuals do. A random vector drawn evenly from the sphere lies
// mostly where residuals never go, so removing it may do nothing for that reason alone; one drawn with the
// residuals' own covariance lies where they do. Sums in f64, layer by layer.

import { dot, norm } from './projection';
import type { Rng } from './rng';
import { rowOf, sizeOf, type Tensor, zeros } from './tensor';

function checkShape(one: Tensor, two: Tensor): void {
  if (one.dims.length !== 2 || one.dims.join() !== two.dims.join()) {
    throw new RangeError(
      `Directions of shape [${one.dims.join(', ')}] and [${two.dims.join(', ')}] do not fit.`,
    );
  }
}

const isUsable = (length: number): boolean => length > 0 && Number.isFinite(length);

/** A vector this many times shorter than it was is what rounding left. */
const ROUNDING = 1e-5;

/**
 * Orthonormal vectors with the span of the given ones, in their order (Gram-Schmidt, each one twice). Zero vectors,
 * and those that the ones before span, are left out.
 * @param vectors all of one width
 */
export function orthonormal(vectors: readonly Float32Array[]): Float32Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const length = norm(vector);
    if (!isUsable(length)) continue;
    const rest = Float64Array.from(vector, (x) => x / length);
    for (const one of [...basis, ...basis]) {
      const along = dot(rest, one);
      for (let i = 0; i < rest.length; i++) rest[i]! -= along * one[i]!;
    }
    const left = norm(rest);
    if (left > ROUNDING) basis.push(rest.map((x) => x / left));
  }
  return basis.map((one) => Float32Array.from(one));
}

/**
 * a + times b at each layer.
 * @param a [n_layers, d_model]
 * @param b [n_layers, d_model]
 * @throws RangeError for other shapes.
 */
export function sumOf(a: Tensor, b: Tensor, times: number): Tensor {
  checkShape(a, b);
  return { data: a.data.map((x, i) => x + times * b.data[i]!), dims: a.dims };
}

/**
 * v - (v . u) u at each layer, u the unit direction of `axis` there; a layer where the axis is zero stays.
 * @param vectors [n_layers, d_model]
 * @param axis [n_layers, d_model], of any length
 * @throws RangeError for other shapes.
 */
export function withoutPartAlong(vectors: Tensor, axis: Tensor): Tensor {
  checkShape(vectors, axis);
  const out = zeros(vectors.dims);
  for (let layer = 0; layer < vectors.dims[0]!; layer++) {
    const v = rowOf(vectors, layer).data;
    const a = rowOf(axis, layer).data;
    const squared = dot(a, a);
    const share = isUsable(squared) ? dot(v, a) / squared : 0;
    const to = rowOf(out, layer).data;
    for (let i = 0; i < to.length; i++) to[i] = v[i]! - share * a[i]!;
  }
  return out;
}

/**
 * Each layer's vector as long as that of `like`; a zero vector stays zero.
 * @param vectors [n_layers, d_model]
 * @param like [n_layers, d_model]
 * @throws RangeError for other shapes.
 */
export function asLongAs(vectors: Tensor, like: Tensor): Tensor {
  checkShape(vectors, like);
  const out = zeros(vectors.dims);
  for (let layer = 0; layer < vectors.dims[0]!; layer++) {
    const v = rowOf(vectors, layer).data;
    const length = norm(v);
    const times = isUsable(length) ? norm(rowOf(like, layer).data) / length : 0;
    const to = rowOf(out, layer).data;
    for (let i = 0; i < to.length; i++) to[i] = v[i]! * times;
  }
  return out;
}

/**
 * Random vectors with the covariance of residuals, orthogonal to `vectors` at each layer and as long as they
 * are. A sum of the centred residuals, weighted by independent normal numbers, has exactly their sample
 * covariance. All layers share the weights, so that the result is one random contrast of the same texts.
 * @param pooled residuals [n, n_layers, d_model], n at least 3
 * @param vectors [n_layers, d_model]
 * @throws RangeError for other shapes or fewer residuals.
 */
export function matchedRandom(rng: Rng, pooled: Tensor, vectors: Tensor): Tensor {
  const [n = 0, ...rest] = pooled.dims;
  if (n < 3 || rest.join() !== vectors.dims.join()) {
    throw new RangeError(
      `Residuals [${pooled.dims.join(', ')}] do not fit a direction [${vectors.dims.join(', ')}], or are fewer than 3.`,
    );
  }
  const size = sizeOf(rest);
  const weights = Float64Array.from({ length: n }, () => rng.normal());
  // Weights less their mean do the centring: sum (w - mean w) h = sum w (h - mean h).
  const mean = weights.reduce((sum, w) => sum + w, 0) / n;
  const sum = new Float64Array(size);
  for (let row = 0; row < n; row++) {
    const weight = (weights[row]! - mean) / Math.sqrt(n - 1);
    for (let i = 0; i < size; i++) sum[i]! += weight * pooled.data[row * size + i]!;
  }
  const drawn = zeros(vectors.dims);
  drawn.data.set(sum);
  return asLongAs(withoutPartAlong(drawn, vectors), vectors);
}
