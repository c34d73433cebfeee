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
}

/** Snapshots in their order; those before the last two are forgotten. */
export class AdapterPath {
  readonly #nLayers: number;
  /** The last two, the latest first, and their inner products with themselves and with the one before. */
  #seen: readonly {
    readonly at: Snapshot;
    readonly square: number;
    readonly withBefore: number;
  }[] = [];

  constructor(nLayers: number) {
    this.#nLayers = nLayers;
  }

  /** @param breathe lets a page draw; all sums together take some ten milliseconds */
  async add(at: Snapshot, breathe: () => Promise<void>): Promise<PathPoint> {
    const [last, first] = this.#seen;
    const squares = await innerByLayer(at, at, this.#nLayers, breathe);
    const square = total(squares);
    const withEarlier: number[] = [];
    for (const { at: earlier } of this.#seen) {
      withEarlier.push(total(await innerByLayer(at, earlier, this.#nLayers, breathe)));
    }
    const [withLast = 0, withFirst = 0] = withEarlier;
    this.#seen = [{ at, square, withBefore: withLast }, ...(last ? [last] : [])];
    return {
      normByLayer: squares.map((value) => Math.sqrt(Math.max(0, value))),
      localCosine:
        first && last
          ? cosineOfMoves(
              last.square + first.square - 2 * last.withBefore,
              square + last.square - 2 * withLast,
              withLast - last.square - withFirst + last.withBefore,
              square,
            )
          : null,
    };
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
