// A place that is looked for, by a lesson or the presenter view, must be in the page: nothing else would tell.

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PLACES } from '../../../src/panels/places';

const SOURCES = resolve(import.meta.dirname, '../../../src');

const sources = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(svelte|ts|css)$/.test(path) && !path.endsWith('places.ts'))
  .map((path) => readFileSync(join(SOURCES, path), 'utf8'));

const found = (pattern: RegExp): Set<string> =>
  new Set(
    sources.flatMap((text) =>
      [...text.matchAll(pattern)].map(([, ...names]) => names.find((name) => name !== undefined)!),
    ),
  );

/** `data-place="x"`, `data-place={... ? 'x' : undefined}`, `place="x"` of a control, and `place: 'x'` in a list. */
const placed = found(/(?<!\[)\b(?:data-)?place(?:=(?:"|\{[^}]*\? ')|: ')([\w-]+)/g);
/** `findPlace('x')`, and a style for `[data-place='x']`. */
const sought = found(/findPlace\('([\w-]+)'\)|\[data-place='([\w-]+)'\]/g);

describe('places', () => {
  test('in the table are those in the page', () => {
    expect([...placed].sort()).toEqual(Object.keys(PLACES).sort());
  });

  test('that a style or a function looks for are in the table', () => {
    expect(sought.size).toBeGreaterThan(0);
    for (const name of sought) expect(Object.keys(PLACES)).toContain(name);
  });

  test('are found by name alone: no component looks for an element by a class of another', () => {
    const classes = found(/document\.querySelector[^(]*\(\s*['"`]([^'"`]*\.[\w-]+[^'"`]*)/g);
    expect([...classes]).toEqual([]);
  });
});
