// Where dots lie, how they are found again under the pointer, and where keys lead.

import { describe, expect, test } from 'vitest';
import {
  dotAt,
  type DotLook,
  type FieldDot,
  layOut,
  pathOf,
  PITCH,
  walkField,
} from '../../../src/charts/answer-field';

const BOX = { left: 100, right: 700, top: 60 };
const dot = (row: number, column: number, look: DotLook = 'aligned'): FieldDot => ({
  row,
  column,
  look,
});
/** 2,000 dots in three rows and twelve columns, row by row in turn. */
const many = Array.from({ length: 2000 }, (_, i) => dot(i % 3, Math.floor(i / 3) % 12));

describe('the layout of a field', () => {
  test('no two dots overlap, and each lies in its own cell', () => {
    const { places, rows, columns } = layOut(many, 3, 12, BOX, 0);
    const taken = new Set(places.map(({ x, y }) => `${x} ${y}`));
    expect(taken.size).toBe(many.length);
    many.forEach(({ row, column }, i) => {
      const { x, y } = places[i]!;
      expect(x).toBeGreaterThan(columns[column]!.left);
      expect(x).toBeLessThan(columns[column]!.left + columns[column]!.width + PITCH);
      expect(y).toBeGreaterThan(rows[row]!.top);
      expect(y).toBeLessThan(rows[row]!.top + rows[row]!.height);
    });
  });

  test('a dot stays where it is while others join it, and the field does not grow', () => {
    const half = layOut(many.slice(0, 1000), 3, 12, BOX, 56);
    const whole = layOut(many, 3, 12, BOX, 56);
    expect(whole.places.slice(0, 1000)).toEqual(half.places);
    expect(whole.bottom).toBe(half.bottom);
  });

  test('columns narrower than a dot still hold theirs, one below the other', () => {
    const { places } = layOut([dot(0, 0), dot(0, 0)], 1, 60, { left: 0, right: 300, top: 0 }, 0);
    expect(places[1]!.x).toBe(places[0]!.x);
    expect(places[1]!.y).toBe(places[0]!.y + PITCH);
  });
});

test('the dot under the pointer is the nearest within reach, and there is none between the rows', () => {
  const { places } = layOut(many, 3, 12, BOX, 0);
  for (const i of [0, 7, 1234, 1999]) {
    expect(dotAt(places, places[i]!.x + 2, places[i]!.y - 2)).toBe(i);
  }
  expect(dotAt(places, 20, 20)).toBeNull();
});

test('a look has one outline for each of its dots and none of another look', () => {
  const dots = [dot(0, 0), dot(0, 0, 'misaligned'), dot(0, 1)];
  const { places } = layOut(dots, 1, 2, BOX, 0);
  expect(pathOf(dots, places, 'aligned').match(/M/g)).toHaveLength(2);
  expect(pathOf(dots, places, 'misaligned').match(/M/g)).toHaveLength(1);
  expect(pathOf(dots, places, 'mixed')).toBe('');
});

describe('keys', () => {
  // Row 0: two dots in column 0, one in column 1. Row 1: one dot in column 1.
  const dots = [dot(0, 1), dot(1, 1), dot(0, 0), dot(0, 0)];

  test('left and right walk a row cell by cell and stop at its ends', () => {
    expect(walkField('ArrowRight', null, dots)).toBe(2);
    expect(walkField('ArrowRight', 2, dots)).toBe(3);
    expect(walkField('ArrowRight', 3, dots)).toBe(0);
    expect(walkField('ArrowRight', 0, dots)).toBe(0);
    expect(walkField('Home', 0, dots)).toBe(2);
    expect(walkField('End', 2, dots)).toBe(0);
  });

  test('up and down go to the same place of the next row, or to its last dot', () => {
    expect(walkField('ArrowDown', 3, dots)).toBe(1);
    expect(walkField('ArrowUp', 1, dots)).toBe(2);
    expect(walkField('ArrowUp', 2, dots)).toBe(2);
    expect(walkField('ArrowDown', 1, dots)).toBe(1);
  });

  test('a field without dots has nowhere to go', () => {
    expect(walkField('ArrowRight', null, [])).toBeNull();
  });
});
