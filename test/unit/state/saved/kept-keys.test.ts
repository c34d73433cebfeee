// The tests of what other versions kept go through a list of keys: a key of the sources that the list lacks fails here.

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { describeSetAside } from '../../../../src/state/saved/set-aside';
import { KEPT_KEYS } from '../kept-keys';

const STATE = resolve(import.meta.dirname, '../../../../src/state');
const texts = readdirSync(STATE, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(STATE, name), 'utf8'));

const found = (pattern: RegExp): string[] =>
  texts.flatMap((text) => [...text.matchAll(pattern)].map(([, key]) => key!));

test('every key of the sources is in the list, and no other', () => {
  const plain = [
    ...found(/\bconst (?:\w+_)?KEY = '([\w-]+)'/g),
    ...found(/\b(?:read|write|merge)Saved\(\s*'([\w-]+)'/g),
  ];
  const runs = [
    ...found(/\bsuper\(parts, '([\w-]+)'/g),
    ...found(/\bnew MeasureRun(?:<\w+>)?\(\s*\w+,\s*'([\w-]+)'/g),
  ];
  expect(runs.length).toBeGreaterThan(5);
  const all = [...plain, ...runs.flatMap((key) => [`${key}-plan`, `${key}-answers`])];
  expect([...new Set(all)].sort()).toEqual([...KEPT_KEYS].sort());
});

test.each(KEPT_KEYS)('what is set aside of "%s" has words for people', (key) => {
  expect(describeSetAside([{ key }])).not.toContain(`"${key}"`);
  expect(describeSetAside([{ key }, { key }])).toMatch(/^2 [a-z]/);
});
