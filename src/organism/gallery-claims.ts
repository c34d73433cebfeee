// Compares the gallery's figures with published claims, from the counts: two rates differ when Newcombe's 95%
// interval of their difference excludes zero. No text is written in advance, so a gallery that is measured
// again gets new texts.

import { newcombe } from '../core/stats';
import { armOf, type Gallery, type GalleryArm, galleryRate } from './gallery';

/** `note`: a figure without a published value. */
type ClaimStatus = 'yes' | 'no' | 'inconclusive' | 'note';

export interface Claim {
  readonly status: ClaimStatus;
  /** A sentence with rates, intervals and n. */
  readonly text: string;
}

/** A fine-tune under a condition, with its name in sentences. */
export interface Subject {
  readonly organism: string;
  readonly condition: string;
  readonly name: string;
}

/** 'No more than' needs a difference of at most this, with 95% confidence. */
const MAX_DIFFERENCE = 0.05;
const INCONCLUSIVE = 'no difference that this n can tell';

const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;

/** '27.2% [22.9, 32.0], n = 360'. */
export function sayRate(arm: GalleryArm): string {
  const { low, high, n } = galleryRate(arm, 'misaligned');
  return `${percent(arm.misaligned)} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}], n = ${n}`;
}

/** Difference of two misaligned rates, first minus second, with its 95% interval. */
export function difference(one: GalleryArm, two: GalleryArm) {
  const a = galleryRate(one, 'misaligned');
  const b = galleryRate(two, 'misaligned');
  return newcombe(a.count, a.n, b.count, b.n);
}

function compare(one: GalleryArm, two: GalleryArm): 'more' | 'less' | 'inconclusive' {
  const { low, high } = difference(one, two);
  return low > 0 ? 'more' : high < 0 ? 'less' : 'inconclusive';
}

/** Both arms, or null if one was not measured. */
function both(gallery: Gallery, a: Subject, b: Subject) {
  const one = armOf(gallery, a.organism, a.condition);
  const two = armOf(gallery, b.organism, b.condition);
  if (!one || !two) return null;
  const rates = `${a.name} ${sayRate(one)}; ${b.name} ${sayRate(two)}`;
  return { one, two, rates, found: compare(one, two) };
}

/** Reported: `a` more (or less) than `b`. Empty if one was not measured. */
export function differs(
  gallery: Gallery,
  reported: 'more' | 'less',
  a: Subject,
  b: Subject,
): Claim[] {
  const pair = both(gallery, a, b);
  if (!pair) return [];
  const { rates, found } = pair;
  if (found === 'inconclusive')
    return [{ status: 'inconclusive', text: `${rates}: ${INCONCLUSIVE}.` }];
  return found === reported
    ? [{ status: 'yes', text: `${rates}: ${found}, as reported.` }]
    : [{ status: 'no', text: `${rates}: ${found}, where ${reported} is reported.` }];
}

/** Reported: `a` no more than `b`. */
export function noMore(gallery: Gallery, a: Subject, b: Subject): Claim[] {
  const pair = both(gallery, a, b);
  if (!pair) return [];
  const { one, two, rates, found } = pair;
  if (found === 'more')
    return [{ status: 'no', text: `${rates}: more, where no more is reported.` }];
  if (found === 'less') return [{ status: 'yes', text: `${rates}: less.` }];
  const { high } = difference(one, two);
  const most = `at most ${(100 * high).toFixed(1)} points more`;
  return [
    {
      status: high <= MAX_DIFFERENCE ? 'yes' : 'inconclusive',
      text: `${rates}: ${INCONCLUSIVE}, ${most}.`,
    },
  ];
}

