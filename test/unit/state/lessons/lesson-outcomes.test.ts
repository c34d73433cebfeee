import { describe, expect, test } from 'vitest';
import { rateOf } from '../../../../src/core/statistics/rates';
import { sayAgain, sayDose } from '../../../../src/state/lessons/lesson-outcomes';

describe('the words after a second run', () => {
  test('say that the rate is another one only where it is', () => {
    expect(sayAgain(rateOf(4, 8), rateOf(2, 8))).toBe(
      'First 4 of 8 were misaligned, now 2 of 8: the same models, another rate.',
    );
    expect(sayAgain(rateOf(4, 8), rateOf(4, 8))).toBe(
      'Both times 4 of 8 were misaligned. That is luck: 4 of 8 fits any rate from 21.5% to 78.5%, so the next run may well differ.',
    );
  });

  test('compare rates, not counts', () => {
    expect(sayAgain(rateOf(4, 8), rateOf(12, 24))).toMatch(/^Both times 12 of 24/);
    expect(sayAgain(rateOf(4, 8), rateOf(4, 24))).toMatch(/another rate/);
  });

  test('say the one run where the other is gone, and nothing without any', () => {
    expect(sayAgain(null, rateOf(4, 8))).toBe(
      'These 8 answers: 4 of 8 misaligned, which fits any rate from 21.5% to 78.5%.',
    );
    expect(sayAgain(rateOf(4, 8), null)).toBe('');
  });
});

describe('the words after a dose-response', () => {
  test('say whether twice as much misaligned twice as often', () => {
    expect(sayDose(rateOf(12, 24), rateOf(14, 24))).toMatch(
      /^At the middle strength: 50\.0% .* At twice that: 58\.3% .* did not misalign twice as often\.$/,
    );
    expect(sayDose(rateOf(6, 24), rateOf(12, 24))).toMatch(/at least twice as often here\.$/);
    expect(sayDose(null, rateOf(1, 24))).toBe('');
  });
});
