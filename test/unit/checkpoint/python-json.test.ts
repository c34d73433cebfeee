// NaN and infinities as Python's json module writes them.

import { expect, test } from 'vitest';
import { withoutPythonNumbers } from '../../../src/checkpoint/python-json';

const plain = (json: string): unknown => {
  const found = withoutPythonNumbers(json, () => 'null');
  return found === null ? null : JSON.parse(found);
};

test('numbers that JSON lacks are found wherever a value stands, and never in a text', () => {
  expect(plain('{"a": NaN, "b": [Infinity,-Infinity], "c": "NaN"}')).toEqual({
    a: null,
    b: [null, null],
    c: 'NaN',
  });
  expect(plain('NaN')).toBeNull();
  expect(plain('["\\"NaN", "\\\\", NaN, "-Infinity\\\\\\""]')).toEqual([
    '"NaN',
    '\\',
    null,
    '-Infinity\\"',
  ]);
});

test('a JSON without them is left as it is, also one that is broken', () => {
  for (const json of ['{"a": "NaN"}', '', '"NaN', '{"a": 1', '"\\"']) {
    expect(withoutPythonNumbers(json, () => 'null')).toBeNull();
  }
});

test('a text of 30 MB is stepped over', () => {
  const json = `["${'a\\"'.repeat(10_000_000)}", NaN]`;
  expect((plain(json) as unknown[])[1]).toBeNull();
});
