// What a chart was made with, for files that leave the page. A chart may bring its own lines; the link, and the lines of
// the others, come from the page around it.

import { getContext, hasContext, setContext } from 'svelte';

export interface ChartOrigin {
  /** Models, direction, seed, program: one line each, for people. */
  readonly lines: readonly string[];
  /** The address that opens this view; null: no link can carry it. */
  readonly link: string | null;
}

const KEY = Symbol('chart origin');

const NONE: ChartOrigin = { lines: [], link: null };

/** @param origin asked when a chart is saved */
export const provideChartOrigin = (origin: () => ChartOrigin): void => {
  setContext(KEY, origin);
};

/** The origin that the page gives; without a page around it a chart has none. */
export const useChartOrigin = (): (() => ChartOrigin) =>
  hasContext(KEY) ? getContext<() => ChartOrigin>(KEY) : () => NONE;
