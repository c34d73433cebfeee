// Places for many small panels of one chart, all of one size (Tufte's small multiples).

export interface PanelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** In the first column: the y axis is written here. */
  readonly first: boolean;
  /** Nothing stands below: the x axis is written here. */
  readonly last: boolean;
}

export interface PanelGrid {
  readonly boxes: readonly PanelBox[];
  /** Of the whole drawing, axes included. */
  readonly height: number;
}

/** Room around the panels, px: y labels, titles above each, x labels and title below. */
export const MARGIN = { left: 40, top: 26, bottom: 42, between: 14, title: 20 };

/**
 * n panels in rows.
 * @param width of the whole drawing, px
 * @param least width of a panel before a row takes one fewer, px
 * @param panelHeight of each panel, px
 */
export function panelGrid(n: number, width: number, least: number, panelHeight: number): PanelGrid {
  const room = width - MARGIN.left - 8;
  const fit = Math.max(1, Math.floor((room + MARGIN.between) / (least + MARGIN.between)));
  const columns = Math.min(Math.max(1, n), fit);
  const panelWidth = (room - MARGIN.between * (columns - 1)) / columns;
  const step = panelHeight + MARGIN.title + 8;
  const boxes = Array.from({ length: n }, (_, i): PanelBox => {
    const left = MARGIN.left + (i % columns) * (panelWidth + MARGIN.between);
    const top = MARGIN.top + Math.floor(i / columns) * step;
    return {
      left,
      top,
      right: left + panelWidth,
      bottom: top + panelHeight,
      first: i % columns === 0,
      last: i + columns >= n,
    };
  });
  return { boxes, height: (boxes.at(-1)?.bottom ?? MARGIN.top) + MARGIN.bottom };
}
