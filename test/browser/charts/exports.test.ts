// Charts as files: what the page says around a chart is in them too, and the numbers have all their digits.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import LineChart from '../../../src/charts/LineChart.svelte';
import TokenMap from '../../../src/charts/TokenMap.svelte';
import { EXAMPLES } from '../../gallery/examples';
import WithOrigin from './WithOrigin.svelte';

let saved: Blob[] = [];
beforeEach(() => {
  saved = [];
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    saved.push(blob as Blob);
    return 'blob:none';
  });
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
});
afterEach(() => vi.restoreAllMocks());

async function save(root: Element, kind: 'SVG' | 'PNG' | 'CSV'): Promise<Blob> {
  const buttons = [...root.querySelectorAll<HTMLButtonElement>('figure footer button')];
  buttons.find(({ textContent }) => textContent === kind)!.click();
  await expect.poll(() => saved.length).toBeGreaterThan(0);
  return saved.pop()!;
}

const words = (text: string | null | undefined): string => (text ?? '').replace(/\s+/g, ' ').trim();

const CHARTS = [
  'line-chart',
  'heat-map',
  'cosine-by-layer',
  'scatter-plot',
  'token-map',
  'answer-field',
  'rate-bars',
  'rate-curve',
];

describe.each(CHARTS)('%s', (name) => {
  const shown = () => render(WithOrigin, { chart: EXAMPLES[name]! });

  test('as SVG has title, note, legend, what made it, and the link', async () => {
    const { container } = await shown();
    const text = await (await save(container, 'SVG')).text();
    const svg = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
    const said = words([...svg.querySelectorAll('text')].map((t) => t.textContent).join(' '));
    expect(said).toContain(words(container.querySelector('h3')!.textContent));
    const note = words(container.querySelector('figcaption p')?.textContent);
    expect(said).toContain(note);
    const legend = container.querySelector('.legend-place');
    for (const item of legend?.querySelectorAll('li, .end') ?? []) {
      expect(said).toContain(words(item.textContent));
    }
    // A scale without words is its boxes.
    const boxes = legend?.querySelectorAll('.bar span').length ?? 0;
    expect(svg.querySelectorAll('g > rect').length).toBeGreaterThanOrEqual(boxes);
    expect(said).toContain('Models: aligned 1234567, em 89abcde');
    expect(svg.querySelector('a')!.getAttribute('href')).toBe(
      'https://postern.example/#v=2&tab=measure',
    );
    expect(text).not.toMatch(/var\(|color-mix|color\(/);
  });

  test('as CSV names in every row what made it, and has no sign that programs do not read', async () => {
    const { container } = await shown();
    const [head, ...rows] = (await (await save(container, 'CSV')).text()).trim().split('\r\n');
    expect(head).toMatch(/,chart,made with,link$/);
    for (const row of rows) {
      expect(row).toContain('"Models: aligned 1234567, em 89abcde"');
      expect(row).not.toMatch(/(^|,)[+\u2212]\d/);
    }
  });
});

test('a PNG is twice the size of the framed drawing', async () => {
  const { container } = await render(WithOrigin, { chart: EXAMPLES['heat-map']! });
  const png = await createImageBitmap(await save(container, 'PNG'));
  const svg = await (await save(container, 'SVG')).text();
  expect(png.width).toBe(2 * Number(/width="(\d+)/.exec(svg)![1]));
});

test('a CSV has every digit of a number that the chart shows with two', async () => {
  const { container } = await render(LineChart, {
    title: 'AUC',
    xs: ['0'],
    xTitle: 'layer',
    yTitle: 'AUC',
    series: [{ id: 'a', label: 'AUC', role: 'em', values: [0.9612345] }],
  });
  expect(await (await save(container, 'CSV')).text()).toContain('0,0.9612345,AUC,,');
});

test('a token map tells the projection before the edit from the one after it', async () => {
  const { container } = await render(TokenMap, {
    title: 'Map',
    nLayers: 1,
    valueName: 'projection',
    limit: 3,
    tokens: [
      { text: 'power', values: [-1], before: [0.85] },
      { text: ' now', values: [0.2], before: null },
    ],
  });
  const csv = await (await save(container, 'CSV')).text();
  expect(csv).toContain('token,text,layer 0,"layer 0, before the edit",chart');
  expect(csv).toContain('1,power,-1,0.85,');
  expect(csv).toContain('2, now,0.2,0.2,');
});
