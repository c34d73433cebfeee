// What jinja2 3.1.6 writes, set up as transformers does; recorded by test/golden/jinja/make.py.

import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compileTemplate, strftime } from '../../../src/checkpoint/jinja';

/** A text, or the name of Python's exception. */
type Right = string | { readonly error: string };

interface Constructs {
  readonly context: Record<string, unknown>;
  readonly cases: readonly { readonly template: string; readonly right: Right }[];
}

interface Families {
  readonly chats: Record<string, unknown>;
  readonly tokens: Record<string, string>;
  readonly cases: readonly {
    readonly family: string;
    readonly chat: string;
    readonly settings: Record<string, unknown>;
    readonly right: Right;
  }[];
}

const FOLDER = resolve(import.meta.dirname, '../../golden/jinja');
const read = (name: string): unknown => JSON.parse(readFileSync(resolve(FOLDER, name), 'utf8'));
const constructs = read('constructs.json') as Constructs;
const families = read('families.json') as Families;
const sources = new Map(
  readdirSync(resolve(FOLDER, 'families')).map((name) => [
    name,
    readFileSync(resolve(FOLDER, 'families', name), 'utf8'),
  ]),
);

/** The text, or 'an error'. */
function outcome(template: string, variables: Record<string, unknown>): string {
  try {
    return compileTemplate(template)(variables, (format) => strftime('2026-03-05', format));
  } catch {
    return 'an error';
  }
}

const wanted = (right: Right): string => (typeof right === 'string' ? right : 'an error');

describe('constructs of the language', () => {
  test('there are many, and most of them are no errors', () => {
    expect(constructs.cases.length).toBeGreaterThan(300);
    expect(
      constructs.cases.filter(({ right }) => typeof right === 'string').length,
    ).toBeGreaterThan(200);
  });

  test.each(constructs.cases)('$template is as in jinja2', ({ template, right }) => {
    expect(outcome(template, constructs.context)).toBe(wanted(right));
  });
});

describe.each([...sources])('%s', (family, source) => {
  const cases = families.cases.filter((one) => one.family === family);

  test('has been recorded', () => {
    expect(cases.length).toBeGreaterThan(20);
  });

  test.each(cases)('$chat, $settings, is as in jinja2', ({ chat, settings, right }) => {
    const messages = families.chats[chat];
    const variables = { messages, tools: null, documents: null, ...families.tokens, ...settings };
    expect(outcome(source, variables)).toBe(wanted(right));
  });
});
