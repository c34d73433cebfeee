// Two clouds with their means, dot rows, small multiples, gaps of a heat map, names at line ends.

import { afterEach, expect, test, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import HeatMap from '../../../src/charts/HeatMap.svelte';
import LineChart from '../../../src/charts/LineChart.svelte';
import ScatterPlot from '../../../src/charts/ScatterPlot.svelte';
import CloudsExample from '../../gallery/examples/CloudsExample.svelte';
import RateGridExample from '../../gallery/examples/RateGridExample.svelte';
import ValueRowsExample from '../../gallery/examples/ValueRowsExample.svelte';

afterEach(() => vi.restoreAllMocks());

const readout = (root: Element): string => root.querySelector('.readout')!.textContent;
const moving = (root: Element): Animation[] =>
  root.querySelector('.plot')!.getAnimations({ subtree: true });

test('the arrow leads from the first mean to the edge of the second one’s mark', async () => {
  const { container } = await render(CloudsExample);
  const means = [...container.querySelectorAll<SVGGraphicsElement>('.mean')].map((mark) =>
    mark.getBoundingClientRect(),
  );
  const shaft = container.querySelector('.shaft')!.getBoundingClientRect();
  const head = container.querySelector('.head')!.getBoundingClientRect();
  const middle = (box: DOMRect): number => box.left + box.width / 2;
  expect(shaft.left).toBeCloseTo(middle(means[0]!), 0);
  expect(head.right).toBeGreaterThan(shaft.right);
  expect(middle(means[1]!) - head.right).toBeGreaterThan(5);
  expect(middle(means[1]!) - head.right).toBeLessThan(14);
  const labels = [...container.querySelectorAll('text.label')].map((text) => text.textContent);
  expect(labels).toEqual(['mean: aligned model', 'mean: fine-tune']);
});

const props = (story: string) => ({
  title: 'Clouds',
  xTitle: 'along',
  yTitle: 'across',
  story,
  kinds: [
    { id: 'a', label: 'a', colour: 'black', shape: 0 },
    { id: 'b', label: 'b', colour: 'black', shape: 1 },
  ],
  points: [
    { x: 0, y: 0, kind: 'a', shape: 0, hollow: false, says: 'one' },
    { x: 1, y: 0, kind: 'b', shape: 1, hollow: false, says: 'two' },
  ],
  means: [
    { x: 0, y: 0, kind: 'a', label: 'mean a' },
    { x: 1, y: 0, kind: 'b', label: 'mean b' },
  ] as const,
});

test('points, means and arrow appear in turn, once for a story', async () => {
  const first = await render(ScatterPlot, props('told once'));
  await expect
    .poll(() => moving(first.container).some(({ playState }) => playState === 'running'))
    .toBe(true);
  const delays = (selector: string): number[] =>
    [...first.container.querySelectorAll<SVGElement>(selector)].map((mark) =>
      Number(mark.dataset['at']),
    );
  expect(Math.max(...delays('.part'))).toBeLessThan(Math.min(...delays('g[data-at]:not(.part)')));
  expect(Math.max(...delays('g[data-at]:not(.part)'))).toBeLessThan(Math.min(...delays('.shaft')));
  await first.unmount();
  const second = await render(ScatterPlot, props('told once'));
  expect(moving(second.container)).toEqual([]);
});

test('who asked for less motion sees the end at once', async () => {
  vi.spyOn(globalThis, 'matchMedia').mockImplementation(
    (query) => ({ matches: query.includes('reduce') }) as MediaQueryList,
  );
  const { container } = await render(ScatterPlot, props('told to nobody'));
  expect(moving(container)).toEqual([]);
  expect(container.querySelectorAll('path.point')).toHaveLength(2);
  expect(container.querySelector('.shaft')).not.toBeNull();
});

test('a cell without a value is crossed out, and the legend says what that means', async () => {
  const { container } = await render(HeatMap, {
    title: 'Cosines',
    values: [
      [1, 0],
      [0, null],
    ],
    rowNames: ['0', '1'],
    columnNames: ['0', '1'],
    rowTitle: 'layer',
    columnTitle: 'layer',
    valueName: 'cosine',
    limit: 1,
  });
  expect(container.querySelectorAll('.plot path.missing')).toHaveLength(1);
  expect(container.querySelector('.legend-place')!.textContent).toContain('no value');
  // Zero is a value.
  expect(container.querySelectorAll('.plot rect[style*="transparent"]')).toHaveLength(1);
});

const lines = (width: number) => ({
  title: 'Lines',
  xs: ['0', '1'],
  xTitle: 'layer',
  yTitle: 'cosine',
  width,
  series: [
    { id: 'a', label: 'insecure code', role: 'em' as const, values: [0.1, 0.5] },
    { id: 'b', label: 'secure code', role: 'soft' as const, values: [0.2, 0.51] },
  ],
});

test('lines are named at their ends where there is room, else in a legend, never in both', async () => {
  const wide = await render(LineChart, lines(640));
  const ends = [...wide.container.querySelectorAll<SVGTextElement>('text.end')];
  expect(ends.map((text) => text.textContent)).toEqual(['insecure code', 'secure code']);
  expect(wide.container.querySelector('.legend-place li')).toBeNull();
  const [a, b] = ends.map((text) => text.getBoundingClientRect());
  expect(a!.top >= b!.bottom - 1 || b!.top >= a!.bottom - 1).toBe(true);
  const narrow = await render(LineChart, lines(240));
  expect(narrow.container.querySelector('text.end')).toBeNull();
  expect(narrow.container.querySelectorAll('.legend-place li')).toHaveLength(2);
});

test('a row of dots says every value, and one that was never measured says so', async () => {
  const { container } = await render(ValueRowsExample);
  container.querySelector<HTMLElement>('.plot')!.focus();
  await userEvent.keyboard('{ArrowDown}');
  expect(readout(container)).toBe(
    'insecure code, misaligned: shipped 34.0%, seed 7 56.0%, seed 8 72.0%',
  );
  await userEvent.keyboard('{ArrowDown}');
  expect(readout(container)).toContain('seed 8 none');
  // Five dots, and none where there is no value.
  expect(container.querySelectorAll('.plot circle.dot')).toHaveLength(5);
  expect(container.querySelector('.plot')!.textContent).toContain('34.0% to 72.0%');
});

test('small multiples have one row in every panel, and a gap where nothing was measured', async () => {
  const { container } = await render(RateGridExample);
  expect(container.querySelectorAll('.plot path.interval')).toHaveLength(5);
  container.querySelector<HTMLElement>('.plot')!.focus();
  await userEvent.keyboard('{ArrowDown}');
  expect(readout(container)).toMatch(
    /^Aligned model, steered along it, as it is: 1\.0% .*; incoherent 2\.0%/,
  );
  await userEvent.keyboard('{End}');
  expect(readout(container)).toBe('Insecure code, without it, latent 12 (persona): not measured');
});
