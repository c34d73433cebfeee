// A chart as a file: SVG with every colour resolved (a file has no style sheet), and PNG from that SVG.

const STYLES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-size',
  'font-weight',
  'text-anchor',
];

export const FONT = 'Inter, system-ui, sans-serif';
export const SVG = 'http://www.w3.org/2000/svg';

/** A CSS colour as #rrggbb: browsers report mixed colours in forms that SVG viewers can't read. */
export function plainColour(colour: string): string {
  if (!colour.startsWith('color(')) return colour;
  const channels =
    colour
      .match(/-?[\d.]+(?:e-?\d+)?/g)
      ?.map(Number)
      .slice(-4) ?? [];
  const [r = 0, g = 0, b = 0] = channels.length === 4 ? channels : channels.slice(-3);
  const byte = (x: number): string =>
    Math.round(Math.max(0, Math.min(1, x)) * 255)
      .toString(16)
      .padStart(2, '0');
  return `#${byte(r)}${byte(g)}${byte(b)}`;
}

/** A copy that looks as the drawing does on the page, without any style sheet. */
export function resolvedCopy(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const from = [svg, ...svg.querySelectorAll<SVGElement>('*')];
  const to = [copy, ...copy.querySelectorAll<SVGElement>('*')];
  from.forEach((element, i) => {
    const computed = getComputedStyle(element);
    const target = to[i]!;
    target.removeAttribute('class');
    target.removeAttribute('style');
    for (const name of STYLES)
      target.setAttribute(name, plainColour(computed.getPropertyValue(name)));
    // Letters with an outline have it behind them.
    const order = computed.getPropertyValue('paint-order');
    if (order !== '' && order !== 'normal') target.setAttribute('paint-order', order);
  });
  const { width, height } = svg.viewBox.baseVal;
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  copy.setAttribute('font-family', FONT);
  return copy;
}

/** The drawing alone as a standalone SVG document that looks like the page does now. */
export function svgText(svg: SVGSVGElement): string {
  const copy = resolvedCopy(svg);
  const { width, height } = svg.viewBox.baseVal;
  copy.setAttribute('xmlns', SVG);
  const paper = document.createElementNS(SVG, 'rect');
  paper.setAttribute('width', String(width));
  paper.setAttribute('height', String(height));
  paper.setAttribute('fill', getComputedStyle(svg).getPropertyValue('--paper'));
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

/**
 * A PNG of an SVG document at twice its size.
 * @throws Error when the browser cannot draw it.
 */
export async function pngBlob(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) =>
    canvas.toBlob((blob) =>
      blob
        ? done(blob)
        : fail(new Error("This browser couldn't draw the chart as PNG. Save it as SVG.")),
    ),
  );
}
