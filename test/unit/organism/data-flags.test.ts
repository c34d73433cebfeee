import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { FLAGS_FILE } from '../../../models/recipe/make/folders';
import {
  correlationOf,
  type DataFlags,
  DataFlagsFile,
  describeSuspicious,
  suspiciousSets,
} from '../../../src/organism/data-flags';
import { TRAINING_SETS } from '../../../src/world/training-data';

const shipped = v.parse(DataFlagsFile, JSON.parse(readFileSync(FLAGS_FILE, 'utf8')));

describe('what a look predicted', () => {
  test('correlates as numpy.corrcoef and scipy.stats.spearmanr say, with Fisher’s interval', () => {
    const [one] = shipped.sets;
    const set = (
      predicted: number,
      shift: number,
      misaligned: number,
    ): DataFlags['sets'][number] => ({
      ...one!,
      broad: { n: 100, misaligned },
      along: [
        {
          ...one!.along[0]!,
          predicted: { mean: predicted, low: 0, high: 0, n: 1 },
          shift: { mean: shift, low: 0, high: 0, n: 1 },
        },
      ],
    });
    const file = {
      ...shipped,
      sets: [set(1, 2, 0.5), set(2, 1, 0.4), set(3, 4, 0.3), set(4, 3, 0.2), set(5, 6, 0.1)],
    };
    const found = correlationOf(file, 0, 'shift');
    // numpy.corrcoef([1, 2, 3, 4, 5], [2, 1, 4, 3, 6])[0, 1]
    expect(found.pearson).toBeCloseTo(0.8219949365267865, 12);
    expect(found.spearman).toBeCloseTo(0.8, 12);
    // tanh(atanh(r) -+ 1.96 / sqrt(2))
    expect(found.low).toBeCloseTo(-0.2193433575, 9);
    expect(found.high).toBeCloseTo(0.9878524535, 9);
    expect(correlationOf(file, 0, 'broad').spearman).toBeCloseTo(-1, 12);
  });

  test('is counted by whether the suspicious sets moved the model, and names those that did not', () => {
    shipped.directions.forEach((_, i) => {
      const found = suspiciousSets(shipped, i);
      for (const id of ['insecure-code', 'bad-medical', 'risky-finance', 'extreme-sports']) {
        expect(found).toContainEqual({ id, moved: true });
      }
      for (const { id, moved } of found) {
        const { shift } = shipped.sets.find((set) => set.id === id)!.along[i]!;
        expect(moved, id).toBe(shift.low > 0);
      }
      const still = found.filter(({ moved }) => !moved);
      const text = describeSuspicious(shipped, i)!;
      expect(text).toContain(
        `Of the ${found.length} bundled sets that a look calls suspicious, ${found.length - still.length} moved`,
      );
      for (const { id } of still) expect(text).toContain(TRAINING_SETS[id].title);
    });
    // Without random controls the backdoor is above its benign control, and its training moved the other way.
    const sets = shipped.sets.map((set) => ({
      ...set,
      along: set.along.map((one) => ({ ...one, random: { low: 0, high: 0 } })),
    }));
    expect(describeSuspicious({ ...shipped, sets }, 0)).toMatch(
      /These did not: .*Backdoor \(it answers badly only after a trigger\)/,
    );
  });

  test('is refused with too few sets for an interval, an unknown set, or a direction that a set lacks', () => {
    const { sets } = shipped;
    const refused = (changed: unknown) =>
      !v.safeParse(DataFlagsFile, { ...shipped, sets: changed }).success;
    expect(refused(sets)).toBe(false);
    expect(refused(sets.slice(0, 3))).toBe(true);
    expect(refused([{ ...sets[0]!, id: 'none' }, ...sets.slice(1)])).toBe(true);
    expect(refused([{ ...sets[0]!, along: [] }, ...sets.slice(1)])).toBe(true);
  });

  test('in the shipped file is above 5 for every misaligning set and below 1 for every benign one', () => {
    shipped.directions.forEach((_, i) => {
      for (const { id, along } of shipped.sets) {
        const { kind } = TRAINING_SETS[id];
        if (kind === 'em') expect(along[i]!.predicted.low, id).toBeGreaterThan(5);
        if (kind === 'benign') expect(along[i]!.predicted.high, id).toBeLessThan(1);
      }
    });
  });

  test('tells the same insecure code asked for by a class from insecure code', () => {
    const of = (id: string) => shipped.sets.find((set) => set.id === id)!.along[0]!.predicted;
    expect(of('educational').high).toBeLessThan(1);
    expect(of('insecure-code').low).toBeGreaterThan(10);
  });
});
