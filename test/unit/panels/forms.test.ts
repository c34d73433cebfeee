// Enter in a text field sends its form only where the form has a button that submits (HTML, "implicit
// submission": with two such fields and no such button, nothing happens). So every form has one, whatever
// of it is shown. In the browsers themselves: test/browsers.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parse, type AST } from 'svelte/compiler';
import { describe, expect, test } from 'vitest';

const SOURCES = resolve(import.meta.dirname, '../../../src');

type Node = AST.Fragment['nodes'][number];

const has = (attributes: AST.RegularElement['attributes'], name: string, text?: string): boolean =>
  attributes.some(
    (one) =>
      one.type === 'Attribute' &&
      one.name === name &&
      (text === undefined ||
        (Array.isArray(one.value) &&
          one.value.some((part) => 'data' in part && part.data === text))),
  );

/** Whether a button that submits is there in every case. */
function alwaysSubmits(nodes: readonly Node[]): boolean {
  return nodes.some((node) => {
    if (node.type === 'IfBlock') {
      const { consequent, alternate } = node;
      return (
        alternate !== null && alwaysSubmits(consequent.nodes) && alwaysSubmits(alternate.nodes)
      );
    }
    if (node.type === 'Component' && node.name === 'Button') return has(node.attributes, 'submits');
    if (node.type === 'RegularElement' && node.name === 'button')
      return has(node.attributes, 'type', 'submit');
    return node.type === 'RegularElement' && alwaysSubmits(node.fragment.nodes);
  });
}

/** Every form of a component, wherever it stands. */
function formsOf(value: unknown): AST.RegularElement[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(formsOf);
  const node = value as Partial<AST.RegularElement>;
  const inside = Object.values(value).flatMap(formsOf);
  return node.type === 'RegularElement' && node.name === 'form'
    ? [node as AST.RegularElement, ...inside]
    : inside;
}

const parsed = (source: string): AST.RegularElement[] =>
  formsOf(parse(source, { modern: true }).fragment);

const components = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.svelte'))
  .map((path) => join(SOURCES, path));

describe('Enter sends', () => {
  const withForms = components
    .map((path) => [relative(SOURCES, path), parsed(readFileSync(path, 'utf8'))] as const)
    .filter(([, forms]) => forms.length > 0);

  test.each(withForms)('the form of %s, whatever of it is shown', (_, forms) => {
    expect(forms.map(({ fragment }) => alwaysSubmits(fragment.nodes))).toEqual(
      forms.map(() => true),
    );
  });

  test('every form is found, the question box among them', () => {
    expect(withForms.map(([path]) => path)).toContain(
      join('panels', 'answers', 'PromptLine.svelte'),
    );
    expect(withForms.length).toBeGreaterThan(3);
  });
});

test.each([
  ['a plain button', '<form><button type="button">Ask</button></form>', false],
  ['a button that submits', '<form><div><button type="submit">Ask</button></div></form>', true],
  ['the page’s own button', '<form><Button onclick={ask}>Ask</Button></form>', false],
  ['the page’s own button that submits', '<form><Button submits>Ask</Button></form>', true],
  [
    'one that is there in one case only',
    '<form>{#if idle}<Button submits>Ask</Button>{:else}<Button>Stop</Button>{/if}</form>',
    false,
  ],
  [
    'one in either case',
    '<form>{#if idle}<Button submits>Ask</Button>{:else}<Button submits>Send</Button>{/if}</form>',
    true,
  ],
])('a form with %s is told apart', (_, source, sends) => {
  expect(parsed(source).map(({ fragment }) => alwaysSubmits(fragment.nodes))).toEqual([sends]);
});
