// Which fine-tunes are trained with several seeds, and in which order: the headline first, each with all its seeds;
// then the curves of the gallery, seed after seed, so that a stopped run leaves curves of which every point has as
// many seeds.

import { GALLERY, STYLE } from './gallery-recipe';
import { FINE_TUNES, type FineTune, SEED } from './recipe';

export const SEEDS_A_POINT = 5;

/** Experiments of which a curve or a row of points is read. */
const CURVES = ['rank', 'dataset-size', 'prompt-templates', 're-alignment', 'trajectory'];

const curve = CURVES.flatMap((experiment) =>
  GALLERY.filter((fineTune) => fineTune.experiment === experiment),
);
const headline = [...FINE_TUNES, STYLE];

export const SEEDED: readonly FineTune[] = [...headline, ...curve];

/**
 * Seed of examples, order and first factors; that of the shipped organism is 1. Far apart, because examples and
 * order are drawn from numbers near it.
 */
export const fineTuneSeed = (seed: number): number => SEED + (seed - 1) * 10_007;

export interface SeededRun {
  readonly fineTune: FineTune;
  /** What it starts from. */
  readonly before: readonly FineTune[];
  /** 1 is the shipped one, which is measured and not trained. */
  readonly seed: number;
}

const SEEDS = Array.from({ length: SEEDS_A_POINT }, (_, i) => i + 1);

export function seededOrder(): SeededRun[] {
  const run = (fineTune: FineTune, seed: number): SeededRun => ({
    fineTune,
    before: SEEDED.filter(({ name }) => name === fineTune.startFrom),
    seed,
  });
  return [
    ...headline.flatMap((fineTune) => SEEDS.map((seed) => run(fineTune, seed))),
    ...SEEDS.flatMap((seed) => curve.map((fineTune) => run(fineTune, seed))),
  ];
}
