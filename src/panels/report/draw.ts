// Renders the page's charts for a file: a chart is drawn off screen, in the light theme, and read back as SVG,
// legend and table. So a report contains exactly the charts of the page.

import { type Component, flushSync, mount, unmount } from 'svelte';
import { svgText } from '../../charts/frame/save-chart';
import type { Postern } from '../../state/page/postern';
import WithState from './WithState.svelte';

export interface DrawnTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface DrawnFigure extends DrawnTable {
  readonly title: string;
  readonly note: string;
  /** A standalone SVG, text in it escaped. */
  readonly svg: string;
  readonly legend: readonly { readonly svg: string; readonly label: string }[];
}

/** Wide enough for every chart's labels, CSS pixels. */
export const FIGURE_WIDTH = 720;

function offScreen(): HTMLElement {
  const target = document.createElement('div');
  target.dataset['theme'] = 'light';
  target.inert = true;
  target.ariaHidden = 'true';
  Object.assign(target.style, {
    position: 'fixed',
    insetInlineStart: '-200vw',
    top: '0',
    width: `${FIGURE_WIDTH}px`,
    visibility: 'hidden',
  });
  document.body.append(target);
  return target;
}

/**
 * Renders a component off screen and reads it.
 * @returns the result of `read`
 */
async function drawn<Props extends Record<string, unknown>, T>(
  view: Component<Props>,
  props: Props,
  read: (target: HTMLElement) => T,
): Promise<T> {
  const target = offScreen();
  const component = mount(view, { target, props });
  try {
    flushSync();
    return read(target);
  } finally {
    await unmount(component);
    target.remove();
    // A report has a dozen charts, so the page renders in between.
    await new Promise((done) => setTimeout(done));
  }
}

const textOf = (element: Element | null): string =>
  element?.textContent.replace(/\s+/g, ' ').trim() ?? '';

function tableOf(table: Element | null): DrawnTable {
  const cells = (row: Element): string[] =>
    [...row.children].flatMap((cell) => [
      textOf(cell),
      ...Array<string>(Math.max(0, (cell as HTMLTableCellElement).colSpan - 1)).fill(''),
    ]);
  const head = table?.querySelector('thead tr');
  const rows = [...(table?.querySelectorAll('tbody tr') ?? [])].map(cells);
  return { columns: head ? cells(head) : [], rows };
}

function figureOf(figure: Element): DrawnFigure {
  const plot = figure.querySelector('.plot svg') as SVGSVGElement;
  const legend = [...figure.querySelectorAll('.legend-place > ul > li')].map((item) => {
    const mark = item.querySelector('svg');
    return { svg: mark ? svgText(mark) : '', label: textOf(item) };
  });
  const title = textOf(figure.querySelector('h3'));
  const note = textOf(figure.querySelector('figcaption p'));
  const svg = svgText(plot);
  figure.querySelector<HTMLButtonElement>('footer button[aria-pressed]')?.click();
  flushSync();
  return { title, note, svg, legend, ...tableOf(figure.querySelector('table')) };
}

/** A chart of the page. */
export function drawFigure<Props extends Record<string, unknown>>(
  view: Component<Props>,
  props: Props,
): Promise<DrawnFigure> {
  return drawn(view, props, (target) => figureOf(target.querySelector('figure')!));
}

/** All charts of a component that reads the page's state. */
export function drawFigures(view: Component, postern: Postern): Promise<readonly DrawnFigure[]> {
  return drawn(WithState, { view, postern }, (target) =>
    [...target.querySelectorAll('figure')].map(figureOf),
  );
}

/** A table of the page. */
export function drawTable<Props extends Record<string, unknown>>(
  view: Component<Props>,
  props: Props,
): Promise<DrawnTable> {
  return drawn(view, props, (target) => tableOf(target.querySelector('table')));
}

/** The lines of a list of the page. */
export function drawLines<Props extends Record<string, unknown>>(
  view: Component<Props>,
  props: Props,
): Promise<readonly string[]> {
  return drawn(view, props, (target) => [...target.querySelectorAll('li')].map(textOf));
}
