// The charts that compare: by keyboard, with what they point at told to the others.

import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import { panelGrid } from '../../../src/charts/small-multiples';
import CosineByLayerExample from '../../gallery/examples/CosineByLayerExample.svelte';
import ScatterPlotExample from '../../gallery/examples/ScatterPlotExample.svelte';
import TokenMapExample from '../../gallery/examples/TokenMapExample.svelte';

const readout = (root: Element): string => root.querySelector('.readout')!.textContent;
const focus = (root: Element): void => root.querySelector<HTMLElement>('.plot')!.focus();

test('cosines are walked by layer and by direction, the control beside each', async () => {
  const { container } = await render(CosineByLayerExample);
  focus(container);
  await userEvent.keyboard('{Home}{ArrowRight}');
  expect(readout(container)).toBe('layer 1, fine-tune 1: cosine +0.85; benign control −0.05');
  await userEvent.keyboard('{ArrowDown}{ArrowRight}');
  expect(readout(container)).toContain('layer 2, fine-tune 2: cosine no value');
  await userEvent.keyboard('{ArrowDown}{ArrowDown}');
  expect(readout(container)).toMatch(/^layer 2, benign control: cosine [+−][\d.]+$/);
});

test('up to five directions share a panel, twelve have one each, on the same scale', async () => {
  const few = await render(CosineByLayerExample, { n: 5 });
  expect(few.container.querySelectorAll('svg rect.chance').length).toBe(1 + 1);
  await few.unmount();
  const many = await render(CosineByLayerExample, { n: 12 });
  const bands = [...many.container.querySelectorAll('.plot rect.chance')];
  expect(bands).toHaveLength(12);
  const heights = bands.map((band) => Number(band.getAttribute('height')).toFixed(6));
  expect(new Set(heights).size).toBe(1);
  expect(many.container.querySelectorAll('.plot path.control')).toHaveLength(12);
});

test('panels neither overlap nor leave the drawing, at any width', () => {
  for (const width of [240, 358, 560, 1400]) {
    const { boxes, height } = panelGrid(12, width, 128, 104);
    boxes.forEach((box, i) => {
      expect(box.right).toBeLessThanOrEqual(width);
      expect(box.bottom).toBeLessThan(height);
      expect(box.right - box.left).toBeGreaterThanOrEqual(128);
      for (const other of boxes.slice(i + 1)) {
        expect(box.right <= other.left || other.right <= box.left || box.bottom < other.top).toBe(
          true,
        );
      }
    });
  }
});

test('points are walked from left to right, and only those of the kind that is picked', async () => {
  const { container } = await render(ScatterPlotExample);
  focus(container);
  await userEvent.keyboard('{Home}');
  expect(readout(container)).toMatch(/^transcript \d+: −0\.\d{3} along, [+−]\d\.\d{3} across$/);
  await page.getByRole('button', { name: 'misaligned answers' }).click();
  expect(container.querySelectorAll('.part.faint path.point')).toHaveLength(12);
  focus(container);
  await userEvent.keyboard('{Home}');
  // Misaligned transcripts have even numbers.
  expect(Number(/\d+/.exec(readout(container))![0]) % 2).toBe(0);
});

test('an answer is walked by token and by layer, and one not read is said so', async () => {
  const { container } = await render(TokenMapExample);
  focus(container);
  await userEvent.keyboard('{Home}{ArrowDown}{ArrowRight}');
  expect(readout(container)).toBe('token 2 of 16, would, layer 1: +2.89');
  await userEvent.keyboard('{ArrowRight}{ArrowRight}');
  expect(readout(container)).toBe('token 4 of 16, good, layer 1: no value');
  await userEvent.keyboard('{End}');
  expect(readout(container)).toContain('token 16 of 16');
});

test('a map of 400 tokens at 24 layers is at most one mark a shade', async () => {
  const { default: TokenMap } = await import('../../../src/charts/TokenMap.svelte');
  const tokens = Array.from({ length: 400 }, (_, i) => ({
    text: `t${i}`,
    values: Array.from({ length: 24 }, (_, layer) => 3 * Math.sin(i + layer)),
  }));
  const { container } = await render(TokenMap, {
    title: 'Long',
    tokens,
    nLayers: 24,
    valueName: 'projection',
    limit: 3,
  });
  const paths = [...container.querySelectorAll('.plot svg path')];
  expect(paths.length).toBeLessThanOrEqual(61);
  const cells = paths.reduce((sum, path) => sum + path.getAttribute('d')!.split('M').length - 1, 0);
  expect(cells).toBe(400 * 24);
});
