// Line patterns and marks, by index: they separate many series without colour.

import {
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolTriangle,
  type SymbolType,
} from 'd3';

const MARKS: readonly SymbolType[] = [
  symbolCircle,
  symbolTriangle,
  symbolSquare,
  symbolDiamond,
  symbolCross,
];
const DASHES: readonly (string | undefined)[] = [undefined, '7 4', '2 3.5', '10 3 2 3', '5 2'];

/** Outline of the mark of series `index`, around 0 0, as an SVG path of about `area` square pixels. */
export function markPath(index: number, area: number): string {
  return symbol(MARKS[index % MARKS.length], area)() ?? '';
}

/** `stroke-dasharray` of series `index`; undefined is a solid line. */
export function dashOf(index: number): string | undefined {
  return DASHES[index % DASHES.length];
}
