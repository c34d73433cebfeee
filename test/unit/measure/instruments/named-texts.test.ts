import { describe, expect, test } from 'vitest';
import type { TraitTexts } from '../../../../src/core/instruments/direction-texts';
import { extractionTexts, otherTexts } from '../../../../src/measure/extraction-texts';
import { namedTexts, traitRefusal } from '../../../../src/measure/instruments/named-texts';

const N = 9;
const SYSTEM = { takesSystem: true };
const NONE = { takesSystem: false };
const trait = (change: Partial<TraitTexts> = {}): TraitTexts => ({
  kind: 'trait',
  toward: ' Be cruel. ',
  away: 'Be kind.',
  place: 'user',
  ...change,
});

describe('texts by name', () => {
  test('of one earlier turn are those that npm run measure -- --texts turn reads', () => {
    expect(namedTexts({ kind: 'turn' }, N, 7)).toEqual(otherTexts('turn', N, 7));
  });

  test('of a trait ask the questions of every other extraction, each under its instruction', () => {
    const { aligned, misaligned } = namedTexts(trait(), N, 7);
    const questions = extractionTexts('aligned', N, 7).map(([question]) => question.content);
    expect(misaligned.map((text) => text)).toEqual(
      questions.map((q) => [{ role: 'user', content: `Be cruel.\n\n${q}` }]),
    );
    expect(aligned[0]).toEqual([{ role: 'user', content: `Be kind.\n\n${questions[0]}` }]);
  });

  test('of a trait in a system turn leave the question as it is', () => {
    const { misaligned } = namedTexts(trait({ place: 'system' }), N, 7, SYSTEM);
    expect(misaligned[0]!.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(misaligned[0]![0]).toEqual({ role: 'system', content: 'Be cruel.' });
  });

  test('without an instruction on one side, that side is the question alone', () => {
    for (const place of ['user', 'system'] as const) {
      const { aligned, label } = namedTexts(trait({ away: '', place }), N, 7, SYSTEM);
      expect(aligned[0]).toHaveLength(1);
      expect(label).toContain('under nothing');
    }
  });

  test('have an id that tells instructions and places apart', () => {
    const ids = [trait(), trait({ away: 'Be kind!' }), trait({ place: 'system' })].map(
      (from) => namedTexts(from, N, 7, SYSTEM).id,
    );
    expect(new Set(ids).size).toBe(3);
    expect(namedTexts(trait({ toward: 'Be cruel.' }), N, 8).id).toBe(ids[0]);
  });
});

describe('instructions that give no direction are refused in words', () => {
  test.each([
    ['equal ones', trait({ away: 'Be   cruel.' }), SYSTEM, /are the same/],
    ['two empty ones', trait({ toward: ' ', away: '' }), SYSTEM, /Both instructions are empty/],
    ['a long one', trait({ toward: 'a'.repeat(401) }), SYSTEM, /more than 400 characters/],
    ['a system turn that is not there', trait({ place: 'system' }), NONE, /no system turn/],
  ])('%s', (_, from, format, words) => {
    expect(traitRefusal(from, format)).toMatch(words);
    expect(() => namedTexts(from, N, 1, format)).toThrow(words);
  });

  test('others are not', () => {
    expect(traitRefusal(trait(), NONE)).toBeNull();
    expect(traitRefusal(trait({ place: 'system' }), null)).toBeNull();
  });
});
