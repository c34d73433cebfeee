// Where cosines by layer are drawn: one panel while the lines can be told apart, else a small panel for
// each line, all on the same scales.

import { scaleLinear } from 'd3';
import type { ChartSeries } from './frame/chart-props';
import { MARGIN, type PanelBox, panelGrid } from './small-multiples';

export interface CosineSeries extends ChartSeries {
  /** One value a layer; null where a vector is zero. */
  readonly values: readonly (number | null)[];
}

/** A curve in a panel. `style`: index of its dashes and its mark among those of the panel. */
export interface CosineLine {
  readonly series: CosineSeries;
  readonly style: number;
}

export interface CosinePanels {
  /** A panel for each line. */
  readonly small: boolean;
  readonly panels: readonly { readonly box: PanelBox; readonly lines: readonly CosineLine[] }[];
  /** The drawing's, px. */
  readonly height: number;
}

/**
 * @param most lines that share one panel
 * @param end room at the right of one panel, for names of lines, px
 */
export function cosinePanels(
  series: readonly CosineSeries[],
  width: number,
  most: number,
  end = 0,
): CosinePanels {
  const small = series.length > most;
  const groups = small
    ? series.map((one) => [{ series: one, style: 0 }])
    : [series.map((one, style) => ({ series: one, style }))];
  const { boxes, height } = small
    ? panelGrid(groups.length, width, width < 500 ? 128 : 158, 110)
    : panelGrid(1, width - end, 128, 200);
  return { small, panels: groups.map((lines, i) => ({ box: boxes[i]!, lines })), height };
}

/** Lowest cosine on the axis: a little below zero, or the whole range where a value needs it. */
export function lowestCosine(series: readonly CosineSeries[]): number {
  const values = series.flatMap(({ values }) => values);
  return values.some((value) => value !== null && value < -0.3) ? -1 : -0.3;
}

/** Scales of one panel: layer and cosine to px. */
export function cosineScales(box: PanelBox, nLayers: number, low: number) {
  return {
    x: scaleLinear([0, Math.max(1, nLayers - 1)], [box.left + 6, box.right - 6]),
    y: scaleLinear([low, 1], [box.bottom, box.top]),
  };
}

/** Index of the panel at a place in the drawing, its title and edges included; -1 where there is none. */
export function panelAt(
  { panels }: CosinePanels,
  { x, y }: { readonly x: number; readonly y: number },
): number {
  return panels.findIndex(
    ({ box }) =>
      x >= box.left - 2 && x <= box.right + 2 && y >= box.top - MARGIN.title && y <= box.bottom + 4,
  );
}
