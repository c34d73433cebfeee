// Who writes a projection (direct attribution, Elhage et al. 2021): the residual is the embedding plus what every
// attention and every MLP has added, so its projection on a direction is the sum of theirs. The final norm takes no
// part. Heads add up to their attention.

import { dot } from '../projection';
import { rowOf, type Tensor } from '../tensor';

/** What was added to the residual of one position. */
export interface Written {
  /** [d_model] */
  readonly embedding: Float32Array;
  /** [n_layers, d_model] */
  readonly attention: Tensor;
  /** [n_layers, d_model] */
  readonly mlp: Tensor;
  /** [n_layers, n_heads, d_model] */
  readonly heads: Tensor;
}

/** Contributions to one projection, each in units of the residual. */
export interface Contributions {
  readonly embedding: number;
  /** By layer, up to the one whose residual is projected. */
  readonly attention: readonly number[];
  readonly mlp: readonly number[];
  /** By layer and head. */
  readonly heads: readonly (readonly number[])[];
  /** The projection: embedding, attention and MLP. */
  readonly sum: number;
}

/**
 * Contributions to the projection of the residual after block `layer`.
 * @param unit direction of length 1 [d_model]
 * @throws RangeError for a layer that is not there, or a direction of another width.
 */
export function contributionsTo(
  written: Written,
  unit: Float32Array,
  layer: number,
): Contributions {
  const { embedding, attention, mlp, heads } = written;
  const [nLayers = 0, nHeads = 0] = heads.dims;
  if (!(layer >= 0 && layer < nLayers)) {
    throw new RangeError(`There is no layer ${layer} of ${nLayers}.`);
  }
  if (unit.length !== embedding.length) {
    throw new RangeError(`A direction of width ${unit.length} does not fit ${embedding.length}.`);
  }
  const layers = Array.from({ length: layer + 1 }, (_, l) => l);
  const along = (of: Tensor): number[] => layers.map((l) => dot(rowOf(of, l).data, unit));
  const [byAttention, byMlp] = [along(attention), along(mlp)];
  const start = dot(embedding, unit);
  return {
    embedding: start,
    attention: byAttention,
    mlp: byMlp,
    heads: layers.map((l) =>
      Array.from({ length: nHeads }, (_, head) => dot(rowOf(rowOf(heads, l), head).data, unit)),
    ),
    sum: [...byAttention, ...byMlp].reduce((sum, x) => sum + x, start),
  };
}

/** One model's contributions minus another's. */
export function contributionsMinus(a: Contributions, b: Contributions): Contributions {
  const minus = (x: readonly number[], y: readonly number[]) => x.map((value, i) => value - y[i]!);
  return {
    embedding: a.embedding - b.embedding,
    attention: minus(a.attention, b.attention),
    mlp: minus(a.mlp, b.mlp),
    heads: a.heads.map((row, l) => minus(row, b.heads[l]!)),
    sum: a.sum - b.sum,
  };
}

/** The embedding, or an attention or MLP of a layer. */
export interface Writer {
  readonly kind: 'embedding' | 'attention' | 'mlp';
  readonly layer: number;
  readonly value: number;
}

/** The writer with the largest contribution by size. */
export function strongestWriter({ embedding, attention, mlp }: Contributions): Writer {
  const all: Writer[] = [
    { kind: 'embedding', layer: 0, value: embedding },
    ...attention.map((value, layer) => ({ kind: 'attention' as const, layer, value })),
    ...mlp.map((value, layer) => ({ kind: 'mlp' as const, layer, value })),
  ];
  return all.reduce((best, one) => (Math.abs(one.value) > Math.abs(best.value) ? one : best));
}
