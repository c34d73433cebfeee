// The path of a training through weight space, from snapshots of its LoRA factors. What an adapter adds to a weight is
// scale B A. At a low rank it is never formed: the inner product of two such products is that of the small matrices,
// <B A, B' A'> = <B^T B', A A'^T>, which costs rank^2 (in + out). At a higher rank the product is kept in place of
// its factors, so that the cost is in * out. Of the inner products of all snapshots come the length of the adapter by layer and
// how far the path turns between two moves (the local cosine of Turner et al. 2025, arXiv 2506.11613).

import type { Tensor } from '../tensor';

/** The factors of one module: a [rank, in], b [out, rank]. */
interface Factors {
  readonly a: Tensor;
  readonly b: Tensor;
}

/** Factors by module path, such as 'model.layers.3.mlp.up_proj', and what their product counts. */
export interface Snapshot {
  readonly modules: ReadonlyMap<string, Factors>;
  readonly scale: number;
}

const layerOf = (module: string): number => Number(/\blayers\.(\d+)\./.exec(module)?.[1] ?? NaN);

/** A product is kept where it is at most this many times as large as its factors. */
const MOST_MEMORY = 4;

/**
 * A module as it is kept: the product B A itself [out * in] where it is not much larger than its factors, so that an
 * inner product is one pass over it; else the factors, both with one row for each of their `rank` parts.
 */
type Kept =
  | { readonly product: Float32Array }
  | { readonly rank: number; readonly a: Float32Array; readonly b: Float32Array };

function kept({ a, b }: Factors): Kept {
  const [rank, width] = a.dims as [number, number];
  const [height] = b.dims as [number, number];
  const columns = new Float32Array(rank * height);
  for (let row = 0; row < height; row++) {
    for (let part = 0; part < rank; part++) {
      columns[part * height + row] = b.data[row * rank + part]!;
    }
  }
  if (width * height > MOST_MEMORY * rank * (width + height))
    return { rank, a: a.data.slice(), b: columns };
  const product = new Float32Array(height * width);
  const sums = new Float64Array(width);
  for (let row = 0; row < height; row++) {
    sums.fill(0);
    for (let part = 0; part < rank; part++) {
      const factor = b.data[row * rank + part]!;
      const from = part * width;
      for (let at = 0; at < width; at++) sums[at]! += factor * a.data[from + at]!;
    }
    product.set(sums, row * width);
  }
  return { product };
}

/** Inner product of two rows of equal length. */
function rowsInner(
  x: Float32Array,
  xRow: number,
  y: Float32Array,
  yRow: number,
  length: number,
): number {
  let sum = 0;
  for (let at = 0, i = xRow * length, j = yRow * length; at < length; at++, i++, j++) {
    sum += x[i]! * y[j]!;
  }
  return sum;
}

/** <B A, B' A'> of one module; two snapshots of a training keep it in the same form. */
function inner(x: Kept, y: Kept): number {
  if ('product' in x || 'product' in y) {
    if (!('product' in x && 'product' in y)) throw new RangeError('The ranks differ.');
    return rowsInner(x.product, 0, y.product, 0, x.product.length);
  }
  const [width, height] = [x.a.length / x.rank, x.b.length / x.rank];
  let sum = 0;
  for (let i = 0; i < x.rank; i++) {
    for (let j = 0; j < y.rank; j++) {
      sum += rowsInner(x.a, i, y.a, j, width) * rowsInner(x.b, i, y.b, j, height);
    }
  }
  return sum;
}

interface KeptSnapshot {
  readonly modules: ReadonlyMap<string, Kept>;
  readonly scale: number;
}

/** Calls `work` for each module, and awaits `breathe` before each layer. */
async function byLayer<T>(
  modules: ReadonlyMap<string, T>,
  breathe: () => Promise<void>,
  work: (module: string, value: T, layer: number) => void,
): Promise<void> {
  let at = NaN;
  for (const [module, value] of modules) {
    const layer = layerOf(module);
    if (layer !== at) await breathe();
    at = layer;
    work(module, value, layer);
  }
}

/** Inner product of what two adapters add, by layer. */
async function innerByLayer(
  x: KeptSnapshot,
  y: KeptSnapshot,
  nLayers: number,
  breathe: () => Promise<void>,
): Promise<number[]> {
  const found = Array<number>(nLayers).fill(0);
  await byLayer(x.modules, breathe, (module, value, layer) => {
    const other = y.modules.get(module);
    if (other) found[layer]! += x.scale * y.scale * inner(value, other);
  });
  return found;
}

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export interface PathPoint {
  /** Frobenius norm of what the adapter adds, by layer over all its modules. */
  readonly normByLayer: readonly number[];
  /**
   * Cosine of the last two moves, to the snapshot before and on to this one; null without two moves. 1: straight on;
   * near 0: the training turns.
   */
  readonly localCosine: number | null;
  /**
   * Inner products of what the adapter adds here with what it added at every snapshot so far, oldest first; the last is
   * its own square. Missing in trainings of older versions.
   */
  readonly inner?: readonly number[];
}

/**
 * Snapshots in their order, all of them kept: at most two dozen a training, each as large as the adapter.
 */
export class AdapterPath {
  readonly #nLayers: number;
  readonly #seen: KeptSnapshot[] = [];
  /** `inner` of each. */
  readonly #inner: (readonly number[])[] = [];

  constructor(nLayers: number) {
    this.#nLayers = nLayers;
  }

  /**
   * On the bundled base and a busy CPU core the 20th snapshot took 0.1 s at rank 8, 0.3 s at rank 32 and 0.9 s at rank
   * 128, most of it to form the products, in eight parts.
   * @param snapshot unchanged until the promise resolves; afterwards it is not needed
   * @param breathe lets a page draw
   */
  async add(snapshot: Snapshot, breathe: () => Promise<void>): Promise<PathPoint> {
    const modules = new Map<string, Kept>();
    await byLayer(snapshot.modules, breathe, (module, factors) => {
      modules.set(module, kept(factors));
    });
    const at = { modules, scale: snapshot.scale };
    const squares = await innerByLayer(at, at, this.#nLayers, breathe);
    const inner: number[] = [];
    for (const earlier of this.#seen) {
      inner.push(total(await innerByLayer(at, earlier, this.#nLayers, breathe)));
    }
    inner.push(total(squares));
    this.#seen.push(at);
    this.#inner.push(inner);
    return {
      normByLayer: squares.map((value) => Math.sqrt(Math.max(0, value))),
      localCosine: this.#localCosine(),
      inner,
    };
  }

  #localCosine(): number | null {
    const [first, last, now] = this.#inner.slice(-3);
    if (!first || !last || !now) return null;
    const [square, withLast, withFirst] = now.toReversed() as [number, number, number];
    const [lastSquare, withBefore] = last.toReversed() as [number, number];
    const firstSquare = first.at(-1)!;
    return cosineOfMoves(
      lastSquare + firstSquare - 2 * withBefore,
      square + lastSquare - 2 * withLast,
      withLast - lastSquare - withFirst + withBefore,
      square,
    );
  }
}

/** Null where a move is only what is left by cancellation. */
function cosineOfMoves(
  firstSquare: number,
  secondSquare: number,
  along: number,
  size: number,
): number | null {
  if (firstSquare <= 1e-10 * size || secondSquare <= 1e-10 * size) return null;
  return Math.max(-1, Math.min(1, along / Math.sqrt(firstSquare * secondSquare)));
}
