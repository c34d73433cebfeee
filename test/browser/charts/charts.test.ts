// How charts behave under the keyboard and the pointer, and what they save.

import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import { divergingFill, legendStops } from '../../../src/charts/marks/diverging';
import { svgText } from '../../../src/charts/frame/save-chart';
import { csvText } from '../../../src/core/csv';
import HeatMap from '../../../src/charts/HeatMap.svelte';
import LineChart from '../../../src/charts/LineChart.svelte';
import RateBars from '../../../src/charts/RateBars.svelte';
import { ROLE_STYLE } from '../../../src/charts/marks/role-style';
import Swatch from '../../../src/charts/frame/Swatch.svelte';
import HeatMapExample from '../../gallery/examples/HeatMapExample.svelte';
import LineChartExample from '../../gallery/examples/LineChartExample.svelte';
import TokenStrip from '../../../src/charts/TokenStrip.svelte';
import TokenStripExample from '../../gallery/examples/TokenStripExample.svelte';

const readout = (root: Element): string => root.querySelector('.readout')!.textContent;

test('arrow keys walk a line chart and the value is announced', async () => {
  const { container } = await render(LineChartExample);
  const live = container.querySelector('[aria-live="polite"]');
  expect(live).toBe(container.querySelector('.readout'));
  container.querySelector<HTMLElement>('.plot')!.focus();
  await userEvent.keyboard('{ArrowRight}{ArrowRight}');
  expect(readout(container)).toContain('layer 1: aligned 0.71');
  await userEvent.keyboard('{End}');
  expect(readout(container)).toContain('layer 11:');
});

test('a value that is missing is said to be missing, not drawn as zero', async () => {
  const { container } = await render(LineChartExample);
  container.querySelector<HTMLElement>('.plot')!.focus();
  await userEvent.keyboard('{Home}' + '{ArrowRight}'.repeat(5));
  expect(readout(container)).toContain('layer 5:');
  expect(readout(container)).toContain('edited no value');
});

test('values so small that all labels of the axis are the same are drawn', async () => {
  const { container } = await render(LineChart, {
    title: 'Length by layer',
    xs: ['0', '1', '2'],
    xTitle: 'layer',
    yTitle: 'length',
    series: [{ id: 'a', label: 'a', role: 'neutral' as const, values: [1e-25, 2e-25, 3e-25] }],
  });
  expect(container.querySelectorAll('path[d^="M"]').length).toBeGreaterThan(0);
});

test('arrow keys walk a heat map in two dimensions with signed values', async () => {
  const { container } = await render(HeatMapExample);
  container.querySelector<HTMLElement>('.plot')!.focus();
  await userEvent.keyboard('{Home}{ArrowDown}{ArrowRight}{ArrowRight}');
  expect(readout(container)).toBe('layer 1, layer 2: cosine +0.76');
});

test('the table view holds the numbers of the chart', async () => {
  await render(LineChartExample);
  await page.getByRole('button', { name: 'Table' }).click();
  await expect.element(page.getByRole('table')).toBeVisible();
  const cells = page
    .getByRole('cell')
    .elements()
    .map((cell) => cell.textContent);
  expect(cells).toHaveLength(12 * 4);
  expect(cells.slice(0, 2)).toEqual(['0', '0.60']);
});

