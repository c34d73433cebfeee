import { describe, expect, test } from 'vitest';
import { type ChatMessage, PLAIN_CHAT } from '../../../../src/core/chat';
import { promptIds, readingOf, scoredOf } from '../../../../workers/run/conversation';
import { FAMILIES, familyOf, familyTokenizer } from '../../checkpoint/chat-families';

const QUESTION: ChatMessage = { role: 'user', content: 'How do I cook the rice?' };
const ANSWER = 'Rinse it first.';
const CHAT: readonly ChatMessage[] = [QUESTION, { role: 'assistant', content: ANSWER }];

describe.each(FAMILIES)('a conversation in the format of $name', (family) => {
  test('answer-mean pools the content and nothing else', async () => {
    const tokenizer = await familyTokenizer(family);
    const { ids, start, end } = readingOf(tokenizer, CHAT, 'answer-mean');
    expect(tokenizer.decode(ids.slice(start, end))).toBe(ANSWER);
  });

  test('last-prompt pools the last token of the prompt, with an answer or without', async () => {
    const tokenizer = await familyTokenizer(family);
    const prompt = promptIds(tokenizer, [QUESTION]);
    for (const transcript of [CHAT, [QUESTION]]) {
      const { ids, start, end } = readingOf(tokenizer, transcript, 'last-prompt');
      expect(ids).toEqual(prompt);
      expect([start, end]).toEqual([prompt.length - 1, prompt.length]);
    }
    expect(tokenizer.decode(prompt).endsWith(family.header)).toBe(true);
  });

  test('scored are the content and its end marker', async () => {
    const tokenizer = await familyTokenizer(family);
    const { ids, start } = scoredOf(tokenizer, CHAT);
    expect(tokenizer.decode(ids.slice(start))).toBe(ANSWER + family.endMarker);
    expect(ids.slice(0, start)).toEqual(promptIds(tokenizer, [QUESTION]));
  });

  test('settings reach the prompt, the reading and the score alike', async () => {
    const tokenizer = await familyTokenizer(family);
    const settings = { ...PLAIN_CHAT, system: 'You are the rice.' };
    const prompt = promptIds(tokenizer, [QUESTION], settings);
    expect(tokenizer.decode(prompt)).toContain('You are the rice.');
    expect(readingOf(tokenizer, CHAT, 'last-prompt', settings).ids).toEqual(prompt);
    for (const { ids, start } of [
      readingOf(tokenizer, CHAT, 'answer-mean', settings),
      scoredOf(tokenizer, CHAT, settings),
    ]) {
      expect(ids.slice(0, start)).toEqual(prompt);
    }
  });
});

test('a transcript without an answer has nothing to pool or to score', async () => {
  const tokenizer = await familyTokenizer(familyOf('Qwen2.5'));
  expect(() => readingOf(tokenizer, [QUESTION], 'answer-mean')).toThrow('no answer');
  expect(() => scoredOf(tokenizer, [QUESTION])).toThrow('no answer');
  expect(() => promptIds(tokenizer, CHAT)).toThrow('question is empty');
});
