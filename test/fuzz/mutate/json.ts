// Hostile JSON from a valid text: values of other kinds and sizes, names that mean something to JavaScript, deep
// nesting, repeated keys.

import type { Rng } from '../../../src/core/rng';
import { mutateBytes } from './bytes';
import { bytesOf, mutateText, textOf } from './text';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Stands in a text for what is no value of JavaScript's, such as 10,000 lists in one another. */
const PLACE = '\u0001place';

const VALUES: readonly Json[] = [
  null,
  true,
  '',
  0,
  -1,
  0.5,
  1e308,
  2 ** 31,
  2 ** 53,
  'a'.repeat(5000),
  '(a+)+$',
  '__proto__',
  '../../x.safetensors',
  '\ud800',
  [],
  {},
  [[[[]]]],
  { toString: 1 },
  Array.from({ length: 300 }, (_, i) => i),
  `${PLACE}0`,
  `${PLACE}1`,
  `${PLACE}2`,
  `${PLACE}3`,
  `${PLACE}4`,
  `${PLACE}5`,
];

/** What is put in each place. */
const TEXTS: readonly string[] = [
  '['.repeat(10_000) + ']'.repeat(10_000),
  '{"a":'.repeat(3000) + '1' + '}'.repeat(3000),
  '1e999',
  '-0',
  '{"__proto__":{"polluted":1},"a":1,"a":2,"constructor":{"prototype":{"polluted":1}}}',
  'NaN',
];

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  'x',
  '',
  '0',
  '-1',
];

const MARKS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u0000',
  'null',
  '1e9999',
  '"a":1,',
  '\n',
];

/** A JSON text with one to three of its values replaced, left out, doubled, swapped or given a hostile name. */
function mutateValues(rng: Rng, text: string): string {
  const root = JSON.parse(text) as Record<string, Json>;
  for (let n = 1 + rng.int(3); n > 0; n--) {
    let at = root;
    // Down a random way; more often than not to a leaf.
    for (;;) {
      const keys = Object.keys(at);
      if (keys.length === 0) break;
      const key = rng.pick(keys);
      const inside = at[key]!;
      if (typeof inside === 'object' && inside !== null && rng.chance(0.85)) {
        at = inside as Record<string, Json>;
        continue;
      }
      change(rng, at, key);
      break;
    }
  }
  const out = JSON.stringify(root);
  return out.replace(/"\\u0001place(\d)"/g, (_, place: string) => TEXTS[Number(place)]!);
}

/** Also for names that an assignment would not make a key of. */
function define(object: object, key: string, value: Json): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function change(rng: Rng, parent: Record<string, Json>, key: string): void {
  const value = structuredClone(parent[key]!);
  switch (rng.int(6)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      return;
    case 1:
      if (Array.isArray(parent)) parent.push(value);
      else define(parent, rng.pick(NAMES), rng.chance(0.5) ? value : { polluted: 1 });
      return;
    case 2: {
      const other = rng.pick(Object.keys(parent));
      const kept = parent[other]!;
      parent[other] = value;
      parent[key] = kept;
      return;
    }
    case 3:
      if (typeof value === 'number')
        parent[key] = rng.pick([-value, value + 1, value * 1000, value / 3]);
      else if (typeof value === 'string') parent[key] = textOf(mutateBytes(rng, bytesOf(value)));
      else parent[key] = [value];
      return;
    default:
      parent[key] = structuredClone(rng.pick(VALUES));
  }
}

/** A broken JSON text: of its values by turns, and of its characters. */
export function mutateJson(rng: Rng, valid: string): string {
  switch (rng.int(4)) {
    case 0:
      return textOf(mutateBytes(rng, bytesOf(valid)));
    case 1:
      return mutateText(rng, valid, MARKS);
    default:
      return mutateValues(rng, valid);
  }
}

/** Lines of JSON, of which one or a few are broken, or all are repeated. */
export function mutateLines(rng: Rng, valid: string): string {
  if (rng.chance(0.2)) return textOf(mutateBytes(rng, bytesOf(valid)));
  const lines = valid.split('\n');
  for (let n = 1 + rng.int(2); n > 0; n--) {
    const at = rng.int(lines.length);
    if (lines[at] !== '') lines[at] = safely(() => mutateJson(rng, lines[at]!), lines[at]!);
  }
  return rng.chance(0.1) ? lines.join('\n').repeat(1 + rng.int(50)) : lines.join('\n');
}

/** A line that is broken already, or nested too deep, has no values to change. */
function safely(make: () => string, otherwise: string): string {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    return otherwise;
  }
}
