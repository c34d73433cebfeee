// The frame of a chart that leaves the page: its title, note, legend or colour scale, what made it, and a link
// around the drawing. A file is read away from the page, so it has to say all that the page says around the chart.

import type { ChartOrigin } from './chart-origin';
import { FONT, plainColour, resolvedCopy, SVG } from './save-chart';

export interface FramedChart {
  readonly svg: SVGSVGElement;
  readonly title: string;
  readonly note: string;
  /** The legend as the page shows it; null: the chart has none. */
  readonly legend: HTMLElement | null;
  readonly origin: ChartOrigin;
}

const PAD = 16;
/** Narrow drawings get room for the words around them, px. */
const LEAST_WIDTH = 420;
const GAP = 8;

interface TextLook {
  readonly size: number;
  readonly weight?: number;
  readonly fill: string;
}

/** Lines of a text that are at most `width` px wide. */
function wrapped(text: string, width: number, { size, weight = 400 }: TextLook): string[] {
  const context = document.createElement('canvas').getContext('2d')!;
  context.font = `${weight} ${size}px ${FONT}`;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && context.measureText(longer).width > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line === '' ? lines : [...lines, line];
}

function make<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | number>>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** The legend's swatches, coloured boxes and words where the page has them, from the legend's corner at 0 0. */
function legendMarks(legend: HTMLElement): {
  readonly marks: SVGElement[];
  readonly height: number;
} {
  const marks: SVGElement[] = [];
  const boxes = [...legend.children].map((child) => child.getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  const visit = (node: Node): void => {
    if (node instanceof Text) {
      if (node.data.trim() === '') return;
      const range = document.createRange();
      range.selectNodeContents(node);
      const { left: x, top: y, height } = range.getBoundingClientRect();
      const look = getComputedStyle(node.parentElement!);
      const size = Number.parseFloat(look.fontSize);
      const text = make('text', {
        x: x - left,
        y: y - top + height / 2 + 0.35 * size,
        'font-size': size,
        fill: plainColour(look.color),
      });
      text.textContent = node.data.trim().replace(/\s+/g, ' ');
      marks.push(text);
    } else if (node instanceof SVGSVGElement) {
      const { left: x, top: y } = node.getBoundingClientRect();
      const copy = resolvedCopy(node);
      copy.setAttribute('x', String(x - left));
      copy.setAttribute('y', String(y - top));
      marks.push(copy);
    } else if (node instanceof HTMLElement) {
      const { backgroundColor } = getComputedStyle(node);
      const { left: x, top: y, width, height } = node.getBoundingClientRect();
      if (
        node.childNodes.length === 0 &&
        width > 0 &&
        !/, 0\)$|transparent/.test(backgroundColor)
      ) {
        const fill = plainColour(backgroundColor);
        marks.push(make('rect', { x: x - left, y: y - top, width, height, fill }));
      }
      node.childNodes.forEach(visit);
    }
  };
  legend.childNodes.forEach(visit);
  return { marks, height: Math.max(...boxes.map((box) => box.bottom)) - top };
}

/** The chart with its frame as a standalone SVG document that looks like the page does now. */
export function framedSvg({ svg, title, note, legend, origin }: FramedChart): string {
  const style = getComputedStyle(svg);
  const [paper, ink, soft] = ['--paper', '--ink', '--ink-soft'].map((name) =>
    style.getPropertyValue(name),
  ) as [string, string, string];
  const drawing = svg.viewBox.baseVal;
  const inner = Math.max(LEAST_WIDTH, drawing.width);
  const content: SVGElement[] = [];
  let y = PAD;
  const write = (text: string, look: TextLook, link: string | null = null): void => {
    for (const line of wrapped(text, inner, look)) {
      y += Math.round(1.35 * look.size);
      const { size, weight = 400, fill } = look;
      const element = make('text', {
        x: PAD,
        y: y - 0.3 * size,
        'font-size': size,
        'font-weight': weight,
        fill,
      });
      element.textContent = line;
      if (link === null) content.push(element);
      else {
        const anchor = make('a', { href: link });
        anchor.append(element);
        content.push(anchor);
      }
    }
  };
  write(title, { size: 15, weight: 600, fill: ink });
  write(note, { size: 12, fill: soft });
  y += GAP;
  if (legend?.firstElementChild) {
    const { marks, height } = legendMarks(legend);
    const group = make('g', { transform: `translate(${PAD} ${y})` });
    group.append(...marks);
    content.push(group);
    y += height + GAP;
  }
  const copy = resolvedCopy(svg);
  copy.setAttribute('x', String(PAD));
  copy.setAttribute('y', String(y));
  copy.setAttribute('overflow', 'visible');
  content.push(copy);
  y += drawing.height + GAP;
  for (const line of origin.lines) write(line, { size: 10, fill: soft });
  if (origin.link !== null) {
    // The settings in the fragment are long: they are in the link itself.
    write(origin.link.split('#')[0]!, { size: 10, fill: soft }, origin.link);
  }
  const [width, height] = [inner + 2 * PAD, y + PAD];
  const whole = make('svg', {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    'font-family': FONT,
  });
  whole.append(make('rect', { width, height, fill: paper }), ...content);
  return new XMLSerializer().serializeToString(whole);
}
