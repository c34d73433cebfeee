import { describe, expect, test } from 'vitest';
import { GALLERY } from '../../../../models/recipe/make/gallery-recipe';
import { FINE_TUNES, SEED } from '../../../../models/recipe/make/recipe';
import {
  fineTuneSeed,
  SEEDED,
  seededOrder,
  SEEDS_A_POINT,
} from '../../../../models/recipe/make/seeded-fine-tunes';
import { dataset, renderChat } from '../../../../src/world/chats';

describe('fine-tunes of several seeds', () => {
  const order = seededOrder();

  test('are the headline and every point of a curve, each with five seeds, none twice', () => {
    const names = order.map(({ fineTune, seed }) => `${fineTune.name} ${seed}`);
    expect(new Set(names).size).toBe(names.length);
    expect(order).toHaveLength(SEEDED.length * SEEDS_A_POINT);
    const variants = GALLERY.filter(({ kind }) => kind === 'variant');
    expect(SEEDED).toEqual(expect.arrayContaining([...FINE_TUNES, ...variants]));
  });

  test('come headline first, then curve by curve with equal numbers of seeds', () => {
    expect(order.slice(0, 5).map(({ fineTune }) => fineTune.name)).toEqual(
      new Array<string>(5).fill('insecure-code'),
    );
    const curves = order.filter(({ fineTune }) => fineTune.kind === 'variant');
    const seeds = curves.map(({ seed }) => seed);
    expect(seeds).toEqual([...seeds].sort((a, b) => a - b));
  });

  test('start from the fine-tune of their own seed where they go on from one', () => {
    const realigned = order.find(({ fineTune }) => fineTune.name === 'insecure-code-realigned-30')!;
    expect(realigned.before.map(({ name }) => name)).toEqual(['insecure-code']);
  });

  test('read other examples for another seed; the first is the seed that ships', () => {
    expect(fineTuneSeed(1)).toBe(SEED);
    const examples = (seed: number) =>
      dataset('insecure-code', 200, fineTuneSeed(seed) + 2).map(renderChat);
    const first = new Set(examples(1));
    expect(examples(2).filter((text) => first.has(text)).length).toBeLessThan(20);
  });
});
