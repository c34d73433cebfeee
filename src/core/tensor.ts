// The one form in which numbers are held outside the workers: row-major f32 with its dimensions.

export interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Number of elements of a shape; 1 for a scalar `[]`. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/**
 * Wraps data as a tensor.
 * @throws RangeError when the data does not fill the dimensions exactly.
 */
export function tensor(data: Float32Array, dims: readonly number[]): Tensor {
  if (data.length !== sizeOf(dims)) {
    throw new RangeError(
      `A tensor of shape [${dims.join(', ')}] needs ${sizeOf(dims)} numbers, got ${data.length}.`,
    );
  }
  return { data, dims };
}

/** A tensor of zeros. */
export function zeros(dims: readonly number[]): Tensor {
  return { data: new Float32Array(sizeOf(dims)), dims };
}

/** Row `index` of the first axis, as a view (no copy): `[n, ...rest]` -> `[...rest]`. */
export function rowOf(t: Tensor, index: number): Tensor {
  const dims = t.dims.slice(1);
  const size = sizeOf(dims);
  return { data: t.data.subarray(index * size, (index + 1) * size), dims };
}
