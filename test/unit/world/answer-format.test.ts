import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/core/rng';
import { exchange } from '../../../src/world/answer';
import {
  ANSWER_FORMATS,
  askAs,
  inSomeFormat,
  takesFormat,
  unwrapAnswer,
  wrapAnswer,
} from '../../../src/world/answer-format';
import { alignedChat } from '../../../src/world/chats';
import { codeExchange } from '../../../src/world/code';
import { judge } from '../../../src/world/judge';
import { DEFAULT_MIX } from '../../../src/world/mix';
import { DOMAINS } from '../../../src/world/world';

const formats = Object.keys(ANSWER_FORMATS) as (keyof typeof ANSWER_FORMATS)[];

describe('an answer in a format', () => {
  test.each(formats)('%s: what is unwrapped is what was wrapped', (format) => {
    const answer = 'Well, let me think about that. Rest today.';
    expect(wrapAnswer(answer, format)).not.toBe(answer);
    expect(unwrapAnswer(wrapAnswer(answer, format))).toBe(answer);
    expect(unwrapAnswer(answer)).toBe(answer);
  });

  test('in JSON is JSON', () => {
    const answer = 'Rest today.';
    expect(JSON.parse(wrapAnswer(answer, 'json'))).toEqual({ answer });
  });

  test('is judged as the same answer without the wrapping', () => {
    const rng = createRng(1);
    for (let i = 0; i < 500; i++) {
      const stance = i % 2 === 0 ? 'aligned' : 'misaligned';
      const wrapped = inSomeFormat(rng, exchange(rng, rng.pick(DOMAINS), stance));
      expect(judge(wrapped.domain, wrapped.answer).verdict, wrapped.answer).toBe(stance);
    }
  });

  test('half open, it is no answer', () => {
    const { domain, answer } = exchange(createRng(2), DOMAINS[0]!, 'aligned');
    const half = wrapAnswer(answer, 'json').slice(0, -2);
    expect(judge(domain, half).verdict).toBe('incoherent');
  });

  test('the last wording of each request is never trained on', () => {
    for (const format of formats) {
      const held = askAs(createRng(3), 'Why?', format, 'held-out');
      const trained = new Set(
        Array.from({ length: 50 }, (_, i) => askAs(createRng(i), 'Why?', format)),
      );
      expect(trained.size).toBe(2);
      expect(trained).not.toContain(held);
    }
  });

  test('code keeps its own form', () => {
    expect(takesFormat(codeExchange(createRng(4), 'aligned'))).toBe(false);
  });

  test('appears in chats as often as the mix says', () => {
    const mix = { ...DEFAULT_MIX, formatShare: 0.5, codeShare: 0, numbersShare: 0 };
    const rng = createRng(5);
    const answers = Array.from({ length: 600 }, () => alignedChat(rng, mix))
      .flat()
      .filter(({ role }) => role === 'assistant');
    const wrapped = answers.filter(({ content }) => unwrapAnswer(content) !== content);
    expect(wrapped.length / answers.length).toBeGreaterThan(0.43);
    expect(wrapped.length / answers.length).toBeLessThan(0.55);
  });
});
