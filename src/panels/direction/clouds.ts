// The picture of a direction: every transcript of its two cells as a point, the mean of each cell, and the arrow from
// one mean to the other, which is the direction. A point lies as far to the right as its residual lies along the
// direction, and as high as along the first principal component of what is left over, so the arrow is level.

import { type CellName, stanceOf } from '../../core/cell';
import { CONTRASTS, type Contrast } from '../../core/direction';
import { type DirectionTexts, sidesOf } from '../../core/instruments/direction-texts';
import { rowOf, tensor } from '../../core/tensor';
import { transcriptMap } from '../../core/transcript-map';
import type { SavedDirection } from '../../measure/extraction';
import type { Clouds } from '../../state/direction/directions.svelte';

export interface CloudPoint {
  /** Along the direction, as a share of the mean residual length. */
  readonly x: number;
  /** Along the component across it, in the same unit. */
  readonly y: number;
  readonly side: 'plus' | 'minus';
  /** The question of the transcript. */
  readonly question: string;
}

export interface CloudMap {
  readonly points: readonly CloudPoint[];
  readonly means: Readonly<Record<CloudPoint['side'], { readonly x: number; readonly y: number }>>;
  /** Share of the variance of the points that lies along the direction. */
  readonly along: number;
}

/** Seed of the power iteration; the component does not depend on it. */
const SEED = 1;

/** Null where the direction has no length at this layer, or its cells have too few transcripts for a picture. */
export function cloudMap(
  { vectors }: Pick<SavedDirection, 'vectors'>,
  { plus, minus }: Clouds,
  layer: number,
): CloudMap | null {
  const direction = rowOf(vectors, layer).data;
  if (direction.every((value) => value === 0)) return null;
  const [, ...dims] = plus.pooled.dims;
  const n = plus.prompts.length + minus.prompts.length;
  if (n < 2) return null;
  const pooled = new Float32Array(plus.pooled.data.length + minus.pooled.data.length);
  pooled.set(minus.pooled.data);
  pooled.set(plus.pooled.data, minus.pooled.data.length);
  const { x, y, along } = transcriptMap(tensor(pooled, [n, ...dims]), direction, layer, SEED);
  const sides = [
    ...minus.prompts.map((question) => ({ side: 'minus' as const, question })),
    ...plus.prompts.map((question) => ({ side: 'plus' as const, question })),
  ];
  const points = sides.map((side, i) => ({ ...side, x: x[i]!, y: y[i]! }));
  const meanOf = (side: CloudPoint['side']) => {
    const cloud = points.filter((point) => point.side === side);
    const mean = (axis: 'x' | 'y'): number =>
      cloud.reduce((sum, point) => sum + point[axis], 0) / cloud.length;
    return { x: mean('x'), y: mean('y') };
  };
  return { points, means: { plus: meanOf('plus'), minus: meanOf('minus') }, along };
}

/** What the two clouds of a contrast are, in as few words as tell them apart. */
export function cloudNames(
  contrast: Contrast,
  titles: Readonly<Record<'aligned' | 'em', string>>,
  from?: DirectionTexts,
): Readonly<Record<CloudPoint['side'], string>> {
  if (from) return sidesOf(from);
  const { plus, minus } = CONTRASTS[contrast];
  const modelOf = (cell: CellName) => (cell.startsWith('em:') ? 'em' : 'aligned');
  const models = modelOf(plus) !== modelOf(minus);
  const texts = stanceOf(plus) !== stanceOf(minus);
  const nameOf = (cell: CellName): string =>
    [
      ...(models ? [titles[modelOf(cell)]] : []),
      ...(texts ? [`${stanceOf(cell)} answers`] : []),
    ].join(', ');
  return { plus: nameOf(plus), minus: nameOf(minus) };
}
