// The path of a training through weight space, from snapshots of its LoRA factors. What an adapter adds to a weight,
// scale B A, is never formed: the inner product of two such products is that of the small matrices,
// <B A, B' A'> = <B^T B', A A'^T>. Of the inner products of all snapshots come the length of the adapter by layer and
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

/** <B A, B' A'> of one module. */
function inner(x: Factors, y: Factors): number {
  const [rank, width] = x.a.dims as [number, number];
  const [height] = x.b.dims as [number, number];
  const other = y.a.dims[0]!;
  let sum = 0;
  for (let i = 0; i < rank; i++) {
    for (let j = 0; j < other; j++) {
      let rows = 0;
      for (let k = 0; k < width; k++) rows += x.a.data[i * width + k]! * y.a.data[j * width + k]!;
      let columns = 0;
      for (let k = 0; k < height; k++) {
        columns += x.b.data[k * rank + i]! * y.b.data[k * other + j]!;
      }
      sum += rows * columns;
    }
  }
  return sum;
}

/** Inner product of what two adapters add, by layer; `breathe` is awaited before each. */
async function innerByLayer(
  x: Snapshot,
  y: Snapshot,
  nLayers: number,
  breathe: () => Promise<void>,
): Promise<number[]> {
  let at = NaN;
  const found = Array<number>(nLayers).fill(0);
  for (const [module, factors] of x.modules) {
    const twin = y.modules.get(module);
    const layer = layerOf(module);
    if (layer !== at) await breathe();
    at = layer;
    if (twin) found[layer]! += x.scale * y.scale * inner(factors, twin);
  }
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
  readonly #seen: Snapshot[] = [];
  /** `inner` of each. */
  readonly #inner: (readonly number[])[] = [];

  constructor(nLayers: number) {
    this.#nLayers = nLayers;
  }

  /** @param breathe lets a page draw; the sums with one other snapshot take some ten milliseconds */
  async add(at: Snapshot, breathe: () => Promise<void>): Promise<PathPoint> {
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
