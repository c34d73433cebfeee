// How sure the cosine between a mean difference and another direction is. The noise of a mean adds to its length in
// every dimension, so the plain cosine is too near zero, and so are its bootstrap draws. The squared length is
// therefore estimated without bias from pairs of different questions (a U-statistic), and the interval is Student's
// around that estimate with the delete-one jackknife's error (Tukey 1958, Ann. Math. Stat. 29:614; Efron and
// Tibshirani 1993, An Introduction to the Bootstrap, ch. 11). Both texts of a question are left out together.

import type { Cell } from '../cell';
import { dot, norm } from '../projection';
import { rowOf, type Tensor } from '../tensor';
import { student95 } from './student';

export interface CosineInterval {
  /** The cosine without the noise of the mean, -1 .. 1. */
  readonly cosine: number;
  readonly low: number;
  readonly high: number;
}

/** The sum over plus less the sum over minus of each question at one layer [n_questions][d_model]. */
function differences(plus: Cell, minus: Cell, layer: number): Float64Array[] {
  const [, nLayers = 0, dModel = 0] = plus.pooled.dims;
  const sums = new Map<string, Float64Array>();
  const add = ({ pooled, prompts }: Cell, by: number): void =>
    prompts.forEach((prompt, row) => {
      const sum = sums.get(prompt) ?? new Float64Array(dModel);
      sums.set(prompt, sum);
      const from = (row * nLayers + layer) * dModel;
      for (let i = 0; i < dModel; i++) sum[i]! += by * pooled.data[from + i]!;
    });
  add(plus, 1 / plus.prompts.length);
  add(minus, -1 / minus.prompts.length);
  return [...sums.values()];
}

/**
 * The cosine from n questions; NaN where their noise leaves no length.
 * @param along sum of their components along the other direction
 * @param pairs sum of the products of different questions, each pair twice
 */
function cosineOf(along: number, pairs: number, n: number): number {
  return pairs > 0 ? along / n / Math.sqrt(pairs / (n * (n - 1))) : NaN;
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const bounded = (value: number): number => Math.max(-1, Math.min(1, value));

/**
 * The cosine at one layer with its 95% interval over questions, the other direction taken as it is; null where either
 * vector is zero or lost in noise, or there are fewer than four questions.
 * @param plus and `minus` ask the same questions
 * @param other [n_layers, d_model]
 * @throws RangeError for other shapes.
 */
export function cosineInterval(
  plus: Cell,
  minus: Cell,
  other: Tensor,
  layer: number,
): CosineInterval | null {
  const shape = other.dims.join();
  if ([plus, minus].some(({ pooled }) => pooled.dims.slice(1).join() !== shape)) {
    throw new RangeError(
      `Residuals [${plus.pooled.dims.join(', ')}] do not fit a direction [${other.dims.join(', ')}].`,
    );
  }
  const rows = differences(plus, minus, layer);
  const n = rows.length;
  const v = rowOf(other, layer).data;
  const length = norm(v);
  if (n < 4 || length === 0) return null;
  const along = rows.map((row) => dot(row, v) / length);
  const pairs = rows.map((a) => sumOf(rows.map((b) => (a === b ? 0 : dot(a, b)))));
  const [alongAll, pairsAll] = [sumOf(along), sumOf(pairs)];
  const cosine = cosineOf(alongAll, pairsAll, n);
  const without = rows.map((_, i) =>
    cosineOf(alongAll - along[i]!, pairsAll - 2 * pairs[i]!, n - 1),
  );
  if (![cosine, ...without].every(Number.isFinite)) return null;
  const mean = sumOf(without) / n;
  const error = Math.sqrt(((n - 1) / n) * sumOf(without.map((one) => (one - mean) ** 2)));
  const half = student95(n - 1) * error;
  return { cosine: bounded(cosine), low: bounded(cosine - half), high: bounded(cosine + half) };
}
