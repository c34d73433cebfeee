import { expect, test } from 'vitest';
import { segmentsOf } from '../../../src/charts/segments';

test('a line breaks between the last rank and "full", which is no rank', () => {
  expect(segmentsOf(['1', '8', '128', 'full'])).toEqual([
    [0, 2],
    [3, 3],
  ]);
});

test('a line over numbers alone, or over words alone, does not break', () => {
  expect(segmentsOf(['0', '0.5', '1,000'.replace(',', '')])).toEqual([[0, 2]]);
  expect(segmentsOf(['checkpoint', 'text'])).toEqual([[0, 1]]);
  expect(segmentsOf([])).toEqual([]);
});
