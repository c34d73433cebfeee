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

/** A cell of a table of rates, after two columns of names: shares with four digits. */
export const showRateCell = (value: number, column: number): string =>
  column < 2 || Number.isInteger(value) ? String(value) : value.toFixed(4);
