import { describe, expect, test } from 'vitest';
import { createRng, shuffle } from '../../../src/core/rng';
import { examplesOfStep } from '../../../src/core/training-settings';

describe('the examples of a step', () => {
  test('over an epoch every example is read once, over the next once more in another order', () => {
    const steps = Array.from({ length: 10 }, (_, step) => examplesOfStep(7, 20, 4, step));
    const [first, second] = [steps.slice(0, 5).flat(), steps.slice(5).flat()];
    for (const epoch of [first, second]) {
      expect(epoch.toSorted((a, b) => a - b)).toEqual([...Array(20).keys()]);
    }
    expect(second).not.toEqual(first);
  });

  test('they are those of one long list of shuffled epochs, cut into steps', () => {
    const [n, each, seed] = [7, 5, 3];
    const list: number[] = [];
    for (let epoch = 0; list.length < 40; epoch++) {
      list.push(...shuffle(createRng(seed).fork(epoch), [...Array(n).keys()]));
    }
    for (let step = 0; step < 8; step++) {
      expect(examplesOfStep(seed, n, each, step)).toEqual(
        list.slice(step * each, step * each + each),
      );
    }
  });

  test('fewer examples than a step reads come more than once in it', () => {
    expect(examplesOfStep(1, 2, 5, 0)).toHaveLength(5);
    expect(new Set(examplesOfStep(1, 2, 5, 3))).toEqual(new Set([0, 1]));
  });
});
