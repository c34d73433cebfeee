// A list in pieces: what is written is what changed, and what is read is what was written, whichever version of
// the page wrote it and whatever failed in between.

import { get, keys, set } from 'idb-keyval';
import * as v from 'valibot';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { setAside } from '../../../../src/state/saved';
import { type Form, type Lost, whole } from '../../../../src/state/saved/form';
import { KeptList, PIECE } from '../../../../src/state/saved/pieces';

interface Numbers {
  readonly id: number;
  readonly note: string;
  readonly numbers: readonly number[];
}
const Head = whole(v.object({ id: v.number(), note: v.string(), numbers: v.array(v.unknown()) }));
const one = whole(v.number());
/** Numbers that are none are lost alone. */
const form: Form<Numbers> = (value, lost: Lost[]) => {
  const read = Head(value, lost);
  return (
    read && { ...read, numbers: read.numbers.flatMap((x, i) => one(x, lost, `numbers.${i}`) ?? []) }
  );
};

const list = (key: string): KeptList<'numbers', number> => new KeptList(key, 'numbers');
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const read = async (key: string): Promise<Numbers | null> => list(key).read(form);
const piecesOf = async (key: string): Promise<unknown[]> =>
  (await keys<string>()).filter((name) => name.startsWith(`postern:${key}/`));

/** Entries that are written from here on. */
function entriesWritten(): () => number {
  const put = vi.spyOn(IDBObjectStore.prototype, 'put');
  onTestFinished(() => put.mockRestore());
  return () =>
    put.mock.calls
      .map(([value]) => (value as { entries?: readonly unknown[] }).entries?.length ?? 0)
      .reduce((sum, n) => sum + n, 0);
}

describe('a list in pieces', () => {
  test('is read as it was written, over the ends of pieces', async () => {
    for (const n of [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE]) {
      await list('ends').write({ id: n, note: 'x' }, upTo(n), 0);
      expect(await read('ends')).toEqual({ id: n, note: 'x', numbers: upTo(n) });
    }
  });

  test('writes only the pieces of what is new', async () => {
    const kept = list('new');
    const count = entriesWritten();
    let all: number[] = [];
    for (let block = 0; block < 100; block++) {
      const from = all.length;
      all = [...all, ...upTo(32)];
      await kept.write({ id: 1, note: '' }, all, from);
    }
    expect(await read('new')).toMatchObject({ numbers: all });
    // Of four blocks to a piece, the first writes one, the second two of them.
    expect(count()).toBe((100 / 4) * (32 + 64 + 96 + 128));
  });

  test('writes the piece of one entry that changed', async () => {
    const kept = list('changed');
    await kept.write({ id: 1, note: '' }, upTo(1000), 0);
    const count = entriesWritten();
    const changed = upTo(1000).with(300, -1);
    await kept.write({ id: 1, note: 'labelled' }, changed, 300, 301);
    expect(count()).toBe(PIECE);
    expect(await read('changed')).toEqual({ id: 1, note: 'labelled', numbers: changed });
  });

  test('that became shorter leaves no piece behind', async () => {
    const kept = list('shorter');
    await kept.write({ id: 1, note: '' }, upTo(5 * PIECE), 0);
    await kept.write({ id: 2, note: '' }, upTo(3), 0);
    expect(await piecesOf('shorter')).toHaveLength(1);
    // What comes at once after it is not deleted with them.
    void kept.write({ id: 1, note: '' }, upTo(5 * PIECE), 0);
    void kept.write({ id: 2, note: '' }, upTo(3), 0);
    await kept.write({ id: 3, note: '' }, upTo(4 * PIECE), 0);
    expect(await read('shorter')).toEqual({ id: 3, note: '', numbers: upTo(4 * PIECE) });
  });

  test('that an earlier version wrote under one key is read, and added to', async () => {
    await set('postern:old', { id: 7, note: 'n', numbers: upTo(300) });
    const kept = list('old');
    expect(await kept.read(form)).toEqual({ id: 7, note: 'n', numbers: upTo(300) });
    await kept.write({ id: 7, note: 'n' }, upTo(301), 300);
    expect(await read('old')).toEqual({ id: 7, note: 'n', numbers: upTo(301) });
  });

  test('is read up to a piece of something else, and written on from there', async () => {
    await list('other').write({ id: 1, note: '' }, upTo(3 * PIECE), 0);
    await set('postern:other/1', { id: 2, entries: upTo(PIECE) });
    const kept = list('other');
    expect(await kept.read(form)).toMatchObject({ numbers: upTo(PIECE) });
    await kept.write({ id: 1, note: '' }, upTo(3 * PIECE), 3 * PIECE - 1);
    expect(await read('other')).toMatchObject({ numbers: upTo(3 * PIECE) });
  });

  test('writes with the next what could not be written', async () => {
    const kept = list('failed');
    const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(() => {
      throw new DOMException('Full.', 'QuotaExceededError');
    });
    expect(await kept.write({ id: 1, note: '' }, upTo(200), 0)).toBe(false);
    put.mockRestore();
    expect(await kept.write({ id: 1, note: '' }, upTo(210), 200)).toBe(true);
    expect(await read('failed')).toEqual({ id: 1, note: '', numbers: upTo(210) });
  });

  test('loses what cannot be read alone, and sets it aside once', async () => {
    await list('lost').write({ id: 1, note: '' }, [0, 1, 'two' as unknown as number, 3], 0);
    expect(await read('lost')).toEqual({ id: 1, note: '', numbers: [0, 1, 3] });
    expect(await read('lost')).toEqual({ id: 1, note: '', numbers: [0, 1, 3] });
    const aside = setAside().filter(({ key }) => key === 'lost');
    expect(aside.map(({ path, value }) => [path, value])).toEqual([['numbers.2', 'two']]);
    await set('postern:lost', { version: 9 });
    expect(await read('lost')).toBeNull();
    expect(await read('lost')).toBeNull();
    expect(await get('postern:lost')).toBeUndefined();
    expect(setAside().filter(({ key }) => key === 'lost')).toHaveLength(2);
  });
});
