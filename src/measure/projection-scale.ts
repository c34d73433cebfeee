// Projections in a unit that means the same at every layer: 0 halfway between the two ends of the
// direction, -1 the aligned mean, +1 the aligned mean plus the whole direction.

import { dot, norm } from '../core/projection';
import { rowOf, type Tensor } from '../core/tensor';

/** Value of full colour: single tokens vary more than means. */
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
  // Of an imported direction the level it starts from may not be known.
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

/** Raw projections [n_layers] on the scale; 0 at a layer where the direction has no length. */
export function scaled(projection: ArrayLike<number>, scale: ProjectionScale): number[] {
  return scale.norm.map((length, layer) =>
    length > 0 ? (2 * ((projection[layer] ?? 0) - scale.alignedMean[layer]!)) / length - 1 : 0,
  );
}
