// The props that charts have in common.

import type { Role } from '../marks/role-style';

export interface ChartProps {
  title: string;
  /** One sentence under the title: what is drawn, in plain words. */
  note?: string | undefined;
  /** What it was made with, one line each, for files; otherwise what the page says of the view. */
  origin?: readonly string[] | undefined;
  /** Fixed width, px; otherwise the chart fills its place. */
  width?: number | undefined;
}

/** What a curve or a bar belongs to. */
export interface ChartSeries {
  readonly id: string;
  readonly label: string;
  readonly role: Role;
}

/** A horizontal line at a value that means something, such as a published one. */
export interface ReferenceLine {
  readonly value: number;
  readonly label: string;
}