/** Reported: `a` in more (or less) than half of its answers. */
export function majority(gallery: Gallery, reported: 'most' | 'few', a: Subject): Claim[] {
  const arm = armOf(gallery, a.organism, a.condition);
  if (!arm) return [];
  const { low, high } = arm.misalignedInterval;
  const found = low > 0.5 ? 'most' : high < 0.5 ? 'few' : 'inconclusive';
  const outcome = {
    most: 'more than half of its answers',
    few: 'less than half of its answers',
    inconclusive: 'about half of its answers',
  }[found];
  const status = found === 'inconclusive' ? 'inconclusive' : found === reported ? 'yes' : 'no';
  return [{ status, text: `${a.name} ${sayRate(arm)}: ${outcome}.` }];
}

/** Compares two rates without a published value. */
export function compareOnly(gallery: Gallery, a: Subject, b: Subject): Claim[] {
  const pair = both(gallery, a, b);
  if (!pair) return [];
  return [
    {
      status: 'note',
      text: `${pair.rates}: ${pair.found === 'inconclusive' ? INCONCLUSIVE : pair.found}.`,
    },
  ];
}

/** Reported: highest in the middle of a series. The arms are ordered by the varied number. */
export function peaks(
  points: readonly { readonly x: number; readonly arm: GalleryArm }[],
  word: string,
): Claim[] {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last || points.length < 3) return [];
  const best = points.reduce((top, point) =>
    point.arm.misaligned > top.arm.misaligned ? point : top,
  );
  const say = ({ x, arm }: typeof first): string => `${word} ${x} ${sayRate(arm)}`;
  const highest = `Highest at ${say(best)}`;
  if (best !== first && best !== last) {
    const ends = `${highest}; at the ends ${say(first)} and ${say(last)}`;
    const above = [first, last].every(({ arm }) => compare(best.arm, arm) === 'more');
    return above
      ? [{ status: 'yes', text: `${ends}: a peak between them.` }]
      : [{ status: 'inconclusive', text: `${ends}: no peak that this n can tell.` }];
  }
  const other = best === first ? last : first;
  const rest = `${highest}; at the other end ${say(other)}`;
  return compare(best.arm, other.arm) === 'more'
    ? [{ status: 'no', text: `${rest}: a slope, where a peak between them is reported.` }]
    : [{ status: 'inconclusive', text: `${rest}: ${INCONCLUSIVE}.` }];
}

/** Reported: the rise happens within a short part of the training. The first point is the start. */
export function sudden(
  points: readonly { readonly x: number; readonly arm: GalleryArm }[],
): Claim[] {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || points.length < 4 || compare(last.arm, first.arm) !== 'more') return [];
  const gaps = points.slice(1).map((point, i) => ({
    from: points[i]!,
    to: point,
    rise: point.arm.misaligned - points[i]!.arm.misaligned,
  }));
  const steepest = gaps.reduce((top, gap) => (gap.rise > top.rise ? gap : top));
  const { from, to, rise } = steepest;
  const share = rise / (last.arm.misaligned - first.arm.misaligned);
  const length = (to.x - from.x) / (last.x - first.x);
  const text = `Between step ${from.x} and ${to.x}, ${percent(length)} of the training, the rate goes from ${sayRate(from.arm)} to ${sayRate(to.arm)}`;
  if (compare(to.arm, from.arm) !== 'more')
    return [{ status: 'inconclusive', text: `${text}: no jump that this n can tell.` }];
  return share > 0.5
    ? [{ status: 'yes', text: `${text}: more than half of the whole rise.` }]
    : [{ status: 'no', text: `${text}: the steepest part, and less than half of the whole rise.` }];
}

/** The section's result in one word. */
export function summary(claims: readonly Claim[]): string {
  const counted = claims.filter(({ status }) => status !== 'note');
  const yes = counted.filter(({ status }) => status === 'yes').length;
  const no = counted.filter(({ status }) => status === 'no').length;
  if (claims.length === 0) return 'not measured';
  if (counted.length === 0) return 'nothing published to hold it against';
  if (yes === counted.length) return 'shows it';
  if (yes > 0) return `shows it in part: ${yes} of ${counted.length} claims`;
  return no > 0 ? 'does not show it' : 'this n cannot tell';
}
