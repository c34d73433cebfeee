// Compares the gallery's figures with published claims: two rates differ when the 95% interval of their difference
// excludes zero, over training seeds where both have them all (compare-arms.ts). Claims that compare rates have
// p-values, and `correctedClaim` calls inconclusive what Holm's correction over all of them does not confirm. No text
// is written in advance, so a gallery that is measured again gets new texts.

import { holmCut, proportionP } from '../core/statistics/hypothesis';
import { areSeeded, compareRates, difference, pOf, sayRate, shareOf } from './compare-arms';
import { armOf, type Gallery, type GalleryArm, galleryRate } from './gallery';

/** `note`: a figure without a published value. */
type ClaimStatus = 'yes' | 'no' | 'inconclusive' | 'note';

export interface Claim {
  readonly status: ClaimStatus;
  /** A sentence with rates, intervals and n. */
  readonly text: string;
  /** Value of the comparison behind the claim; missing without a comparison. */
  readonly p?: number;
  /** Training seeds that the comparison is over; missing where it is of one draw of each fine-tune. */
  readonly seeds?: number;
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

/** What a claim over seeds has beside one of a single draw. */
const drawnBy = (arms: readonly GalleryArm[], overSeeds: boolean): Pick<Claim, 'seeds'> =>
  overSeeds ? { seeds: Math.max(...arms.map(({ seeds }) => seeds?.length ?? 0)) } : {};

/** Both arms, or null if one was not measured. */
function both(gallery: Gallery, a: Subject, b: Subject) {
  const one = armOf(gallery, a.organism, a.condition);
  const two = armOf(gallery, b.organism, b.condition);
  if (!one || !two) return null;
  const overSeeds = areSeeded([one, two]);
  const rates = `${a.name} ${sayRate(one, overSeeds)}; ${b.name} ${sayRate(two, overSeeds)}`;
  const drawn = drawnBy([one, two], overSeeds);
  return { one, two, rates, found: compareRates(one, two), p: pOf(one, two), drawn };
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
  const { rates, found, p, drawn } = pair;
  if (found === 'inconclusive')
    return [{ status: 'inconclusive', text: `${rates}: ${INCONCLUSIVE}.`, p, ...drawn }];
  return found === reported
    ? [{ status: 'yes', text: `${rates}: ${found}, as reported.`, p, ...drawn }]
    : [{ status: 'no', text: `${rates}: ${found}, where ${reported} is reported.`, p, ...drawn }];
}

/** Reported: `a` no more than `b`. */
export function noMore(gallery: Gallery, a: Subject, b: Subject): Claim[] {
  const pair = both(gallery, a, b);
  if (!pair) return [];
  const { one, two, rates, found, p, drawn } = pair;
  if (found === 'more')
    return [{ status: 'no', text: `${rates}: more, where no more is reported.`, p, ...drawn }];
  if (found === 'less') return [{ status: 'yes', text: `${rates}: less.`, p, ...drawn }];
  const { high } = difference(one, two);
  const most = `at most ${(100 * high).toFixed(1)} points more`;
  return [
    {
      status: high <= MAX_DIFFERENCE ? 'yes' : 'inconclusive',
      text: `${rates}: ${INCONCLUSIVE}, ${most}.`,
      ...drawn,
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
      ...pair.drawn,
    },
  ];
}

interface Point {
  readonly x: number;
  readonly arm: GalleryArm;
}

/** The point with the highest rate, the first of equals. */
export const highest = (points: readonly Point[], overSeeds: boolean): Point =>
  points.reduce((top, point) =>
    shareOf(point.arm, overSeeds) > shareOf(top.arm, overSeeds) ? point : top,
  );

/** Reported: highest in the middle of a series. The arms are ordered by the varied number. */
export function peaks(points: readonly Point[], word: string): Claim[] {
  const [first] = points;
  const last = points.at(-1);
  if (!first || !last || points.length < 3) return [];
  const arms = points.map(({ arm }) => arm);
  const overSeeds = areSeeded(arms);
  const drawn = drawnBy(arms, overSeeds);
  const best = highest(points, overSeeds);
  const say = ({ x, arm }: typeof first): string => `${word} ${x} ${sayRate(arm, overSeeds)}`;
  const top = `Highest at ${say(best)}`;
  if (best !== first && best !== last) {
    const ends = `${top}; at the ends ${say(first)} and ${say(last)}`;
    const above = [first, last].every(
      ({ arm }) => compareRates(best.arm, arm, overSeeds) === 'more',
    );
    const p = Math.max(...[first, last].map(({ arm }) => pOf(best.arm, arm, overSeeds)));
    return above
      ? [{ status: 'yes', text: `${ends}: a peak between them.`, p, ...drawn }]
      : [{ status: 'inconclusive', text: `${ends}: no peak that this n can tell.`, p, ...drawn }];
  }
  const other = best === first ? last : first;
  const rest = `${top}; at the other end ${say(other)}`;
  const p = pOf(best.arm, other.arm, overSeeds);
  return compareRates(best.arm, other.arm, overSeeds) === 'more'
    ? [
        {
          status: 'no',
          text: `${rest}: a slope, where a peak between them is reported.`,
          p,
          ...drawn,
        },
      ]
    : [{ status: 'inconclusive', text: `${rest}: ${INCONCLUSIVE}.`, p, ...drawn }];
}

/** Reported: the rise happens within a short part of the training. The first point is the start. */
export function sudden(points: readonly Point[]): Claim[] {
  const arms = points.map(({ arm }) => arm);
  const overSeeds = areSeeded(arms);
  const drawn = drawnBy(arms, overSeeds);
  const rate = ({ arm }: Point): number => shareOf(arm, overSeeds);
  const isMore = (one: Point, two: Point): boolean =>
    compareRates(one.arm, two.arm, overSeeds) === 'more';
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || points.length < 4 || !isMore(last, first)) return [];
  const gaps = points.slice(1).map((point, i) => ({
    from: points[i]!,
    to: point,
    rise: rate(point) - rate(points[i]!),
  }));
  const steepest = gaps.reduce((top, gap) => (gap.rise > top.rise ? gap : top));
  const { from, to, rise } = steepest;
  const share = rise / (rate(last) - rate(first));
  const length = (to.x - from.x) / (last.x - first.x);
  const p = pOf(to.arm, from.arm, overSeeds);
  const text = `Between step ${from.x} and ${to.x}, ${percent(length)} of the training, the rate goes from ${sayRate(from.arm, overSeeds)} to ${sayRate(to.arm, overSeeds)}`;
  if (!isMore(to, from))
    return [
      { status: 'inconclusive', text: `${text}: no jump that this n can tell.`, p, ...drawn },
    ];
  return share > 0.5
    ? [{ status: 'yes', text: `${text}: more than half of the whole rise.`, p, ...drawn }]
    : [
        {
          status: 'no',
          text: `${text}: the steepest part, and less than half of the whole rise.`,
          p,
          ...drawn,
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
