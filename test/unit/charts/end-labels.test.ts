import { describe, expect, test } from 'vitest';
import { endLabels, endRoom, lastOf } from '../../../src/charts/end-labels';

const end = (id: string, y: number) => ({ id, label: id, y });
const placesOf = (ys: readonly number[], top = 0, bottom = 200): number[] =>
  endLabels(
    ys.map((y, i) => end(String(i), y)),
    top,
    bottom,
  ).map(({ at }) => at);

describe('names at the ends of lines', () => {
  test('are at their lines where there is room', () => {
    expect(placesOf([20, 80, 50])).toEqual([20, 80, 50]);
  });

  test('never lie upon each other, and keep the order of their lines', () => {
    const ys = [100, 101, 99, 102, 60];
    const places = placesOf(ys);
    const byLine = ys.map((y, i) => ({ y, at: places[i]! })).sort((a, b) => a.y - b.y);
    for (let i = 1; i < byLine.length; i++) {
      expect(byLine[i]!.at - byLine[i - 1]!.at).toBeGreaterThanOrEqual(14);
    }
  });

  test('stay inside the plane: lines that all end at its bottom have their names above it', () => {
    const places = placesOf([198, 199, 200], 0, 200);
    expect(Math.max(...places)).toBe(200);
    expect([...places].sort((a, b) => a - b)).toEqual([172, 186, 200]);
  });
});

describe('a legend takes the place of names at line ends', () => {
  test('for one line, which the title names, and for more lines than can be told apart', () => {
    expect(endRoom(['loss'], 900)).toBeNull();
    expect(
      endRoom(
        Array.from({ length: 7 }, () => 'a'),
        900,
      ),
    ).toBeNull();
  });

  test('where the names would take more than a third of the drawing', () => {
    expect(endRoom(['misaligned', 'incoherent'], 640)).toBeGreaterThan(64);
    expect(endRoom(['misaligned', 'aligned model, misaligned'], 340)).toBeNull();
  });
});

test('a line with a gap at its end is named at its last value', () => {
  expect(lastOf([1, 2, null])).toBe(1);
  expect(lastOf([null, null])).toBe(-1);
});
