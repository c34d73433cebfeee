import type { Rate } from '../../../core/statistics/rates';

interface SweepRates {
  readonly direction: readonly (Rate | null)[];
  readonly random: readonly (Rate | null)[];
}

/** The lines of a layer sweep, on the page and in the lab report. */
export const sweepSeries = ({ direction, random }: SweepRates) =>
  [
    { id: 'direction', label: 'direction', role: 'edited', rates: direction },
    { id: 'random', label: 'random, equal norm', role: 'soft', rates: random },
  ] as const;
