// Who writes the difference between two models, at one token, along one direction: the page and `npm run writers`
// share it. The control is what random directions would show.

import type { Writers } from '../../workers/api';
import {
  type Contributions,
  contributionsMinus,
  contributionsTo,
  strongestWriter,
  type Written,
} from '../core/instruments/writers';
import { dot, unitRows } from '../core/projection';
import { createRng } from '../core/rng';
import { rowOf, type Tensor, tensor } from '../core/tensor';

/** Random directions that the control draws. */
const DRAWS = 20;

/** The reply of a worker. */
export interface ReadWriters extends Written {
  /** The residual after each block, as the model itself has it [n_layers, d_model]. */
  readonly residuals: Tensor;
}

export function readWriters(reply: Writers): ReadWriters {
  const [nLayers, nHeads, dModel] = reply.dims;
  const byLayer = (data: Float32Array): Tensor => tensor(data, [nLayers, dModel]);
  return {
    embedding: reply.embedding,
    attention: byLayer(reply.attention),
    mlp: byLayer(reply.mlp),
    heads: tensor(reply.heads, [nLayers, nHeads, dModel]),
    residuals: byLayer(reply.residuals),
  };
}

/** Whose contributions are shown. */
export const WRITER_VIEWS = ['difference', 'em', 'aligned'] as const;
export type WriterView = (typeof WRITER_VIEWS)[number];

export interface WhoWrites extends Readonly<Record<WriterView, Contributions>> {
  /** Projections of the models' own residuals: what the sums should be. */
  readonly projection: Readonly<Record<WriterView, number>>;
  /** The strongest contribution to the difference along a random direction, mean size over several. */
  readonly chance: number;
}

/**
 * @param vectors direction at each layer [n_layers, d_model]; any length but 0 at `layer`
 * @param layer whose residual is projected, on its own direction
 * @throws RangeError for a layer without a direction, or as `contributionsTo`.
 */
export function whoWrites(
  read: Readonly<Record<'em' | 'aligned', ReadWriters>>,
  vectors: Tensor,
  layer: number,
): WhoWrites {
  const unit = rowOf(unitRows(vectors), layer).data;
  if (unit.every((x) => x === 0)) {
    throw new RangeError(`The direction has no vector at layer ${layer}.`);
  }
  const along = (direction: Float32Array) => {
    const em = contributionsTo(read.em, direction, layer);
    const aligned = contributionsTo(read.aligned, direction, layer);
    return { em, aligned, difference: contributionsMinus(em, aligned) };
  };
  const rng = createRng(1);
  const drawn = unitRows(
    tensor(
      Float32Array.from({ length: DRAWS * unit.length }, () => rng.normal()),
      [DRAWS, unit.length],
    ),
  );
  const sizes = Array.from({ length: DRAWS }, (_, i) =>
    Math.abs(strongestWriter(along(rowOf(drawn, i).data).difference).value),
  );
  const projected = (side: 'em' | 'aligned') => dot(rowOf(read[side].residuals, layer).data, unit);
  return {
    ...along(unit),
    projection: {
      em: projected('em'),
      aligned: projected('aligned'),
      difference: projected('em') - projected('aligned'),
    },
    chance: sizes.reduce((sum, size) => sum + size, 0) / DRAWS,
  };
}
