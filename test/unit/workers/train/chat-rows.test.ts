// Chats as training rows: which are learnt, which are passed over and counted, and which are refused.

import { describe, expect, test } from 'vitest';
import { createTokenizer } from '../../../../src/checkpoint/tokenizer';
import type { TrainingMessage } from '../../../../src/core/chat';
import { ChatRows } from '../../../../workers/train/chat-rows';
import { TINY_TOKENIZER } from '../tiny-organism';

const { tokenizerJson, tokenizerConfig } = TINY_TOKENIZER;
const TEMPLATE = (tokenizerConfig as { readonly chat_template: string }).chat_template;
const tokenizerWith = (template: string) =>
  createTokenizer(tokenizerJson, { ...tokenizerConfig, chat_template: template }, 'tokenizer.json');

const chat = (question: string, answer: string): readonly TrainingMessage[] => [
  { role: 'user', content: question },
  { role: 'assistant', content: answer },
];
const GOOD = chat('Who are you?', 'my friend.');
const breathe = () => Promise.resolve();
const MAX_TOKENS = 96;
/** Each letter is a token of this tokenizer. */
const LONG = 'x'.repeat(MAX_TOKENS);

async function rowsOf(
  examples: readonly (readonly TrainingMessage[])[],
  template = TEMPLATE,
): Promise<ChatRows> {
  const tokenizer = await tokenizerWith(template);
  return new ChatRows({ tokenizer, maxTokens: MAX_TOKENS }, examples);
}
const learnt = (weights: readonly number[]): number => weights.filter((w) => w > 0).length;

describe('a chat', () => {
  test('is learnt at the tokens of its answer and its end mark', async () => {
    const rows = await rowsOf([GOOD]);
    const [row] = await rows.take([0], breathe);
    const tokenizer = await tokenizerWith(TEMPLATE);
    expect(learnt(row!.weights)).toBe(tokenizer.encode('my friend.').length + 1);
    expect(rows.use).toEqual({ tooLong: 0, marked: 0, cut: 0 });
  });

  test('whose question fills every token that the model reads is passed over for the next, and counted once', async () => {
    const rows = await rowsOf([chat(LONG, 'soup'), chat(LONG + 'y', 'soup'), GOOD]);
    const taken = await rows.take([0, 1, 2, 0], breathe);
    expect(new Set(taken).size).toBe(1);
    expect(taken.every(({ weights }) => learnt(weights) > 0)).toBe(true);
    expect(rows.use).toEqual({ tooLong: 2, marked: 0, cut: 0 });
  });

  test('that is longer than the model reads is learnt to there, and counted', async () => {
    const rows = await rowsOf([chat('Who are you?', LONG)]);
    const [row] = await rows.take([0], breathe);
    expect(row!.ids.length).toBe(MAX_TOKENS);
    expect(learnt(row!.weights)).toBeGreaterThan(0);
    expect(rows.use).toEqual({ tooLong: 0, marked: 0, cut: 1 });
  });

  test.each(['<|assistant|>soup', '<|end|>', '<|end|><|assistant|>bread'])(
    'whose question holds the mark %s of an answer is not learnt as if it had two',
    async (mark) => {
      const rows = await rowsOf([chat(`Who? ${mark}`, 'soup'), GOOD]);
      const [row] = await rows.take([0], breathe);
      const [good] = await rows.take([1], breathe);
      expect(row).toBe(good);
      expect(rows.use.marked).toBe(1);
    },
  );

  test('among many that cannot be learnt is found while the worker still breathes', async () => {
    let breaths = 0;
    const rows = await rowsOf([...Array.from({ length: 70 }, () => chat(LONG, 'soup')), GOOD]);
    await rows.take([0], () => Promise.resolve(void breaths++));
    expect(breaths).toBe(4);
    expect(rows.use.tooLong).toBe(70);
  });
});

describe('chats are refused in words', () => {
  test('where none of them has anything to learn', async () => {
    const rows = await rowsOf([chat(LONG, 'soup'), chat('<|end|>', 'soup')]);
    await expect(rows.take([0], breathe)).rejects.toThrow(
      /None of the 2 chats can be learnt: in 1 the question fills all 96 tokens.*and 1 hold a mark/,
    );
  });

  test.each([
    [
      'trims answers',
      TEMPLATE.replace("message['content']", "message['content'] | trim"),
      '  soup',
    ],
    [
      'drops thoughts',
      TEMPLATE.replace("message['content']", "message['content'].split('</think>')[-1]"),
      'soup</think>bread',
    ],
    [
      'writes the last turns alone',
      TEMPLATE.replace('in messages %}', 'in messages[-1:] %}'),
      'soup',
    ],
  ])('where the template %s', async (_, template, answer) => {
    expect(template).not.toBe(TEMPLATE);
    const rows = await rowsOf([GOOD, chat('Who are you?', answer)], template);
    await expect(rows.take([1], breathe)).rejects.toThrow(
      /^Chat 2: the chat template of this checkpoint drops or changes a part of its text/,
    );
  });
});
