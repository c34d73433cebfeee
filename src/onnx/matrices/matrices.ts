// The contract between the decoder and the three storage forms of matrices (plain, in blocks, int8).

import type { Value } from '../graph';

/** Part of a matrix that several tensors share: Hugging Face name and number of rows [rows, inner]. */
export type MatrixPart = readonly [name: string, rows: number];

/** A matrix [rows, inner] over the vocabulary: the embedding looks rows up, the head multiplies. */
export interface VocabMatrix {
  /** Rows by ids [...] -> [..., inner], f32. */
  gather(ids: Value): Value;
  /** x W^T: [n, inner] -> [n, rows], f32. */
  multiply(x: Value): Value;
}

export interface Matrices {
  /** x W^T for matrices one under the other: [..., inner] -> [..., sum of rows], f32. */
  linear(name: string, parts: readonly MatrixPart[], inner: number, x: Value): Value;
  /** @param asInput the matrix is an input of the graph, in a separate block, instead of a weight. */
  vocabMatrix(name: string, rows: number, inner: number, asInput?: boolean): VocabMatrix;
}
