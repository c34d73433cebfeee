// What a person points at in one of several charts of the same things, so that the others show it too.

export interface ChartFocus {
  /** Title of the chart under the pointer: only this chart announces the value. */
  readonly by: string;
  /** 0-based; null when no single layer is meant. */
  readonly layer: number | null;
  /** Id of a series, a row or a direction; null when no single one is meant. */
  readonly id: string | null;
}

export const NO_FOCUS: ChartFocus = { by: '', layer: null, id: null };
