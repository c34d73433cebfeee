import { expect, test } from 'vitest';
import { describePace } from '../../../../src/state/train/describe-pace';

test('a slow step is said in seconds, never as no steps a second', () => {
  expect(describePace(22_000, 189_000)).toBe('22 s a step, about 3 minutes left');
  expect(describePace(4_700, 94_000)).toBe('4.7 s a step, about 94 s left');
  expect(describePace(120, null)).toBe('0.12 s a step');
});

test('nothing is said before the first step, and no time left at the end', () => {
  expect(describePace(null, null)).toBe('');
  expect(describePace(900, 900)).toBe('0.90 s a step');
});
