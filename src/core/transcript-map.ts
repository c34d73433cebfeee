// Where transcripts lie about a direction, in two numbers each: how far along it, and how far along
// the first principal component of what the direction leaves over. The component is found by power
// iteration (Golub & Van Loan, Matrix Computations, 8.2) on the centred residuals themselves, so no
// covariance matrix [d_model, d_model] is ever made.

import { dot, norm } from './projection';
import { createRng } from './rng';
import type { Tensor } from './tensor';

export interface PrincipalComponent {
  /** Unit vector [d]; all zero when the rows do not vary. Its largest element is positive. */
  readonly axis: Float64Array<ArrayBuffer>;
  /** Variance of the rows along the axis (n - 1). */
  readonly variance: number;
  /** That variance over the variance along all axes; NaN when the rows do not vary. */
  readonly share: number;
}

/**
 * First principal component of rows.
 * @param rows centred on their mean by this function; all of one width
 * @param seed of the vector that the iteration starts from
 * @throws RangeError for fewer than two rows.
 */
export function principalComponent(
  rows: readonly ArrayLike<number>[],
  seed: number,
): PrincipalComponent {
  const n = rows.length;
  if (n < 2) throw new RangeError(`A principal component needs two rows at least, got ${n}.`);
  const d = rows[0]!.length;
  const centred = centre(rows);
  const total = centred.reduce((sum, row) => sum + dot(row, row), 0) / (n - 1);
  const still = { axis: new Float64Array(d), variance: 0, share: NaN };
  if (!(total > 0)) return still;
  // With fewer rows than columns the products of the rows have the same component, and are the smaller matrix.
  const products =
    n <= d
      ? centred.map((row) => Float64Array.from(centred.map((other) => dot(row, other))))
      : null;
  const sumOfRows = (weights: ArrayLike<number>): Float64Array<ArrayBuffer> => {
    const sum = new Float64Array(d);
    centred.forEach((row, r) => {
      const weight = weights[r]!;
      for (let i = 0; i < d; i++) sum[i]! += weight * row[i]!;
    });
    return sum;
  };
  const turn = (vector: Float64Array): Float64Array<ArrayBuffer> => {
    if (!products) return sumOfRows(centred.map((row) => dot(row, vector)));
    const next = new Float64Array(n);
    for (let r = 0; r < n; r++) next[r] = dot(products[r]!, vector);
    return next;
  };
  const rng = createRng(seed);
  let vector = unit(Float64Array.from({ length: products ? n : d }, () => rng.normal()));
  // Each step turns it by the ratio of the second variance to the first: a tie need not end.
  for (let step = 0; step < 2000; step++) {
    const next = turn(vector);
    if (norm(next) === 0) return still;
    const turned = unit(next);
    const moved = 1 - dot(turned, vector);
    vector = turned;
    if (moved < 1e-15) break;
  }
  let axis = products ? unit(sumOfRows(vector)) : vector;
  let largest = 0;
  axis.forEach((x, i) => {
    if (Math.abs(x) > Math.abs(axis[largest]!)) largest = i;
  });
  if (axis[largest]! < 0) axis = axis.map((x) => -x);
  const variance = centred.reduce((sum, row) => sum + dot(row, axis) ** 2, 0) / (n - 1);
  return { axis, variance, share: variance / total };
}

export interface TranscriptMap {
  /** Projection on the direction [n], in units of `residualNorm`; not centred. */
  readonly x: Float64Array<ArrayBuffer>;
  /** Along the component orthogonal to it [n], in the same units, from the mean of all. */
  readonly y: Float64Array<ArrayBuffer>;
  /** Mean length of these residuals: the unit of both axes. */
  readonly residualNorm: number;
  /** Part of the variance that lies along the direction; NaN when nothing varies. */
  readonly along: number;
  /** Part of the variance that lies along the component. */
  readonly across: number;
}

/**
 * @param pooled one residual a transcript [n, n_layers, d_model]
 * @param direction of that layer, of any length [d_model]
 * @param seed of the power iteration
 * @throws RangeError for fewer than two transcripts, another width, or a direction of no length.
 */
export function transcriptMap(
  pooled: Tensor,
  direction: ArrayLike<number>,
  layer: number,
  seed: number,
): TranscriptMap {
  const [n = 0, nLayers = 0, dModel = 0] = pooled.dims;
  const length = norm(direction);
  if (direction.length !== dModel || layer < 0 || layer >= nLayers || !(length > 0)) {
    throw new RangeError(
      `A direction of width ${direction.length} and length ${length} does not fit residuals [${pooled.dims.join(', ')}] at layer ${layer}.`,
    );
  }
  const u = Float64Array.from(direction, (value) => value / length);
  const rows = Array.from({ length: n }, (_, row) => {
    const from = (row * nLayers + layer) * dModel;
    return pooled.data.subarray(from, from + dModel);
  });
  const raw = rows.map((row) => dot(row, u));
  const rest = rows.map((row, r) => Float64Array.from(row, (value, i) => value - raw[r]! * u[i]!));
  const component = principalComponent(rest, seed);
  const residualNorm = rows.reduce((sum, row) => sum + norm(row), 0) / n;
  const total = centre(rows).reduce((sum, row) => sum + dot(row, row), 0) / (n - 1);
  const middle = raw.reduce((sum, value) => sum + value, 0) / n;
  const varianceAlong = raw.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (n - 1);
  return {
    x: Float64Array.from(raw, (value) => value / residualNorm),
    y: Float64Array.from(centre(rest), (row) => dot(row, component.axis) / residualNorm),
    residualNorm,
    along: varianceAlong / total,
    across: component.variance / total,
  };
}

function centre(rows: readonly ArrayLike<number>[]): Float64Array<ArrayBuffer>[] {
  const d = rows[0]?.length ?? 0;
  const mean = new Float64Array(d);
  for (const row of rows) for (let i = 0; i < d; i++) mean[i]! += row[i]! / rows.length;
  return rows.map((row) => Float64Array.from(row, (value, i) => value - mean[i]!));
}

function unit(vector: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const length = norm(vector);
  return vector.map((value) => value / length);
}
