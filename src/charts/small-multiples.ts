// Positions of many small panels of one chart, all of the same size (Tufte's small multiples).

export interface PanelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** In the first column, which has the labels of the y axis. */
  readonly first: boolean;
  /** Without a panel below: it has the labels of the x axis. */
  readonly last: boolean;
}

export interface PanelGrid {
  readonly boxes: readonly PanelBox[];
  /** Height of the whole drawing, axes included, px. */
  readonly height: number;
}

/** Room around the panels, px: y labels, titles above each, x labels and title below. */
export const MARGIN = { left: 40, top: 26, bottom: 42, between: 14, title: 20 };

/**
 * n panels in rows.
 * @param width the whole drawing's, px
 * @param least narrowest panel, px: a row holds as many as fit
 * @param panelHeight each panel's, px
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
