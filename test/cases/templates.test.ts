// Chat templates that were handed over beside the repository; skipped where they are not there.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ChatTemplate } from '../../src/checkpoint/chat-template';
import { type ChatMessage, PLAIN_CHAT } from '../../src/core/chat';
import { handedOver } from './handed-over';

interface Case {
  readonly template: string;
  readonly chat: readonly ChatMessage[];
  readonly add_generation_prompt: boolean;
  readonly right: string;
}

const TEMPLATES = handedOver('faults/templates');
const SLOW = handedOver('hostile/chat_template-slow.jinja');
const cases = TEMPLATES
  ? (JSON.parse(readFileSync(resolve(TEMPLATES, 'expected.json'), 'utf8')) as readonly Case[])
  : [];
const read = (file: string): ChatTemplate =>
  new ChatTemplate({ tokenizerConfig: {}, jinja: readFileSync(file, 'utf8') }, 'config.json');

describe.skipIf(cases.length === 0)('templates that were handed over', () => {
  test('are there', () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  test.each(cases)('$template writes what jinja2 writes', (one) => {
    const template = read(resolve(TEMPLATES!, one.template));
    expect(template.render(one.chat, one.add_generation_prompt, PLAIN_CHAT)).toBe(one.right);
  });

  test.each(cases.filter(({ chat }) => chat.at(-1)?.role === 'assistant'))(
    '$template keeps every character of an answer',
    ({ template, chat }) => {
      const answer = read(resolve(TEMPLATES!, template)).answer(chat, PLAIN_CHAT);
      expect(answer.content).toBe(chat.at(-1)!.content);
    },
  );
});

test.skipIf(!SLOW)('a slow template that was handed over is refused', () => {
  expect(() => read(SLOW!)).toThrow('does not come to an end');
});
