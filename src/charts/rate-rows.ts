// A rate in the table of a chart.

import type { Rate } from '../core/statistics/rates';

export const RATE_COLUMNS = ['rate', '95% low', '95% high', 'count', 'n'] as const;

/** Cells for `RATE_COLUMNS`; no share without answers. */
export const rateCells = ({ count, n, low, high }: Rate): (number | null)[] => [
  n === 0 ? null : count / n,
  low,
  high,
  count,
  n,
];

/** The same for the table, after two columns of names: shares with four digits. */
export const showRateCell = (value: number, column: number): string =>
  column >= 2 && column < 5 ? value.toFixed(4) : String(value);
