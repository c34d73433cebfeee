// Where a chart with two axes has room for their labels, and the labels of its ticks.

import type { ScaleLinear } from 'd3';

export interface Tick {
  /** Position in the drawing, px. */
  readonly at: number;
  readonly label: string;
}

/** A drawing and the edges of its plane, px. */
export interface PlaneBox {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * @param left room for the labels of the y axis, px
 * @param end room at the right, for names of lines, px
 */
export function planeBox(width: number, height: number, left = 44, end = 12): PlaneBox {
  return { width, height, left, top: 26, right: width - end, bottom: height - 42 };
}

/** About `count` round values of a scale. `digits`: as many ticks as decide the digits of the labels. */
export function ticksOf(scale: ScaleLinear<number, number>, count: number, digits = count): Tick[] {
  const label = scale.tickFormat(digits);
  return scale.ticks(count).map((value) => ({ at: scale(value), label: label(value) }));
}
