// What another version wrote costs itself and nothing else.

import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import {
  byName,
  fields,
  type Form,
  list,
  type Lost,
  orNull,
  versioned,
  whole,
} from '../../../../src/state/saved/form';

function read<T>(form: Form<T>, value: unknown) {
  const lost: Lost[] = [];
  return { read: form(value, lost), lost: lost.map(({ path }) => path), all: lost };
}
const TEXT = whole(v.string());
const NAMED = whole(v.object({ id: v.string() }));

describe('a list', () => {
  test('loses the entries that do not parse, and keeps their values and places', () => {
    const { read: found, all } = read(list(TEXT), ['a', 1, 'b', null]);
    expect(found).toEqual(['a', 'b']);
    expect(all.map(({ path, value }) => [path, value])).toEqual([
      ['1', 1],
      ['3', null],
    ]);
  });

  test('keeps the first of two entries with one name', () => {
    const twice = [{ id: 'a' }, { id: 'a' }, { id: 'b' }];
    const { read: found, lost } = read(
      list(NAMED, ({ id }) => id),
      twice,
    );
    expect(found).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(lost).toEqual(['1']);
  });

  test('with holes loses the holes', () => {
    const holes: unknown[] = ['a'];
    holes[2] = 'b';
    expect(read(list(TEXT), holes)).toMatchObject({ read: ['a', 'b'], lost: ['1'] });
  });

  test('that is none is lost whole', () => {
    for (const value of [null, 'a', 1, { 0: 'a' }]) {
      expect(read(list(TEXT), value)).toMatchObject({ read: undefined, lost: [''] });
    }
  });
});

describe('an object', () => {
  const form = fields<{ readonly name: string; readonly sizes: readonly string[] }>({
    name: TEXT,
    sizes: list(TEXT),
  });

  test('loses only the field of a value that is not known', () => {
    expect(read(form, { name: 3, sizes: ['a', 2] })).toMatchObject({
      read: { sizes: ['a'] },
      lost: ['name', 'sizes.1'],
    });
  });

  test('of an older version lacks a field, and nothing is lost by that', () => {
    expect(read(form, { name: 'a' })).toMatchObject({ read: { name: 'a' }, lost: [] });
  });

  test('that is none is lost whole, and null is read where it may be', () => {
    expect(read(form, ['a']).read).toBeUndefined();
    expect(read(orNull(form), null)).toMatchObject({ read: null, lost: [] });
  });

  test('with names of any kind keeps them as its own, whatever they are called', () => {
    const value: unknown = JSON.parse('{"__proto__": "a", "constructor": "b", "c": 1}');
    const { read: found, lost } = read(byName(TEXT), value);
    expect(Object.entries(found!)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect(lost).toEqual(['c']);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});

describe('a version', () => {
  const form = versioned(
    [
      (one) => ({ second: (one as { first: string }).first }),
      (two) => ({ third: (two as { second: string }).second.toUpperCase() }),
    ],
    whole(v.object({ third: v.string() })),
  );

  test('of any older kind is made the present one, which is marked', () => {
    const present = { third: 'A', version: 3 };
    expect(read(form, { first: 'a' }).read).toEqual(present);
    expect(read(form, { second: 'a', version: 2 }).read).toEqual(present);
    expect(read(form, present).read).toEqual(present);
  });

  test('that is newer, none, or cannot be made the present one is lost as it was', () => {
    for (const value of [
      { third: 'A', version: 4 },
      { third: 'A', version: 'b' },
      { third: 'A', version: 0.5 },
      { other: 1 },
      { first: 3 },
      null,
    ]) {
      const { read: found, all } = read(form, value);
      expect(found).toBeUndefined();
      expect(all).toHaveLength(1);
      expect(all[0]!.value).toBe(value);
      expect(all[0]!.why).not.toBe('');
    }
  });
});

test('a schema that throws loses the value, and nothing is thrown', () => {
  const form = whole(
    v.custom<string>(() => {
      throw new TypeError('no');
    }),
  );
  expect(read(form, 'a')).toMatchObject({ read: undefined, all: [{ why: 'no' }] });
});
