// Projections on a scale that means the same at every layer: -1 is the aligned mean, +1 the aligned mean plus
// the whole direction, and 0 is halfway between.

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
export function scaled(projection: ArrayLike<number>, scale: ProjectionScale): number[] {
  return scale.norm.map((length, layer) =>
    length > 0 ? (2 * ((projection[layer] ?? 0) - scale.alignedMean[layer]!)) / length - 1 : 0,
  );
}
