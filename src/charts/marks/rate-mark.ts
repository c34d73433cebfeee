// A rate as a mark in a row of a chart: of one model, with the intervals of its answers, or of several directions
// or seeds, with the interval of their mean.

import { describeClusters } from '../../core/statistics/describe-clusters';
import { describeRate, type Rate } from '../../core/statistics/rates';
import { describeSpread, rateBounds, type Spread } from '../../core/statistics/spread';
import type { Interval } from '../../core/statistics/stats';

export type RateMark =
  | { readonly kind: 'rate'; readonly rate: Rate }
  | {
      readonly kind: 'spread';
      readonly spread: Spread;
      /** What was drawn several times, in the plural: 'directions'. */
      readonly things: string;
      /** Answers of each. */
      readonly n: number;
      /** The shares, where each is drawn as a dot. */
      readonly values: readonly number[];
    };

export const shareOf = (mark: RateMark): number =>
  mark.kind === 'rate' ? mark.rate.count / mark.rate.n : mark.spread.mean;

/** The thick line: Wilson's for these questions, or the mean over directions; null where there is none. */
export const boundsOf = (mark: RateMark): Interval | null =>
  mark.kind === 'rate' ? mark.rate : rateBounds(mark.spread);

/** The thin line, over new topics; null where there is none. */
export function topicsOf(mark: RateMark): Interval | null {
  if (mark.kind === 'spread') return null;
  const { clusterLow, clusterHigh } = mark.rate;
  return clusterLow === undefined || clusterHigh === undefined
    ? null
    : { low: clusterLow, high: clusterHigh };
}

/** 'n = 600' or '20 × 150'. */
export const sizeOf = (mark: RateMark): string =>
  mark.kind === 'rate' ? `n ${mark.rate.n}` : `${mark.spread.n} × ${mark.n}`;

export function describeMark(mark: RateMark): string {
  if (mark.kind === 'spread') return describeSpread(mark.spread, mark.things);
  const clusters = describeClusters(mark.rate);
  return clusters === '' ? describeRate(mark.rate) : `${describeRate(mark.rate)}; ${clusters}`;
}

export const MARK_COLUMNS = [
  ...['rate', '95% low', '95% high', 'interval over', 'answers'],
  ...['new wordings low', 'new wordings high', 'new topics low', 'new topics high'],
] as const;

const known = (share: number | undefined): number | null =>
  share === undefined || Number.isNaN(share) ? null : share;

/** Cells for `MARK_COLUMNS`. */
export function markCells(mark: RateMark | null): (string | number | null)[] {
  if (!mark) return ['not measured', ...MARK_COLUMNS.slice(1).map(() => '')];
  const bounds = boundsOf(mark);
  const first = [known(shareOf(mark)), known(bounds?.low), known(bounds?.high)];
  if (mark.kind === 'spread') {
    return [...first, `${mark.spread.n} ${mark.things}`, mark.n, '', '', '', ''];
  }
  const { n, templateLow, templateHigh, clusterLow, clusterHigh } = mark.rate;
  const wider = [templateLow, templateHigh, clusterLow, clusterHigh].map(known);
  return [...first, 'these questions', n, ...wider];
}
