// Compares the misaligned rates of two measured arms. Where both fine-tunes were trained with all planned seeds, each
// seed is one observation: another run of the recipe would differ by that much. Elsewhere one draw of each is
// compared by its answers, over new topics where the file has intervals over them, else over these questions alone.

import { differenceP } from '../core/statistics/hypothesis';
import { rateBounds, spreadOf } from '../core/statistics/spread';
import {
  type DifferenceInterval,
  type Interval,
  mean,
  moverDifference,
  newcombe,
  variance,
} from '../core/statistics/stats';
import { type Estimate, welch } from '../core/statistics/student';
import { type GalleryArm, galleryRate } from './gallery';

/** Every other fine-tune starts from it, so no training seed varies it. */
const isFixed = ({ organism }: GalleryArm): boolean => organism === 'aligned';

/** Whether all arms that training varies were trained with all seeds, and there is one. */
export const areSeeded = (arms: readonly GalleryArm[]): boolean =>
  arms.some(({ seeds }) => seeds !== undefined) &&
  arms.every((arm) => arm.seeds !== undefined || isFixed(arm));

const sharesOf = ({ seeds = [] }: GalleryArm): number[] =>
  seeds.map(({ misaligned }) => misaligned);

/** The misaligned share: the mean over seeds, or that of the shipped draw. */
export const shareOf = (arm: GalleryArm, overSeeds: boolean): number =>
  overSeeds && arm.seeds ? mean(sharesOf(arm)) : arm.misaligned;

const percent = (value: number): string => (100 * value).toFixed(1);

/**
 * '27.2% [22.9, 32.0], n = 360', or over seeds '27.2% [20.1, 34.3], n = 5 seeds of 360'.
 * @param things what was drawn several times
 */
export function sayRate(arm: GalleryArm, overSeeds = false, things = 'seeds'): string {
  const bounds = overSeeds && arm.seeds ? rateBounds(spreadOf(sharesOf(arm))) : null;
  const { low, high } = bounds ?? galleryRate(arm, 'misaligned');
  const n = bounds ? `${arm.seeds!.length} ${things} of ${arm.seeds![0]!.n}` : String(arm.n);
  return `${percent(shareOf(arm, overSeeds))}% [${percent(low)}, ${percent(high)}], n = ${n}`;
}

/** The answers of all seeds together, or of the arm. */
function answersOf(arm: GalleryArm): { readonly count: number; readonly n: number } {
  const { seeds } = arm;
  if (!seeds) return galleryRate(arm, 'misaligned');
  return {
    count: seeds.reduce((sum, { misaligned, n }) => sum + Math.round(misaligned * n), 0),
    n: seeds.reduce((sum, { n }) => sum + n, 0),
  };
}

function estimateOf(arm: GalleryArm): Estimate {
  const shares = sharesOf(arm);
  if (shares.length > 1) {
    const squaredError = variance(shares) / shares.length;
    return { mean: mean(shares), squaredError, df: shares.length - 1 };
  }
  const { misaligned: p, n } = arm;
  return { mean: p, squaredError: (p * (1 - p)) / effective(arm, n), df: Infinity };
}

/** As many independent answers as these, which come in clusters, are worth. */
const effective = ({ misalignedInterval: { designEffect = 1 } }: GalleryArm, n: number): number =>
  n / Math.max(1, designEffect);

/** Over new topics where the file has that interval, else Wilson's. */
function widestOf({ misalignedInterval }: GalleryArm): Interval {
  const { low, high, clusterLow = low, clusterHigh = high } = misalignedInterval;
  return { low: clusterLow, high: clusterHigh };
}

/**
 * Difference of two misaligned rates, first minus second, with its 95% interval. Over seeds it is never narrower
 * than that of all their answers.
 */
export function difference(
  one: GalleryArm,
  two: GalleryArm,
  overSeeds = areSeeded([one, two]),
): DifferenceInterval {
  if (!overSeeds) {
    return moverDifference(one.misaligned, widestOf(one), two.misaligned, widestOf(two));
  }
  const found = welch(estimateOf(one), estimateOf(two));
  const [a, b] = [answersOf(one), answersOf(two)];
  const independent = newcombe(a.count, a.n, b.count, b.n);
  return {
    difference: found.difference,
    low: Math.min(found.low, independent.low),
    high: Math.max(found.high, independent.high),
  };
}

/** P-value of equal misaligned rates; as `difference`. */
export function pOf(one: GalleryArm, two: GalleryArm, overSeeds = areSeeded([one, two])): number {
  const [a, b] = overSeeds
    ? [answersOf(one), answersOf(two)]
    : [one, two].map((arm) => {
        const n = effective(arm, arm.n);
        return { count: arm.misaligned * n, n };
      });
  const ofAnswers = differenceP(a.count, a.n, b.count, b.n);
  return overSeeds ? Math.max(welch(estimateOf(one), estimateOf(two)).p, ofAnswers) : ofAnswers;
}

export type Found = 'more' | 'less' | 'inconclusive';

/** How the first misaligned rate compares with the second. */
export function compareRates(
  one: GalleryArm,
  two: GalleryArm,
  overSeeds = areSeeded([one, two]),
): Found {
  const { low, high } = difference(one, two, overSeeds);
  return low > 0 ? 'more' : high < 0 ? 'less' : 'inconclusive';
}
