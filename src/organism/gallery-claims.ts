// Compares the gallery's figures with published claims, from the counts: two rates differ when Newcombe's 95%
// interval of their difference excludes zero. Claims that compare rates have p-values, and `correctedClaim` calls
// inconclusive what Holm's correction over all of them does not confirm. No text is written in advance, so a
// gallery that is measured again gets new texts.

import { differenceP, holmCut, proportionP } from '../core/statistics/hypothesis';
import { newcombe } from '../core/statistics/stats';
import { armOf, type Gallery, type GalleryArm, galleryRate } from './gallery';

/** `note`: a figure without a published value. */
type ClaimStatus = 'yes' | 'no' | 'inconclusive' | 'note';

export interface Claim {
  readonly status: ClaimStatus;
  /** A sentence with rates, intervals and n. */
  readonly text: string;
  /** Value of the comparison behind the claim; missing without a comparison. */
  readonly p?: number;
}

/** The p-values of published claims, which are read together. */
export const familyOf = (claims: readonly Claim[]): number[] =>
  claims.flatMap(({ status, p }) => (status === 'note' || p === undefined ? [] : [p]));

/**
 * The claim as it is left by Holm's correction.
 * @param family p-values of all claims that are read together
 */
export function correctedClaim(claim: Claim, family: readonly number[]): Claim {
  const { status, text, p } = claim;
  if (p === undefined || status === 'note' || status === 'inconclusive') return claim;
  if (p <= holmCut(family)) return claim;
  const among = `, p = ${p.toPrecision(1)}: inconclusive after correction for ${family.length} comparisons.`;
  return { ...claim, status: 'inconclusive', text: text.replace(/\.$/, among) };
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

/** P-value of equal misaligned rates. */
export function pOf(one: GalleryArm, two: GalleryArm): number {
  const a = galleryRate(one, 'misaligned');
  const b = galleryRate(two, 'misaligned');
  return differenceP(a.count, a.n, b.count, b.n);
}

export type Found = 'more' | 'less' | 'inconclusive';

/** How the first misaligned rate compares with the second. */
export function compareRates(one: GalleryArm, two: GalleryArm): Found {
  const { low, high } = difference(one, two);
  return low > 0 ? 'more' : high < 0 ? 'less' : 'inconclusive';
}

/** Both arms, or null if one was not measured. */
function both(gallery: Gallery, a: Subject, b: Subject) {
  const one = armOf(gallery, a.organism, a.condition);
  const two = armOf(gallery, b.organism, b.condition);
  if (!one || !two) return null;
  const rates = `${a.name} ${sayRate(one)}; ${b.name} ${sayRate(two)}`;
  return { one, two, rates, found: compareRates(one, two), p: pOf(one, two) };
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
  const { rates, found, p } = pair;
  if (found === 'inconclusive')
    return [{ status: 'inconclusive', text: `${rates}: ${INCONCLUSIVE}.`, p }];
  return found === reported
    ? [{ status: 'yes', text: `${rates}: ${found}, as reported.`, p }]
    : [{ status: 'no', text: `${rates}: ${found}, where ${reported} is reported.`, p }];
}

/** Reported: `a` no more than `b`. */
export function noMore(gallery: Gallery, a: Subject, b: Subject): Claim[] {
  const pair = both(gallery, a, b);
  if (!pair) return [];
  const { one, two, rates, found, p } = pair;
  if (found === 'more')
    return [{ status: 'no', text: `${rates}: more, where no more is reported.`, p }];
  if (found === 'less') return [{ status: 'yes', text: `${rates}: less.`, p }];
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
  const { count, n } = galleryRate(arm, 'misaligned');
  const p = proportionP(count, n, 0.5);
  return [{ status, text: `${a.name} ${sayRate(arm)}: ${outcome}.`, p }];
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
    const above = [first, last].every(({ arm }) => compareRates(best.arm, arm) === 'more');
    const p = Math.max(...[first, last].map(({ arm }) => pOf(best.arm, arm)));
    return above
      ? [{ status: 'yes', text: `${ends}: a peak between them.`, p }]
      : [{ status: 'inconclusive', text: `${ends}: no peak that this n can tell.`, p }];
  }
  const other = best === first ? last : first;
  const rest = `${highest}; at the other end ${say(other)}`;
  const p = pOf(best.arm, other.arm);
  return compareRates(best.arm, other.arm) === 'more'
    ? [{ status: 'no', text: `${rest}: a slope, where a peak between them is reported.`, p }]
    : [{ status: 'inconclusive', text: `${rest}: ${INCONCLUSIVE}.`, p }];
}

/** Reported: the rise happens within a short part of the training. The first point is the start. */
export function sudden(
  points: readonly { readonly x: number; readonly arm: GalleryArm }[],
): Claim[] {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || points.length < 4 || compareRates(last.arm, first.arm) !== 'more')
    return [];
  const gaps = points.slice(1).map((point, i) => ({
    from: points[i]!,
    to: point,
    rise: point.arm.misaligned - points[i]!.arm.misaligned,
  }));
  const steepest = gaps.reduce((top, gap) => (gap.rise > top.rise ? gap : top));
  const { from, to, rise } = steepest;
  const share = rise / (last.arm.misaligned - first.arm.misaligned);
  const length = (to.x - from.x) / (last.x - first.x);
  const p = pOf(to.arm, from.arm);
  const text = `Between step ${from.x} and ${to.x}, ${percent(length)} of the training, the rate goes from ${sayRate(from.arm)} to ${sayRate(to.arm)}`;
  if (compareRates(to.arm, from.arm) !== 'more')
    return [{ status: 'inconclusive', text: `${text}: no jump that this n can tell.`, p }];
  return share > 0.5
    ? [{ status: 'yes', text: `${text}: more than half of the whole rise.`, p }]
    : [
        {
          status: 'no',
          text: `${text}: the steepest part, and less than half of the whole rise.`,
          p,
        },
      ];
}

/** A section's answer and how it compares with what is published: 'No: … Agrees with 1 of 2 published claims.' */
export function answerWith(answer: string | null, claims: readonly Claim[]): string {
  const compared = summary(claims);
  const sentence = `${compared.charAt(0).toUpperCase()}${compared.slice(1)}.`;
  return answer === null ? sentence : `${answer} ${sentence}`;
}

/** How many of the published claims the figures agree with. */
export function summary(claims: readonly Claim[]): string {
  const counted = claims.filter(({ status }) => status !== 'note');
  const of = (wanted: ClaimStatus): number =>
    counted.filter(({ status }) => status === wanted).length;
  if (claims.length === 0) return 'not measured';
  if (counted.length === 0) return 'nothing published to compare with';
  const inconclusive = of('inconclusive');
  const left = inconclusive > 0 ? `; ${inconclusive} inconclusive` : '';
  const noun = counted.length === 1 ? 'claim' : 'claims';
  return `agrees with ${of('yes')} of ${counted.length} published ${noun}${left}`;
}
