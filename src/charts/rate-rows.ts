// A rate in the table of a chart.

import type { Rate } from '../core/statistics/rates';

export const RATE_COLUMNS = ['rate', '95% low', '95% high', 'count', 'n'] as const;

/** Cells for `RATE_COLUMNS`; shares with four digits, no share without answers. */
export const rateCells = ({ count, n, low, high }: Rate): (string | number)[] => [
  n === 0 ? '' : (count / n).toFixed(4),
  low.toFixed(4),
  high.toFixed(4),
  count,
  n,
];
