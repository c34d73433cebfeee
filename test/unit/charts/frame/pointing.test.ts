import { describe, expect, test } from 'vitest';
import { nearestOf, stepAlong } from '../../../../src/charts/frame/pointing';

describe('keys that walk along values', () => {
  test('start at the end they come from and stop at the other', () => {
    expect(stepAlong('ArrowRight', null, 3)).toBe(0);
    expect(stepAlong('ArrowLeft', null, 3)).toBe(3);
    expect(stepAlong('ArrowRight', 3, 3)).toBe(3);
    expect(stepAlong('ArrowLeft', 0, 3)).toBe(0);
    expect(stepAlong('Home', 2, 3)).toBe(0);
    expect(stepAlong('End', 2, 3)).toBe(3);
  });

  test('up and down do nothing, or what the chart says', () => {
    expect(stepAlong('ArrowDown', 1, 3)).toBe(1);
    expect(stepAlong('ArrowUp', 1, 3)).toBe(1);
    expect(stepAlong('ArrowDown', 1, 3, { down: 'next' })).toBe(2);
    expect(stepAlong('ArrowUp', 1, 3, { down: 'next' })).toBe(0);
    expect(stepAlong('ArrowDown', 1, 3, { down: 'back' })).toBe(0);
    expect(stepAlong('ArrowUp', null, 3, { down: 'back' })).toBe(0);
  });

  test('find nothing where there are no values', () => {
    for (const key of ['Home', 'End', 'ArrowLeft', 'ArrowRight', 'ArrowDown']) {
      expect(stepAlong(key, null, -1, { down: 'next' }), key).toBeNull();
    }
  });
});

test('the pointer picks the nearest position, the first of two as near', () => {
  expect(nearestOf([10, 20, 40], 29)).toBe(1);
  expect(nearestOf([10, 20, 40], 31)).toBe(2);
  expect(nearestOf([10, 20], 15)).toBe(0);
  expect(nearestOf([], 15)).toBeNull();
});
