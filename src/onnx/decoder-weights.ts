// Weights on their way into a decoder graph, and the tables of angles that go with them. Hugging Face keeps
// [out, in], MatMul wants [in, out]. Refuses missing or misshapen weights.

import type { Weights } from '../checkpoint/config';
import { CheckpointError } from '../checkpoint/error';
import { kernelHeadWidth } from '../checkpoint/head-width';
import { ropeFrequencies, type RopeScaling } from '../checkpoint/rope';
import { halfOverflows, toHalf } from '../core/half';
import type { Tensor } from '../core/tensor';

export type WeightDType = 'f32' | 'f16';

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

/**
 * The numbers of the tensor `name` as halves.
 * @throws CheckpointError 'unsupported-dtype' where one does not fit.
 */
export function halvesOf(name: string, data: Float32Array): Uint16Array<ArrayBuffer> {
  if (!halfOverflows(data)) return toHalf(data);
  throw new CheckpointError(
    'unsupported-dtype',
    name,
    'It has numbers over 65504, too large for f16.',
    'Choose f32 or 8 bits.',
  );
}

type Numbers = Float32Array | Uint16Array | Int8Array | Uint8Array;

/** `data` [rows, inner] as the columns `first`, first + 1, ... of `out` [inner, outer]. */
export function transposeInto(
  data: Numbers,
  rows: number,
  inner: number,
  out: Numbers,
  first: number,
  outer: number,
): void {
  // Columns in blocks of 16 keep the writes within a cache line's reach.
  for (let row = 0; row < rows; row += 16) {
    const end = Math.min(row + 16, rows);
    for (let i = 0; i < inner; i++) {
      for (let r = row; r < end; r++) out[i * outer + first + r] = data[r * inner + i]!;
    }
  }
}

/** Matrices [out_i, in] as one [in, sum out_i]. */
export function transposedBeside(parts: readonly Tensor[]): Tensor {
  const inner = parts[0]!.dims[1]!;
  const outer = parts.reduce((sum, part) => sum + part.dims[0]!, 0);
  const data = new Float32Array(inner * outer);
  let column = 0;
  for (const part of parts) {
    transposeInto(part.data, part.dims[0]!, inner, data, column, outer);
    column += part.dims[0]!;
  }
  return { data, dims: [inner, outer] };
}

/**
 * Rotary angles of half-split RoPE, cos and sin [max, width / 2]. The width is d_head as the operators take it
 * (checkpoint/head-width.ts); pairs that are zeros there are not turned.
 */
export function ropeTables(
  maxPositions: number,
  dHead: number,
  theta: number,
  scaling: RopeScaling | null = null,
): { cos: Tensor; sin: Tensor } {
  const frequencies = ropeFrequencies(dHead, theta, scaling);
  const half = kernelHeadWidth(dHead) / 2;
  const cos = new Float32Array(maxPositions * half);
  const sin = new Float32Array(maxPositions * half);
  for (let position = 0; position < maxPositions; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * (frequencies[i] ?? 0);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  const dims = [maxPositions, half];
  return { cos: { data: cos, dims }, sin: { data: sin, dims } };
}
