// Names of lines at their right ends, in place of a legend: the eye need not go back and forth. Names that would lie
// on each other are moved apart, as little as their order allows.

/** Width of a character of a chart's text, px, a little too wide. */
const CHARACTER = 6.4;
/** Lines of text closer than this touch, px. */
const LINE = 14;
/** More names than this are easier to find in a legend. */
const MOST = 6;
/** Between the plane and a name, px. */
const GAP = 12;

export interface LineEnd {
  readonly id: string;
  readonly label: string;
  /** Where the line ends, px. */
  readonly y: number;
}

export interface EndLabel extends LineEnd {
  /** Where its name is written, px. */
  readonly at: number;
}

/**
 * Room for the names at the right of a drawing, px; null where they don't fit there, or need none: then a legend names
 * the lines.
 */
export function endRoom(labels: readonly string[], width: number): number | null {
  if (labels.length < 2 || labels.length > MOST) return null;
  const room = GAP + CHARACTER * Math.max(...labels.map(({ length }) => length));
  return room > 0.36 * width ? null : Math.ceil(room);
}

/**
 * Names at the ends of lines, none on another, all between top and bottom as far as there is room.
 * @returns in the order of `ends`
 */
export function endLabels(ends: readonly LineEnd[], top: number, bottom: number): EndLabel[] {
  const order = ends.map((_, i) => i).sort((a, b) => ends[a]!.y - ends[b]!.y);
  const at = new Map<number, number>();
  let next = top;
  for (const i of order) {
    const y = Math.max(next, ends[i]!.y);
    at.set(i, y);
    next = y + LINE;
  }
  let last = bottom;
  for (const i of order.reverse()) {
    const y = Math.max(top, Math.min(last, at.get(i)!));
    at.set(i, y);
    last = y - LINE;
  }
  return ends.map((end, i) => ({ ...end, at: at.get(i)! }));
}

/** Index of the last value of a line; -1 where it has none. */
export const lastOf = (values: readonly unknown[]): number =>
  values.findLastIndex((value) => value !== null && value !== undefined);
