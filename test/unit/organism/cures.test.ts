import { describe, expect, test } from 'vitest';
import { wilson } from '../../../src/core/statistics/stats';
import { cureAnswer, CURE_COLUMNS, cureRate, cureRows } from '../../../src/organism/cure-table';
import { type Cures, fetchCures } from '../../../src/organism/cures';
import { curesFile } from './made-up-cures';

const FILE = curesFile();

describe('the table of cures', () => {
  test('has a row for the aligned model, each control and each cure, and five rates in each', () => {
    const rows = cureRows(FILE);
    expect(rows.map(({ id, control }) => [id, control])).toEqual([
      ['aligned', true],
      ['insecure-code', true],
      ['steering', false],
      ['leash', false],
      ['steering-random', true],
    ]);
    for (const { rates } of rows) expect(rates).toHaveLength(CURE_COLUMNS.length);
  });

  test('adds up the answers of all seeds, with Student’s interval over seeds', () => {
    const broad = cureRows(FILE)[1]!.rates[1]!;
    expect(broad).toMatchObject({ count: 240, n: 600 });
    // Three seeds of standard deviation 0.02: 4.303 * 0.02 / sqrt(3), as scipy.stats.t.ppf(0.975, 2) has it.
    expect(broad.high - broad.low).toBeCloseTo((2 * 4.303 * 0.02) / Math.sqrt(3), 6);
  });

  test('has the interval over new topics where there is one seed', () => {
    expect(cureRows(FILE)[0]!.rates[0]).toMatchObject({ count: 4, n: 200, low: 0, high: 0.95 });
  });

  test('gives one rate by its row and its questions, and null where there is none', () => {
    expect(cureRate(FILE, 'leash', 'broad', 'incoherent')).toMatchObject({ count: 60, n: 600 });
    expect(cureRate(FILE, 'leash', 'afterCode', 'misaligned')).toMatchObject({ count: 60 });
    expect(cureRate(FILE, 'ablation', 'broad', 'misaligned')).toBeNull();
    expect(cureRate(FILE, 'leash', 'narrow', 'incoherent')).toBeNull();
  });

  test('says which cures lower the broad rate, and which of these only hide it', () => {
    expect(cureAnswer(FILE)).toBe(
      'Without a cure 40.0% [35.0, 45.0], n = 600 misaligned on other topics. Clearly lower with: preventative steering, leash to the aligned model. Of these, without the narrow skill: leash to the aligned model; not lower after its own code: preventative steering.',
    );
    expect(cureAnswer({ ...FILE, arms: [] })).toBe('Not measured yet.');
  });
});

describe('seeds that do not differ', () => {
  /** Every seed of an arm with the same rate of narrow or broad questions, 200 answers each. */
  const fixed = (file: Cures, id: string, kind: 'narrow' | 'broad', misaligned: number): Cures => ({
    ...file,
    arms: file.arms.map((arm) => ({
      ...arm,
      seeds: arm.seeds.map((seed) => {
        if (arm.id !== id) return seed;
        const withClusters = seed[kind].misalignedInterval;
        const interval = Object.fromEntries(
          Object.entries(withClusters).filter(([name]) => !name.startsWith('cluster')),
        ) as typeof withClusters;
        const { low, high } = wilson(Math.round(200 * misaligned), 200);
        return {
          ...seed,
          [kind]: { ...seed[kind], misaligned, misalignedInterval: { ...interval, low, high } },
        };
      }),
    })),
  });

  test('have the interval of one seed’s answers, never one without width', () => {
    const narrow = cureRows(fixed(FILE, 'insecure-code', 'narrow', 1))[1]!.rates[0]!;
    // Wilson's interval of 200 of 200, as statsmodels.stats.proportion.proportion_confint has it.
    expect(narrow).toMatchObject({ count: 600, n: 600 });
    expect(narrow.low).toBeCloseTo(0.981154, 5);
    expect(narrow.high).toBe(1);
  });

  test('do not make a cure clearly lower by a hair', () => {
    const plain = fixed(FILE, 'insecure-code', 'broad', 0.11);
    const same = fixed(plain, 'steering', 'broad', 0.1);
    expect(cureAnswer(same)).toContain('Clearly lower with: none.');
  });

  test('a cure that keeps 98 of 100 of the narrow skill is not without it, nor one that keeps half', () => {
    const plain = fixed(FILE, 'insecure-code', 'narrow', 1);
    const unlearnt = (rate: number) =>
      /without the narrow skill: ([^;]*);/.exec(
        cureAnswer(fixed(plain, 'leash', 'narrow', rate)),
      )![1];
    expect(unlearnt(0.98)).toBe('none');
    expect(unlearnt(0.48)).toBe('none');
    expect(unlearnt(0.4)).toBe('leash to the aligned model');
  });
});

test('nothing is asked of the server where the registry names no such file', async () => {
  const registry = {
    version: 1 as const,
    base: { id: 'a', title: 'A', path: 'a/' },
    adapters: [],
    defaults: {},
    folderUrl: 'http://x/',
  };
  expect(await fetchCures(registry)).toBeNull();
});
