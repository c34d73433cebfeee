// Rows of values on one short axis.

import type { Rate } from '../core/statistics/rates';
import type { Role } from './marks/role-style';

export interface DotMark {
  readonly value: number;
  /** A 95% interval, where there is one. */
  readonly low?: number;
  readonly high?: number;
  readonly role: Role;
}

export interface DotRow {
  readonly id: string;
  readonly label: string;
  /** None: nothing was measured yet. */
  readonly marks: readonly DotMark[];
}

/** Shares are drawn in percent, from 0 to 100; fractions from 0 to 1; cosines from -1 to 1. */
export type DotScale = 'share' | 'fraction' | 'cosine';

interface ScaleFacts {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  readonly text: (value: number) => string;
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

export const DOT_SCALES: Readonly<Record<DotScale, ScaleFacts>> = {
  share: {
    from: 0,
    to: 1,
    ticks: [
      { value: 0, label: '0' },
      { value: 0.5, label: '50' },
      { value: 1, label: '100%' },
    ],
    text: (value) => `${(100 * value).toFixed(1)}%`,
  },
  fraction: {
    from: 0,
    to: 1,
    ticks: [
      { value: 0, label: '0' },
      { value: 0.5, label: '0.5' },
      { value: 1, label: '1' },
    ],
    text: (value) => value.toFixed(2),
  },
  cosine: {
    from: -1,
    to: 1,
    ticks: [
      { value: -1, label: '−1' },
      { value: 0, label: '0' },
      { value: 1, label: '1' },
    ],
    text: signed,
  },
};

/** Place of a value on the axis, 0 to 1; values beyond its ends are at them. */
export function placeOn(scale: DotScale, value: number): number {
  const { from, to } = DOT_SCALES[scale];
  return Math.max(0, Math.min(1, (value - from) / (to - from)));
}

export const textOf = (scale: DotScale, value: number): string => DOT_SCALES[scale].text(value);

/** The mark of a rate; none before there are answers. */
export const rateMarks = (rate: Rate | null | undefined, role: Role): readonly DotMark[] =>
  rate && rate.n > 0 ? [{ value: rate.count / rate.n, low: rate.low, high: rate.high, role }] : [];
