// What a kernel computes with when matrices are kept in blocks.

import type { Weights } from '../../../src/checkpoint/config';
import type { Tensor } from '../../../src/core/tensor';
import type { WideningOf } from '../../../src/onnx/padded-heads';
import {
  type BlockBits,
  blocksOf,
  dequantiseBlocks,
  quantiseBlocks,
} from '../../../src/onnx/quantise-blocks';

/**
 * Every matrix as its blocks hold it; what is no matrix as it is.
 * @param widening of heads, whose zeros are in the blocks too.
 */
export function blocked(
  weights: Weights,
  bits: BlockBits,
  widening: WideningOf = () => null,
): Weights {
  const rounded = (data: Float32Array, inner: number): Float32Array<ArrayBuffer> => {
    const blocks = (data.length / inner) * blocksOf(inner);
    const bytes = new Uint8Array(blocks * 4 * bits);
    const scales = new Float32Array(blocks);
    quantiseBlocks(data, inner, bits, bytes, scales);
    return dequantiseBlocks(bytes, scales, inner, bits);
  };
  const change = (name: string, { data, dims }: Tensor): Tensor => {
    const [rows, inner] = dims as [number, number];
    const wide = widening(name);
    if (!wide) return { data: rounded(data, inner), dims };
    // Where each number went, by widening their places.
    const places = wide.widen(Float32Array.from(data, (_, i) => i + 1));
    const wideInner = name.includes('o_proj') ? places.length / rows : inner;
    const all = rounded(wide.widen(data), wideInner);
    const out = new Float32Array(data.length);
    places.forEach((place, i) => place > 0 && (out[place - 1] = all[i]!));
    return { data: out, dims };
  };
  return new Map(
    [...weights].map(([name, t]) => [name, t.dims.length === 2 ? change(name, t) : t]),
  );
}
