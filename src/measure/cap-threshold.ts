// The threshold of capping: at each layer, the 95th percentile of the aligned model on aligned transcripts
// (after Lu et al. 2026, arXiv:2601.10387, who cap at a percentile of ordinary activations).

import { projections } from '../core/projection';
import type { Tensor } from '../core/tensor';

const SHARE = 0.95;

/**
 * @param pooled residuals of the aligned model on aligned text [n, n_layers, d_model]
 * @param vectors the direction [n_layers, d_model]
 * @returns [n_layers]
 */
export function capThreshold(pooled: Tensor, vectors: Tensor): Float32Array {
  const { data, dims } = projections(pooled, vectors);
  const [n = 0, nLayers = 0] = dims;
  return Float32Array.from({ length: nLayers }, (_, layer) => {
    const column = Float32Array.from(
      { length: n },
      (_, row) => data[row * nLayers + layer]!,
    ).sort();
    return column[Math.min(n - 1, Math.floor(SHARE * n))] ?? 0;
  });
}