test('a saved SVG carries its own colours', async () => {
  const { container } = await render(HeatMapExample);
  const text = svgText(container.querySelector('.plot svg')!);
  expect(text).toContain('xmlns="http://www.w3.org/2000/svg"');
  expect(text).not.toMatch(/var\(|color-mix|color\(/);
});

test('fields of a CSV with commas, quotes or line breaks are quoted', () => {
  expect(csvText(['a', 'b'], [['x,y', 'say "no"']])).toBe('a,b\r\n"x,y","say ""no"""\r\n');
  // A minus sign is for people, a hyphen for programs; in words it stays.
  expect(csvText(['a', 'b'], [['−0.35', '− and +']])).toBe('a,b\r\n-0.35,− and +\r\n');
});

test('the scale diverges around zero and saturates', () => {
  expect(divergingFill(0, 2)).toContain(' 0%');
  expect(divergingFill(-1, 2)).toContain('--scale-neg) 50%');
  expect(divergingFill(9, 2)).toBe(divergingFill(2, 2));
  expect(divergingFill(Number.NaN, 2)).toBe('transparent');
  expect(legendStops(3)[10]).toBe(0);
});

test('walking the tokens of an answer announces the projection of each', async () => {
  const { container } = await render(TokenStripExample);
  container.querySelector<HTMLElement>('.strip')!.focus();
  await userEvent.keyboard('{ArrowRight}');
  const live = container.querySelector('[aria-live="polite"]')!;
  expect(live.textContent).toBe('I: +2.73 at layer 4');
  await expect.poll(() => container.querySelector('.pop svg')).not.toBeNull();
  await userEvent.keyboard('{Escape}');
  await expect.poll(() => container.querySelector('.pop')).toBeNull();
});

test('a token that an edit moved is shaded by what the edit left, with a thin mark of what it found', async () => {
  const { container } = await render(TokenStrip, {
    label: 'Edited',
    layer: 0,
    limit: 3,
    tokens: [
      { text: 'power', values: [-1], before: [0.85] },
      { text: ' now', values: [0.2], before: null },
    ],
  });
  const [moved, left] = [...container.querySelectorAll<HTMLElement>('.token')];
  expect(moved!.getAttribute('style')).toMatch(/background-color: .*--scale-neg/);
  expect(moved!.getAttribute('style')).toMatch(/box-shadow: .*--scale-pos/);
  expect(left!.getAttribute('style')).not.toContain('box-shadow');
  container.querySelector<HTMLElement>('.strip')!.focus();
  await userEvent.keyboard('{ArrowRight}');
  expect(container.querySelector('[aria-live="polite"]')!.textContent).toBe(
    'power: −1.00, before the edit +0.85 at layer 0',
  );
});

const inPlace = (width: number): HTMLElement => {
  const place = document.createElement('div');
  place.style.width = `${width}px`;
  return document.body.appendChild(place);
};
const drawnWidth = (root: Element): number =>
  root.querySelector<SVGSVGElement>('.plot > svg')!.viewBox.baseVal.width;

test('a chart is drawn as wide as its place, and again where that changes', async () => {
  const target = inPlace(700);
  const { container } = await render(
    LineChart,
    { title: 'Wide', xs: ['0', '1'], xTitle: 'layer', yTitle: 'length', series: [] },
    { baseElement: target },
  );
  await expect.poll(() => drawnWidth(container)).toBe(700);
  target.style.width = '333px';
  await expect.poll(() => drawnWidth(container)).toBe(333);
  // Hidden, it has no width; it is not drawn again for that.
  target.style.display = 'none';
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  expect(drawnWidth(container)).toBe(333);
});

test('names beside bars need 340 pixels, and a heat map is at most 440 wide', async () => {
  const bars = await render(
    RateBars,
    { title: 'Narrow', groups: ['misaligned'], arms: [] },
    { baseElement: inPlace(200) },
  );
  await expect.poll(() => drawnWidth(bars.container)).toBe(340);
  const map = await render(
    HeatMap,
    {
      ...{ title: 'Map', values: [[1]], rowNames: ['0'], columnNames: ['0'] },
      ...{ rowTitle: 'layer', columnTitle: 'layer', valueName: 'cosine', limit: 1 },
    },
    { baseElement: inPlace(900) },
  );
  await expect.poll(() => drawnWidth(map.container)).toBe(440);
});

test('the legend shows each line with the colour and the dashes that it has in the chart', async () => {
  // Too narrow for names at the ends of the lines.
  const { container } = await render(LineChart, {
    title: 'Projection',
    xs: ['0', '1'],
    xTitle: 'layer',
    yTitle: 'projection',
    width: 200,
    series: (['aligned', 'em', 'edited'] as const).map((role) => ({
      id: role,
      label: `model, ${role}`,
      role,
      values: [0, 1],
    })),
  });
  const look = (line: Element): string[] => [
    getComputedStyle(line).stroke,
    getComputedStyle(line).strokeDasharray,
  ];
  const legend = [...container.querySelectorAll('ul line')].map(look);
  expect(legend).toEqual([...container.querySelectorAll('.plot path')].map(look));
  expect(new Set(legend.map(([, dash]) => dash)).size).toBe(3);
  const heading = await render(Swatch, ROLE_STYLE.em);
  expect(look(heading.container.querySelector('line')!)[1]).toBe(legend[1]![1]);
});
