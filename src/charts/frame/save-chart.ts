// A chart as a file: SVG with every colour resolved (a file has no style sheet), and PNG from that SVG.

const STYLES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-size',
  'text-anchor',
];

/** A CSS colour as #rrggbb: browsers report mixed colours in forms that SVG viewers can't read. */
function plainColour(colour: string): string {
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

/** The chart as a standalone SVG document that looks like the page does now. */
export function svgText(svg: SVGSVGElement): string {
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
  });
  const { width, height } = svg.viewBox.baseVal;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  copy.setAttribute('font-family', 'Inter, system-ui, sans-serif');
  const paper = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  paper.setAttribute('width', String(width));
  paper.setAttribute('height', String(height));
  paper.setAttribute('fill', getComputedStyle(svg).getPropertyValue('--paper'));
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

/**
 * A PNG of the chart at twice its size.
 * @throws Error when the browser cannot draw it.
 */
export async function pngBlob(svg: SVGSVGElement): Promise<Blob> {
  const { width, height } = svg.viewBox.baseVal;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(svg))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * 2;
  canvas.height = height * 2;
  canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) =>
    canvas.toBlob((blob) =>
      blob
        ? done(blob)
        : fail(new Error("This browser couldn't draw the chart as PNG. Save it as SVG.")),
    ),
  );
}
