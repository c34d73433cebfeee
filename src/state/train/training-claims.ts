// Rates of a training on other topics, with the last few points joined so that their intervals are narrow enough.

import type { TrainingPoint } from './training-measure';

/** Number of joined points. */
export const ROLLING = 3;

/** The counts of each point with those of the points before it, `ROLLING` together. */
export function rolledBroad(points: readonly TrainingPoint[]): readonly TrainingPoint['broad'][] {
  return points.map((_, i) =>
    points
      .slice(Math.max(0, i + 1 - ROLLING), i + 1)
      .map(({ broad }) => broad)
      .reduce((sum, { misaligned, incoherent, n }) => ({
        misaligned: sum.misaligned + misaligned,
        incoherent: sum.incoherent + incoherent,
        n: sum.n + n,
      })),
  );
}
