// Chat templates that were handed over beside the repository; skipped where they are not there.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ChatTemplate } from '../../src/checkpoint/chat-template';
import { type ChatMessage, PLAIN_CHAT } from '../../src/core/chat';

interface Case {
  readonly template: string;
  readonly chat: readonly ChatMessage[];
  readonly add_generation_prompt: boolean;
  readonly right: string;
}

const CASES = resolve(import.meta.dirname, '../../../shared/cases');
const TEMPLATES = resolve(CASES, 'faults/templates');
const SLOW = resolve(CASES, 'hostile/chat_template-slow.jinja');
const EXPECTED = resolve(TEMPLATES, 'expected.json');
const cases = existsSync(EXPECTED)
  ? (JSON.parse(readFileSync(EXPECTED, 'utf8')) as readonly Case[])
  : [];
const read = (file: string): ChatTemplate =>
  new ChatTemplate({ tokenizerConfig: {}, jinja: readFileSync(file, 'utf8') }, 'config.json');

describe.skipIf(cases.length === 0)('templates that were handed over', () => {
  test('are there', () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  test.each(cases)('$template writes what jinja2 writes', (one) => {
    const template = read(resolve(TEMPLATES, one.template));
    expect(template.render(one.chat, one.add_generation_prompt, PLAIN_CHAT)).toBe(one.right);
  });

  test.each(cases.filter(({ chat }) => chat.at(-1)?.role === 'assistant'))(
    '$template keeps every character of an answer',
    ({ template, chat }) => {
      const answer = read(resolve(TEMPLATES, template)).answer(chat, PLAIN_CHAT);
      expect(answer.content).toBe(chat.at(-1)!.content);
    },
  );
});

test.skipIf(!existsSync(SLOW))('a slow template that was handed over is refused', () => {
  expect(() => read(SLOW)).toThrow('does not come to an end');
});
