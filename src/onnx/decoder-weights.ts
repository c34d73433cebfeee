// Weights on their way into the decoder graph: Hugging Face keeps [out, in], MatMul wants [in, out], and
// matrices that read the same input are laid side by side so that one MatMul serves them.
// With dtype f16 the file holds halves and a Cast node that ORT folds when the session is made: half
// the bytes to fetch and store, while all arithmetic stays in f32. Refuses missing or misshapen weights.

import type { Weights } from '../checkpoint/config';
import { halfOverflows, toHalf } from '../core/half';
import type { Tensor } from '../core/tensor';
import { int, type GraphBuilder, type Value } from './graph';

const ONNX_FLOAT = 1;

/**
 * @throws Error naming the weight that is missing or has another shape than the config says.
 */
export function weightOf(weights: Weights, name: string, dims: readonly number[]): Tensor {
  const found = weights.get(name);
  if (!found) throw new Error(`The checkpoint has no ${name}.`);
  if (found.dims.join() !== dims.join()) {
    throw new Error(
      `${name} is [${found.dims.join(', ')}], the config asks for [${dims.join(', ')}].`,
    );
  }
  return found;
}

/** Matrices [out_i, in] as one [in, sum out_i]. */
export function transposedBeside(parts: readonly Tensor[]): Tensor {
  const inner = parts[0]!.dims[1]!;
  const outer = parts.reduce((sum, part) => sum + part.dims[0]!, 0);
  const data = new Float32Array(inner * outer);
  let column = 0;
  for (const part of parts) {
    const rows = part.dims[0]!;
    // Columns in blocks of 16 keep the writes within a cache line's reach.
    for (let row = 0; row < rows; row += 16) {
      const end = Math.min(row + 16, rows);
      for (let i = 0; i < inner; i++) {
        for (let r = row; r < end; r++) data[i * outer + column + r] = part.data[r * inner + i]!;
      }
    }
    column += rows;
  }
  return { data, dims: [inner, outer] };
}

export type WeightDType = 'f32' | 'f16';

/**
 * Adds a weight beside the file; with f16 as halves behind a Cast.
 * @throws RangeError when a number does not fit into a half.
 */
export function addWeight(g: GraphBuilder, name: string, value: Tensor, dtype: WeightDType): Value {
  const { data, dims } = value;
  if (dtype === 'f32') {
    return g.weight(
      name,
      'f32',
      dims,
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }
  if (halfOverflows(data))
    throw new RangeError(`${name} has numbers over 65504, too large for f16.`);
  const stored = g.weight(name, 'f16', dims, new Uint8Array(toHalf(data).buffer));
  return g.op('Cast', [stored], { to: int(ONNX_FLOAT) });
}

/** Rotary angles of half-split RoPE (Su et al. 2021, arXiv:2104.09864), cos and sin [max, d_head / 2]. */
export function ropeTables(
  maxPositions: number,
  dHead: number,
  theta: number,
): { cos: Tensor; sin: Tensor } {
  const half = dHead / 2;
  const cos = new Float32Array(maxPositions * half);
  const sin = new Float32Array(maxPositions * half);
  for (let position = 0; position < maxPositions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * theta ** ((-2 * i) / dHead);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  const dims = [maxPositions, half];
  return { cos: { data: cos, dims }, sin: { data: sin, dims } };
}
