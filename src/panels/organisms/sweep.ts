// An experiment that varies one number: which fine-tunes stand at which value of it. The value is the
// number at the end of a fine-tune's name; the ends that belong to no such name are given.

import { armOf, type Gallery, type GalleryArm } from '../../state/gallery';

export interface Sweep {
  /** Names of its fine-tunes are this and a number. */
  readonly prefix: string;
  readonly xTitle: string;
  readonly scale: 'linear' | 'log';
  /** Other organisms that belong to the series, such as the fine-tune that it varies. */
  readonly also: readonly { readonly organism: string; readonly x: number }[];
}

export interface SweepPoint {
  readonly organism: string;
  readonly x: number;
}

export const OTHER = 'other domains';
export const CODE = 'code';

/** Those that were measured, ascending. */
export function pointsOf({ arms }: Pick<Gallery, 'arms'>, { prefix, also }: Sweep): SweepPoint[] {
  const found = new Map<string, number>();
  for (const { organism } of arms) {
    const rest = organism.startsWith(prefix) ? organism.slice(prefix.length) : '';
    if (/^\d+$/.test(rest)) found.set(organism, Number(rest));
  }
  if (found.size === 0) return [];
  for (const { organism, x } of also) found.set(organism, x);
  return [...found].map(([organism, x]) => ({ organism, x })).sort((a, b) => a.x - b.x);
}

/** The arms of a series under one condition, ascending; those not measured are left out. */
export function armsAlong(
  gallery: Gallery,
  sweep: Sweep,
  condition = OTHER,
): { readonly x: number; readonly arm: GalleryArm }[] {
  return pointsOf(gallery, sweep).flatMap(({ organism, x }) => {
    const arm = armOf(gallery, organism, condition);
    return arm ? [{ x, arm }] : [];
  });
}
