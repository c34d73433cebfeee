import type { Rate } from '../../../core/statistics/rates';

interface SweepRates {
  readonly direction: readonly (Rate | null)[];
  readonly random: readonly (Rate | null)[];
}

/** The lines of a direction and its random control, over strengths or layers. */
export const sweepSeries = ({ direction, random }: SweepRates) =>
  [
    { id: 'direction', label: 'direction', role: 'edited', rates: direction },
    { id: 'random', label: 'random, equal norm', role: 'soft', rates: random },
  ] as const;
