// An experiment that varies one number: which fine-tunes belong to which value. The value is the number at the
// end of a fine-tune's name; other fine-tunes of the series are listed explicitly.

import { armOf, type Gallery, type GalleryArm } from '../gallery';

export interface Sweep {
  /** Its fine-tunes are named by this prefix and a number. */
  readonly prefix: string;
  readonly xTitle: string;
  readonly scale: 'linear' | 'log';
  /**
   * Other fine-tunes of the series, such as the one that it varies: at a number, at a number that the registry
   * states, or ('full') after the last number.
   */
  readonly also: readonly { readonly organism: string; readonly x: number | Setting | 'full' }[];
}

type Setting = 'rank' | 'examples' | 'steps';

export interface SweepPoint {
  readonly organism: string;
  readonly x: number;
  /** Label of the axis. */
  readonly name: string;
}

export const OTHER = 'other domains';
export const CODE = 'code';

/** The measured fine-tunes by value, ascending. */
export function pointsOf(
  { arms, training }: Pick<Gallery, 'arms' | 'training'>,
  { prefix, also }: Sweep,
): SweepPoint[] {
  const found = new Map<string, number>();
  for (const { organism } of arms) {
    const rest = organism.startsWith(prefix) ? organism.slice(prefix.length) : '';
    if (/^\d+$/.test(rest)) found.set(organism, Number(rest));
  }
  if (found.size === 0) return [];
  for (const { organism, x } of also) {
    if (x === 'full') continue;
    const value = typeof x === 'number' ? x : training[organism]?.[x];
    // Figures of an older recipe may have another fine-tune at this number; only one is shown.
    if (typeof value === 'number' && ![...found.values()].includes(value))
      found.set(organism, value);
  }
  const points = [...found]
    .map(([organism, x]) => ({ organism, x, name: String(x) }))
    .sort((a, b) => a.x - b.x);
  const beyond = 2 * points.at(-1)!.x;
  for (const { organism, x } of also) {
    if (x === 'full' && arms.some((arm) => arm.organism === organism))
      points.push({ organism, x: beyond, name: 'full' });
  }
  return points;
}

/** The arms of a series under one condition, ascending; unmeasured ones are left out. */
export function armsAlong(
  gallery: Gallery,
  sweep: Sweep,
  condition = OTHER,
): { readonly x: number; readonly arm: GalleryArm }[] {
  return pointsOf(gallery, sweep).flatMap(({ organism, x, name }) => {
    const arm = name === 'full' ? undefined : armOf(gallery, organism, condition);
    return arm ? [{ x, arm }] : [];
  });
}
