import { describe, expect, test } from 'vitest';
import {
  cosinePanels,
  cosineScales,
  lowestCosine,
  panelAt,
} from '../../../src/charts/cosine-layout';

const series = (n: number, values: readonly (number | null)[] = [0.5]) =>
  Array.from({ length: n }, (_, i) => ({
    ...{ id: `d${i}`, label: `direction ${i}`, role: 'em' as const },
    values,
  }));

describe('cosines by layer', () => {
  test('share one panel up to the most, each with dashes and a mark of its own', () => {
    const { small, panels } = cosinePanels(series(5), 560, 5);
    expect(small).toBe(false);
    expect(panels).toHaveLength(1);
    expect(panels[0]!.lines.map(({ style }) => style)).toEqual([0, 1, 2, 3, 4]);
  });

  test('have a panel each beyond the most, all alike', () => {
    const { small, panels, height } = cosinePanels(series(6), 560, 5);
    expect(small).toBe(true);
    expect(panels.map(({ lines }) => lines.map((line) => line.series.id))).toEqual(
      series(6).map(({ id }) => [id]),
    );
    expect(panels.every(({ lines }) => lines[0]!.style === 0)).toBe(true);
    expect(height).toBeGreaterThan(panels.at(-1)!.box.bottom);
  });

  test('show the whole range of signs only where a value needs it', () => {
    expect(lowestCosine(series(2, [0.9, null, -0.2]))).toBe(-0.3);
    expect(lowestCosine([...series(2), ...series(1, [null, -0.4])])).toBe(-1);
    expect(lowestCosine(series(1, [null]))).toBe(-0.3);
  });

  test('are found under the pointer, with the layer', () => {
    const drawn = cosinePanels(series(12), 560, 5);
    drawn.panels.forEach(({ box }, i) => {
      expect(panelAt(drawn, { x: (box.left + box.right) / 2, y: box.top + 1 })).toBe(i);
      const { x, y } = cosineScales(box, 8, -1);
      expect(x.invert(x(5))).toBeCloseTo(5, 10);
      expect([y(1), y(-1)]).toEqual([box.top, box.bottom]);
    });
    expect(panelAt(drawn, { x: 2, y: 2 })).toBe(-1);
  });
});
