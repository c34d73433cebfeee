// A direction made of two saved ones: their sum, one without its part along the other, or one at the length of the
// other. All of it layer by layer. It is a direction like any other, so every edit and every chart takes it.

import { asLongAs, sumOf, withoutPartAlong } from '../../core/direction-parts';
import { rowNorms } from '../../core/projection';
import type { Tensor } from '../../core/tensor';
import { describeDirection, type SavedDirection } from '../extraction';

export const COMBINATIONS = ['without', 'plus', 'as-long-as'] as const;
export type Combination = (typeof COMBINATIONS)[number];

export const COMBINATION_LABELS: Readonly<Record<Combination, string>> = {
  without: 'without its part along',
  plus: 'plus',
  'as-long-as': 'as long as',
};

/** A part shorter than this share of the whole is what rounding left. */
const ROUNDING = 1e-4;

/** Why two directions can't be combined, for people; null: they can. */
export function combinationRefusal(
  one: Pick<SavedDirection, 'id' | 'vectors'>,
  other: Pick<SavedDirection, 'id' | 'vectors'>,
  how: Combination,
  times: number,
): string | null {
  const [a, b] = [one.vectors.dims, other.vectors.dims];
  if (a.join() !== b.join()) {
    return `The first has ${a[0]} layers of width ${a[1]}, the second ${b[0]} of width ${b[1]}. Choose two of the same model.`;
  }
  if (how === 'plus' && !(Number.isFinite(times) && times !== 0)) {
    return 'Adding nothing changes nothing. Write how many times the second direction is added.';
  }
  const vectors = made(one.vectors, other.vectors, how, times);
  const [before, after] = [rowNorms(one.vectors), rowNorms(vectors)];
  if (after.every((length, layer) => length <= ROUNDING * before[layer]!)) {
    return 'Nothing is left at any layer: the second direction holds all of the first. Choose another one.';
  }
  return null;
}

function made(a: Tensor, b: Tensor, how: Combination, times: number): Tensor {
  switch (how) {
    case 'without':
      return withoutPartAlong(a, b);
    case 'plus':
      return sumOf(a, b, times);
    case 'as-long-as':
      return asLongAs(a, b);
  }
}

/**
 * The direction made of two; what is not known of it without its transcripts is NaN. Its aligned mean is that of the
 * first, and its cap too where only the length changes.
 * @throws Error of `combinationRefusal`
 */
export function combinedDirection(
  one: SavedDirection,
  other: SavedDirection,
  how: Combination,
  times: number,
  atMs: number,
): SavedDirection {
  const refusal = combinationRefusal(one, other, how, times);
  if (refusal !== null) throw new Error(refusal);
  const vectors = made(one.vectors, other.vectors, how, times);
  const word = how === 'plus' ? `plus ${times} times` : COMBINATION_LABELS[how];
  const words = `${word} ${describeDirection(other)}`;
  const sameUnits = how === 'as-long-as';
  const before = rowNorms(one.vectors);
  // Its texts no longer say how it is read again.
  const { from, ...facts } = one;
  void from;
  return {
    ...facts,
    id: `${one.id} ${how === 'plus' ? `plus${times}` : how} ${other.id}`,
    name: `${one.name}, ${words}`,
    vectors,
    capThreshold: sameUnits ? one.capThreshold : one.capThreshold.map(() => NaN),
    perLayer: [...rowNorms(vectors)].map((norm, layer) => {
      const { relativeNorm, auc, stability } = one.perLayer[layer]!;
      const share = before[layer]! > 0 ? (relativeNorm * norm) / before[layer]! : NaN;
      return sameUnits
        ? { norm, relativeNorm: share, auc, stability }
        : { norm, relativeNorm: share, auc: NaN, stability: NaN };
    }),
    changed: [...(one.changed ?? []), words],
    elapsedMs: 0,
    atMs,
  };
}
