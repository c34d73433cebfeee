// Tensors of the attention with every head widened by zeros to what GroupQueryAttention takes
// (checkpoint/head-width.ts). Zeros add nothing to a score, and o_proj has zeros for the components that they
// give, so the numbers that leave the attention are the same. The checkpoint itself is not changed: names,
// hashes, adapters and exports see its own shapes.

import type { ModelConfig } from '../checkpoint/config';
import { headPlaces, kernelHeadWidth } from '../checkpoint/head-width';

/** How a tensor of the checkpoint becomes the one that the graph keeps. */
interface Widening {
  /** Shape in the checkpoint. */
  readonly dims: readonly number[];
  /** The numbers in the shape of the graph. */
  widen(data: Float32Array): Float32Array<ArrayBuffer>;
}

/** The widening of a tensor by its Hugging Face name; null: it is kept as it is. */
export type WideningOf = (name: string) => Widening | null;

const PROJECTION = /\.self_attn\.([qkvo])_proj\.(weight|bias)$/;
const NORM = /\.self_attn\.[qk]_norm\.weight$/;

export function paddedHeads({ dHead, dModel, nHeads, nKvHeads }: ModelConfig): WideningOf {
  const width = kernelHeadWidth(dHead);
  if (width === dHead) return () => null;
  const places = headPlaces(dHead);
  /** Rows [heads * d_head, inner] to [heads * width, inner]. */
  const rows = (heads: number, inner: number, dims: readonly number[]): Widening => ({
    dims,
    widen(data) {
      const out = new Float32Array(heads * width * inner);
      for (let row = 0; row < heads * dHead; row++) {
        const to = Math.floor(row / dHead) * width + places[row % dHead]!;
        out.set(data.subarray(row * inner, (row + 1) * inner), to * inner);
      }
      return out;
    },
  });
  /** Columns [d_model, heads * d_head] to [d_model, heads * width]. */
  const columns: Widening = {
    dims: [dModel, nHeads * dHead],
    widen(data) {
      const out = new Float32Array(dModel * nHeads * width);
      // A head of a row is as a head of a column.
      for (let i = 0; i < data.length; i++) {
        out[Math.floor(i / dHead) * width + places[i % dHead]!] = data[i]!;
      }
      return out;
    },
  };
  return (name) => {
    if (NORM.test(name)) return rows(1, 1, [dHead]);
    const [, side, kind] = PROJECTION.exec(name) ?? [];
    if (side === undefined) return null;
    if (side === 'o') return kind === 'weight' ? columns : null;
    const heads = side === 'q' ? nHeads : nKvHeads;
    return kind === 'bias'
      ? rows(heads, 1, [heads * dHead])
      : rows(heads, dModel, [heads * dHead, dModel]);
  };
}
