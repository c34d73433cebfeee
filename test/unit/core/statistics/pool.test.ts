import { describe, expect, test } from 'vitest';
import {
  differences,
  growth,
  pool,
  type PoolArm,
  type PoolCounts,
  type PoolEntry,
  totalOf,
} from '../../../../src/core/statistics/pool';
import { createRng, shuffle } from '../../../../src/core/rng';
import { wilson } from '../../../../src/core/statistics/stats';

const counts = (misaligned: number, n: number): PoolCounts => ({
  aligned: n - misaligned,
  misaligned,
  mixed: 0,
  offTopic: 0,
  incoherent: 0,
  unscored: 0,
});
const em = (misaligned: number, n: number, edit = 'as trained'): PoolArm => ({
  id: 'em',
  label: 'EM',
  settings: { checkpoint: 'insecure-code 01234567', edit },
  counts: counts(misaligned, n),
});
let made = 0;
const entry = (
  seed: number,
  arms: readonly PoolArm[],
  change: Partial<PoolEntry> = {},
): PoolEntry => ({
  id: `entry ${++made}`,
  participant: `participant ${made}`,
  settings: { questions: 'report', judge: 'exact' },
  seed,
  arms,
  ...change,
});

/** A room of every kind of case: new seeds, the same seed shorter and longer, others' settings. */
function classResults(rng = createRng(7)): PoolEntry[] {
  return Array.from({ length: 30 }, () => {
    const n = 24 * (1 + rng.int(3));
    return entry(1 + rng.int(12), [em(rng.int(n), n), em(rng.int(n), n, 'cap')], {
      settings: { questions: rng.pick(['report', 'selection']), judge: 'exact' },
    });
  });
}
/** What is counted, whatever the order. */
const sums = (entries: readonly PoolEntry[]) =>
  pool(entries)
    .flatMap(({ settings, arms }) =>
      arms.map((arm) => ({ settings, of: arm.settings, counts: arm.counts, n: arm.n })),
    )
    .map((one) => JSON.stringify(one))
    .sort();

describe('a pool', () => {
  test('of one measurement is that measurement', () => {
    const only = entry(5, [em(7, 48)]);
    const [first, ...rest] = pool([only]);
    expect(rest).toEqual([]);
    expect(first!.arms).toEqual([
      { ...only.arms[0], n: 48, participants: 1, from: [{ entry: only, arm: only.arms[0] }] },
    ]);
    expect(first!.repeats).toEqual([]);
    expect(pool([])).toEqual([]);
  });

  test('of several seeds is their sum', () => {
    const [first] = pool([entry(1, [em(7, 48)]), entry(2, [em(9, 48)]), entry(3, [em(1, 24)])]);
    expect(first!.arms[0]).toMatchObject({ counts: counts(17, 120), n: 120, participants: 3 });
  });

  test('is the same in whatever order the measurements come', () => {
    const all = classResults();
    const expected = sums(all);
    expect(expected.length).toBe(4);
    for (let seed = 0; seed < 20; seed++) {
      expect(sums(shuffle(createRng(seed), all))).toEqual(expected);
    }
  });

  test('is not changed by what is in it already', () => {
    const all = classResults();
    const twice = pool([...all, ...all]);
    expect(twice).toEqual(pool(all));
    // The same evidence under another name: seeds and settings decide, not who sends it.
    const again = all.map((one) => ({ ...one, id: `${one.id} again`, participant: 'another' }));
    expect(sums([...all, ...again])).toEqual(sums(all));
  });

  test('counts the longer of two measurements with one seed, and says of which the other is a part', () => {
    const short = entry(4, [em(3, 24)]);
    const long = entry(4, [em(9, 96)]);
    for (const order of [
      [short, long],
      [long, short],
    ]) {
      const [first] = pool(order);
      expect(first!.arms[0]).toMatchObject({ counts: counts(9, 96), n: 96, participants: 2 });
      expect(first!.repeats).toHaveLength(1);
      expect(first!.repeats[0]).toMatchObject({ entry: short, in: { entry: long }, agrees: true });
    }
  });

  test('says when one seed was counted in two ways', () => {
    const [first] = pool([entry(4, [em(3, 24)]), entry(4, [em(4, 24)])]);
    expect(first!.repeats.map(({ agrees }) => agrees)).toEqual([false]);
    expect(first!.arms[0]!.n).toBe(24);
  });

  test('takes two seeds of one person as new answers of one person', () => {
    const [first] = pool([
      entry(1, [em(2, 24)], { participant: 'a' }),
      entry(2, [em(3, 24)], { participant: 'a' }),
    ]);
    expect(first!.arms[0]).toMatchObject({ n: 48, participants: 1 });
  });

  test('never adds up what was set otherwise, and what differs is named', () => {
    const settings = { questions: 'selection', judge: 'exact' };
    const pools = pool([
      entry(1, [em(2, 24)], { settings }),
      entry(2, [em(3, 24)]),
      entry(3, [em(3, 24)]),
      entry(4, [em(9, 24, 'cap')]),
    ]);
    expect(pools.map(({ entries }) => entries.length)).toEqual([3, 1]);
    expect(pools[0]!.arms.map(({ n, settings: { edit } }) => [edit, n])).toEqual([
      ['as trained', 48],
      ['cap', 24],
    ]);
    expect(differences(pools[1]!.settings, pools[0]!.settings)).toEqual([
      { name: 'questions', mine: 'selection', theirs: 'report' },
    ]);
    expect(differences({ a: '1' }, { b: '2' })).toEqual([
      { name: 'a', mine: '1', theirs: 'none' },
      { name: 'b', mine: 'none', theirs: '2' },
    ]);
  });
});

describe('its interval', () => {
  const widthOf = (one: PoolCounts): number => {
    const { low, high } = wilson(one.misaligned, totalOf(one));
    return high - low;
  };

  test('never grows when more answers of the same rate are added', () => {
    for (let k = 0; k <= 24; k++) {
      const [first] = pool(Array.from({ length: 12 }, (_, seed) => entry(seed, [em(k, 24)])));
      const widths = growth(first!.arms[0]!).map(widthOf);
      expect(widths).toHaveLength(12);
      widths.slice(1).forEach((width, i) => expect(width).toBeLessThan(widths[i]!));
    }
  });

  test('grows from the first measurement alone to the sum of all', () => {
    const [first] = pool([entry(1, [em(7, 48)]), entry(2, [em(9, 48)]), entry(2, [em(9, 48)])]);
    expect(growth(first!.arms[0]!)).toEqual([counts(7, 48), counts(16, 96)]);
  });
});
