// Symmetric quantisation in blocks of 32 along the inputs of a matrix, in the layout of MatMulNBits
// (com.microsoft): element k of a row lies in block b = k div 32; w = (q - zero) * scale with zero =
// 2^(bits - 1). 8 bits: one byte a weight. 4 bits: two a byte, the even one low. The scale is the value of
// largest magnitude over -zero, so that this value is exact (round to nearest for the rest).

export const BLOCK = 32;

export type BlockBits = 8 | 4;

/** Blocks of a row of `inner` weights. */
export function blocksOf(inner: number): number {
  return Math.ceil(inner / BLOCK);
}

/**
 * Writes `rows` rows of `data` [rows, inner] as they are met.
 * @param out bytes of these rows [rows, blocks, 32 * bits / 8]
 * @param scales of these rows [rows, blocks]
 */
export function quantiseBlocks(
  data: Float32Array,
  inner: number,
  bits: BlockBits,
  out: Uint8Array,
  scales: Float32Array,
): void {
  const rows = data.length / inner;
  const blocks = blocksOf(inner);
  const blob = (BLOCK * bits) / 8;
  const zero = 2 ** (bits - 1);
  const last = 2 * zero - 1;
  for (let row = 0; row < rows; row++) {
    for (let b = 0; b < blocks; b++) {
      const from = row * inner + b * BLOCK;
      const size = Math.min(BLOCK, inner - b * BLOCK);
      let peak = 0;
      for (let i = 0; i < size; i++) {
        const value = data[from + i]!;
        if (Math.abs(value) > Math.abs(peak)) peak = value;
      }
      const at = row * blocks + b;
      scales[at] = peak === 0 ? 0 : peak / -zero;
      // Inverse of the scale that the kernel multiplies with, after its rounding to f32.
      const inverse = peak === 0 ? 0 : 1 / scales[at];
      for (let i = 0; i < BLOCK; i++) {
        // Truncation rounds to nearest here, because level + zero is never negative.
        const level = i < size ? (data[from + i]! * inverse + zero + 0.5) | 0 : zero;
        const q = level > last ? last : level;
        if (bits === 8) out[at * blob + i] = q;
        else if (i % 2 === 0) out[at * blob + i / 2] = q;
        else out[at * blob + (i - 1) / 2]! |= q << 4;
      }
    }
  }
}

/** The numbers that a kernel computes with [rows, inner]. */
export function dequantiseBlocks(
  bytes: Uint8Array,
  scales: Float32Array,
  inner: number,
  bits: BlockBits,
): Float32Array<ArrayBuffer> {
  const blocks = blocksOf(inner);
  const blob = (BLOCK * bits) / 8;
  const rows = scales.length / blocks;
  const zero = 2 ** (bits - 1);
  const data = new Float32Array(rows * inner);
  for (let i = 0; i < data.length; i++) {
    const [row, k] = [Math.floor(i / inner), i % inner];
    const at = row * blocks + Math.floor(k / BLOCK);
    const place = k % BLOCK;
    const byte = bytes[at * blob + Math.floor((place * bits) / 8)]!;
    const q = bits === 8 ? byte : (byte >> ((place % 2) * 4)) & 15;
    data[i] = (q - zero) * scales[at]!;
  }
  return data;
}
