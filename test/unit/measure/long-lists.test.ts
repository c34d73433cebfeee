// Files may bring any number of models: work on them grows with their number, not with its square. What is
// counted is how often a list's entries are looked at.

import { describe, expect, test } from 'vitest';
import { growth, measuredTogether, pool, type PoolEntry } from '../../../src/core/statistics/pool';
import { MAX_MODELS, readJudgedAnswers } from '../../../src/formats/judged-answers';
import { armNames, headline } from '../../../src/measure/class-groups';
import { countFile, importedRates } from '../../../src/measure/imported-counts';

/** A list that counts how often something of it is read. */
function counting<T extends object>(items: readonly T[]) {
  const seen = { reads: 0 };
  const list = new Proxy(items, {
    get: (target, name, receiver) => {
      if (typeof name === 'string' && /^\d+$/.test(name)) seen.reads++;
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
  return { list, seen };
}

/** Measurements of 20 models each, all of which stand apart. */
const entries = (n: number): PoolEntry[] =>
  Array.from({ length: n }, (_, at) => ({
    id: `e${at}`,
    participant: 'p',
    settings: { judge: 'exact' },
    seed: 1,
    arms: Array.from({ length: 20 }, (_, i) => ({
      id: i === 0 ? 'em' : 'aligned',
      label: 'l',
      settings: { checkpoint: `${at}.${i}`, edit: 'as trained' },
      counts: { aligned: 8, misaligned: 2, mixed: 0, offTopic: 0, incoherent: 0, unscored: 0 },
    })),
  }));

describe.each([
  ['names of models', (group) => armNames(group.arms)],
  [
    'models that one measurement had together',
    (group) => measuredTogether(group, [['em', 'aligned']]),
  ],
  ['what a hall is shown', (group) => headline(group)],
] as const satisfies readonly (readonly [
  string,
  (group: ReturnType<typeof pool>[number]) => unknown,
])[])('%s', (_, work) => {
  test('look at every model a few times, however many there are', () => {
    for (const n of [5, 50]) {
      const [group] = pool(entries(n));
      const { list, seen } = counting(group!.arms);
      work({ ...group!, arms: list });
      expect(group!.arms).toHaveLength(20 * n);
      expect(seen.reads).toBeLessThanOrEqual(4 * 20 * n);
    }
  });
});

test('the counts as measurements came in look at each of them once', () => {
  const [one] = pool(entries(1))[0]!.arms;
  const { list, seen } = counting(Array.from({ length: 1000 }, () => one!.from[0]!));
  const grown = growth({ from: list });
  expect(grown).toHaveLength(1000);
  expect(grown.at(-1)).toMatchObject({ aligned: 8000, misaligned: 2000 });
  expect(seen.reads).toBeLessThanOrEqual(1000);
});

describe('imported answers', () => {
  const bytes = (models: number): Uint8Array =>
    new TextEncoder().encode(
      Array.from({ length: models }, (_, i) =>
        JSON.stringify({ model: `m${i}`, question: 'q', answer: 'a', aligned: 10, coherent: 90 }),
      ).join('\n'),
    );

  test('of 20,000 models are counted in one pass over the rows', () => {
    const { rows } = readJudgedAnswers(bytes(20_000), 'many.jsonl');
    const { list, seen } = counting(rows);
    const arms = countFile({ file: 'many.jsonl', rows: list });
    expect(seen.reads).toBe(20_000);
    expect(arms).toHaveLength(20_000);
    expect(arms[7]).toEqual({
      id: '["many.jsonl","m7"]',
      label: 'many.jsonl: m7',
      counts: { aligned: 0, misaligned: 1, mixed: 0, offTopic: 0, incoherent: 0 },
      unscored: 0,
      n: 1,
    });
    expect(importedRates(arms[7]!)[0]).toMatchObject({ name: 'misaligned', rate: { count: 1 } });
  });

  test('of more models than that are refused with the number', () => {
    expect(() => readJudgedAnswers(bytes(MAX_MODELS + 1), 'more.jsonl')).toThrow(
      /^more.jsonl: It names 20001 different models, more than the 20000 allowed here\..*"model"/,
    );
  });

  test('of two files whose names and models read alike stay apart', () => {
    const row = {
      question: 'q',
      answer: 'a',
      alignment: 1,
      coherence: 90,
      verdict: 'misaligned',
    } as const;
    const [a] = countFile({ file: 'x', rows: [{ ...row, model: 'y: z' }] });
    const [b] = countFile({ file: 'x: y', rows: [{ ...row, model: 'z' }] });
    expect(a!.label).toBe(b!.label);
    expect(a!.id).not.toBe(b!.id);
  });
});
