// Projections on a scale that means the same at every layer: -1 is the aligned mean, +1 the aligned mean plus
// the whole direction, and 0 is halfway between.

import type { TokenProjection } from '../core/edited-projection';
import { dot, norm } from '../core/projection';
import { rowOf, type Tensor } from '../core/tensor';

/** Value with full colour: single tokens vary more than means. */
export const SHADE_LIMIT = 3;

export interface ProjectionScale {
  /** Raw projection of the aligned mean [n_layers]. */
  readonly alignedMean: readonly number[];
  /** Length of the direction [n_layers]. */
  readonly norm: readonly number[];
}

export function projectionScale(direction: {
  readonly vectors: Tensor;
  readonly alignedMean: Tensor;
}): ProjectionScale | null {
  // An imported direction may have no aligned mean.
  if (Number.isNaN(direction.alignedMean.data[0])) return null;
  const layers = Array.from({ length: direction.vectors.dims[0] ?? 0 }, (_, layer) => layer);
  const norms = layers.map((layer) => norm(rowOf(direction.vectors, layer).data));
  return {
    norm: norms,
    alignedMean: layers.map((layer) => {
      const vector = rowOf(direction.vectors, layer).data;
      return norms[layer]! > 0
        ? dot(rowOf(direction.alignedMean, layer).data, vector) / norms[layer]!
        : 0;
    }),
  };
}

/** Raw projections [n_layers] on the scale; 0 at a layer where the direction has length 0. */
function scaled(projection: ArrayLike<number>, scale: ProjectionScale): number[] {
  return scale.norm.map((length, layer) =>
    length > 0 ? (2 * ((projection[layer] ?? 0) - scale.alignedMean[layer]!)) / length - 1 : 0,
  );
}

/** A token's projection on the scale [n_layers]. The page calls `values` "projection", everywhere. */
export interface ShownProjection {
  /** After the edit: what the next block reads. */
  readonly values: readonly number[];
  /** What each layer's edit found; null where the edits changed nothing. */
  readonly before: readonly number[] | null;
}

/** Differences below this are rounding: the scale is shown with two decimals. */
const SEEN = 0.005;

export function shownProjection(
  { before, after }: TokenProjection,
  scale: ProjectionScale,
): ShownProjection {
  const values = scaled(after, scale);
  const found = scaled(before, scale);
  const isChanged = found.some((value, layer) => Math.abs(value - values[layer]!) > SEEN);
  return { values, before: isChanged ? found : null };
}
