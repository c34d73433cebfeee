// What a legend lists. Most charts make it from their series: `{ label, ...ROLE_STYLE[role] }`.

/** How a kind of mark looks. */
export interface SwatchLook {
  /** A CSS colour of line and mark. */
  readonly stroke?: string;
  /** `stroke-dasharray`; undefined is a solid line. */
  readonly dash?: string | undefined;
  /** Index of the mark's outline (`markPath`). */
  readonly mark?: number;
  /** A line that `ChartFrame` styles, in place of `stroke`. */
  readonly line?: 'control' | 'mark';
  /** A band behind the line, styled by `ChartFrame`. */
  readonly band?: 'band' | 'chance';
}

export interface LegendItem extends SwatchLook {
  readonly label: string;
  /** Another item is pointed at. */
  readonly faint?: boolean;
}
