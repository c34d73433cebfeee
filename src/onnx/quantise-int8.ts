// Symmetric 8-bit quantisation with one scale an output row: w = q * scale, q in [-127, 127], scale the
// row's largest magnitude over 127; q is stored as q + 128. For integer matrix products (Jacob et al. 2018, arXiv:1712.05877).

/** How zero is stored. */
export const ZERO = 128;

/**
 * Writes `data` [rows, inner] to the columns of `out` from `first` on.
 * @param out [inner, outer], row-major
 * @param scales of these rows [rows]
 */
export function quantiseRows(
  data: Float32Array,
  inner: number,
  out: Uint8Array,
  first: number,
  outer: number,
  scales: Float32Array,
): void {
  const rows = data.length / inner;
  const inverse = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let peak = 0;
    for (let i = 0; i < inner; i++) peak = Math.max(peak, Math.abs(data[row * inner + i]!));
    scales[row] = peak / 127;
    inverse[row] = peak === 0 ? 0 : 1 / scales[row]!;
  }
  // In blocks of 16 columns, as transposeInto has them.
  for (let begin = 0; begin < rows; begin += 16) {
    const end = Math.min(begin + 16, rows);
    for (let i = 0; i < inner; i++) {
      for (let row = begin; row < end; row++) {
        // Truncation rounds to nearest here, because level + 127 is never negative.
        const level = (data[row * inner + i]! * inverse[row]! + 127.5) | 0;
        out[i * outer + first + row] = level + ZERO - 127;
      }
    }
  }
}
