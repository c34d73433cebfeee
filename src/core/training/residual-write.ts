// What a training writes to the residual stream after a block, besides what the model writes itself. It is there
// while training and gone in use: adding a direction takes the gradient's reason to learn it (preventative steering,
// Chen et al. 2025, arXiv 2507.21509, section 5), removing one keeps the loss from being lowered along it (concept
// ablation fine-tuning, Casademunt et al. 2025, arXiv 2507.16795).

import { norm } from '../projection';

export interface ResidualWrite {
  /** Block whose output is written to, 0-based. */
  readonly layer: number;
  /** [d_model] */
  readonly vector: Float32Array;
  /**
   * `add`: h + vector. `remove`: h less `strength` times its part along the vector, whatever the vector's length:
   * h - strength u (u . h), u = vector / |vector|.
   */
  readonly kind: { readonly name: 'add' } | { readonly name: 'remove'; readonly strength: number };
  /** Every position, or the token that opens an answer alone. */
  readonly positions: 'all' | 'header';
}

/**
 * Vectors of a direction as writes: added `strength` times, or removed. A vector without a length is not refused here:
 * `unitVector` throws where it is to be removed.
 * @param vectors one per layer, each [d_model]
 */
export function residualWrites(
  name: ResidualWrite['kind']['name'],
  vectors: readonly { readonly layer: number; readonly vector: Float32Array }[],
  strength: number,
  positions: ResidualWrite['positions'],
): ResidualWrite[] {
  return vectors.map(({ layer, vector }) =>
    name === 'add'
      ? { layer, vector: vector.map((x) => strength * x), kind: { name }, positions }
      : { layer, vector, kind: { name, strength }, positions },
  );
}

/** A vector of length 1. @throws RangeError for a vector without a length. */
export function unitVector(vector: Float32Array): Float32Array {
  const length = norm(vector);
  if (!(length > 0 && Number.isFinite(length))) {
    throw new RangeError('The direction is zero at a layer, so nothing can be removed along it.');
  }
  return vector.map((x) => x / length);
}
