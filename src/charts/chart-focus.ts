// What is pointed at in one of several charts of the same things, so that the others can show it too.

export interface ChartFocus {
  /** Title of the chart that is pointed at: only that one announces the value. */
  readonly by: string;
  /** 0-based; null when no one layer is meant. */
  readonly layer: number | null;
  /** Of a series, a row, or a direction; null when no one is meant. */
  readonly id: string | null;
}

export const NO_FOCUS: ChartFocus = { by: '', layer: null, id: null };
