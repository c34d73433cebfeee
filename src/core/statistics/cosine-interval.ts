// How sure the cosine between a mean difference and another direction is: percentile bootstrap over questions, both
// texts of a question being drawn together. A draw needs only products of the questions' differences, so each is one
// small quadratic form and no vector is summed again.

import type { Cell } from '../cell';
import { dot, norm } from '../projection';
import type { Rng } from '../rng';
import { rowOf, type Tensor } from '../tensor';

export interface CosineInterval {
  readonly low: number;
  readonly high: number;
}

const DRAWS = 1000;

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
 * 95% interval of the cosine at one layer; null where either vector is zero or there are fewer than four questions.
 * @param plus and `minus` ask the same questions
 * @param other [n_layers, d_model]
 * @throws RangeError for other shapes.
 */
export function cosineInterval(
  plus: Cell,
  minus: Cell,
  other: Tensor,
  layer: number,
  rng: Rng,
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
  const gram = rows.map((a) => Float64Array.from(rows, (b) => dot(a, b)));
  const drawn: number[] = [];
  for (let draw = 0; draw < DRAWS; draw++) {
    const times = new Float64Array(n);
    for (let i = 0; i < n; i++) times[rng.int(n)]! += 1;
    let up = 0;
    let square = 0;
    for (let i = 0; i < n; i++) {
      if (times[i] === 0) continue;
      up += times[i]! * along[i]!;
      for (let j = 0; j < n; j++) square += times[i]! * times[j]! * gram[i]![j]!;
    }
    if (square > 0) drawn.push(up / Math.sqrt(square));
  }
  if (drawn.length < DRAWS) return null;
  drawn.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.max(-1, Math.min(1, drawn[Math.floor(share * (DRAWS - 1))]!));
  return { low: at(0.025), high: at(0.975) };
}
