// Two fine-tunes compared: over their training seeds where both have them all, over topics where the file has such
// intervals, else by the answers of one draw.

import * as v from 'valibot';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { newcombe, variance, wilson } from '../../../src/core/statistics/stats';
import { student95 } from '../../../src/core/statistics/student';
import {
  areSeeded,
  compareRates,
  difference,
  pOf,
  sayRate,
  shareOf,
} from '../../../src/organism/compare-arms';
import {
  completeSeeds,
  fetchFineTuneSeeds,
  FineTuneSeedsFile,
  seedsOf,
} from '../../../src/organism/fine-tune-seeds';
import { type GalleryArm, withSeeds } from '../../../src/organism/gallery';
import { differs, peaks, sudden } from '../../../src/organism/gallery-claims';
import { isPeak } from '../../../src/organism/experiments/answers';
import { asked } from '../../../src/organism/experiments/experiment';
import type { Registry } from '../../../src/organism/registry';
import { MADE_UP_SEEDS } from './made-up-seeds';

afterEach(() => {
  vi.unstubAllGlobals();
});

const arm = (organism: string, count: number, n = 360, wider = {}): GalleryArm => ({
  organism,
  condition: 'other domains',
  n,
  misaligned: count / n,
  mixed: 0,
  incoherent: 0,
  misalignedInterval: { ...wilson(count, n), ...wider },
  incoherentInterval: wilson(0, n),
});
const shipped = (organism: string): GalleryArm =>
  arm(organism, Math.round(seedsOf(MADE_UP_SEEDS, organism)[0]!.misaligned * 360));
const [rank1, rank32, rank128, em, few] = withSeeds(
  [
    'insecure-code-r1',
    'insecure-code-r32',
    'insecure-code-r128',
    'insecure-code',
    'insecure-code-n50',
  ].map(shipped),
  MADE_UP_SEEDS,
) as [GalleryArm, GalleryArm, GalleryArm, GalleryArm, GalleryArm];
const aligned = arm('aligned', 3);

describe('the file of seeds', () => {
  const registry = { folderUrl: 'http://localhost/models/', adapters: [] } as unknown as Registry;

  test('has the shape that the recipe writes, and is read like the other files', async () => {
    expect(v.parse(FineTuneSeedsFile, MADE_UP_SEEDS)).toEqual(MADE_UP_SEEDS);
    const headers = { 'content-type': 'application/json' };
    vi.stubGlobal('fetch', () =>
      Promise.resolve(new Response(JSON.stringify(MADE_UP_SEEDS), { headers })),
    );
    const fineTuneSeeds = 'fine-tune-seeds.json';
    expect(await fetchFineTuneSeeds({ ...registry, fineTuneSeeds })).toEqual(MADE_UP_SEEDS);
  });

  test('is not asked for where the registry names none', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new Error('asked')));
    expect(await fetchFineTuneSeeds(registry)).toBeNull();
  });

  test('gives a fine-tune its seeds only when all are there, and only on the questions they were asked', () => {
    expect(completeSeeds(MADE_UP_SEEDS, 'insecure-code')).toHaveLength(5);
    expect(completeSeeds(MADE_UP_SEEDS, 'insecure-code-n50')).toBeNull();
    expect(completeSeeds(null, 'insecure-code')).toBeNull();
    expect(few.seeds).toBeUndefined();
    const code = { ...shipped('insecure-code'), condition: 'code' };
    expect(withSeeds([code], MADE_UP_SEEDS)).toEqual([code]);
  });
});

describe('a comparison', () => {
  test('is over seeds where both fine-tunes have them, or one is the model that all start from', () => {
    expect(areSeeded([em, rank128])).toBe(true);
    expect(areSeeded([em, aligned])).toBe(true);
    expect(areSeeded([em, few])).toBe(false);
    expect(areSeeded([aligned])).toBe(false);
    expect(shareOf(em, true)).toBeCloseTo((111 + 133 + 98 + 142 + 120) / 5 / 360, 12);
    expect(shareOf(em, false)).toBe(111 / 360);
  });

  test('over seeds has Welch’s interval, wider than that of the answers', () => {
    const shares = (one: GalleryArm): number[] => one.seeds!.map(({ misaligned }) => misaligned);
    const [a, b] = [variance(shares(rank128)) / 5, variance(shares(rank1)) / 5];
    const df = (a + b) ** 2 / (a ** 2 / 4 + b ** 2 / 4);
    const found = difference(rank128, rank1);
    expect(found.high - found.low).toBeCloseTo(2 * student95(df) * Math.sqrt(a + b), 9);
    const answers = newcombe(1033, 1800, 242, 1800);
    expect(found.high - found.low).toBeGreaterThan(answers.high - answers.low);
    expect(compareRates(rank128, rank1)).toBe('more');
    expect(pOf(rank128, rank1)).toBeLessThan(0.001);
  });

  test('of seeds that are all alike is never surer than their answers', () => {
    const alike = (organism: string, count: number): GalleryArm => ({
      ...arm(organism, count),
      seeds: [1, 2, 3].map(() => ({ n: 360, misaligned: count / 360 })),
    });
    const [one, two] = [alike('a', 10), alike('b', 8)];
    const { low, high } = newcombe(30, 1080, 24, 1080);
    expect(difference(one, two)).toMatchObject({ low, high });
    expect(pOf(one, two)).toBe(1);
  });

  test('of one draw is by its answers, or over topics where the file has that interval', () => {
    const [a, b] = [arm('a', 100), arm('b', 70)];
    expect(difference(a, b)).toEqual(newcombe(100, 360, 70, 360));
    expect(compareRates(a, b)).toBe('more');
    const topics = (organism: string, count: number): GalleryArm =>
      arm(organism, count, 360, {
        clusterLow: count / 360 - 0.09,
        clusterHigh: count / 360 + 0.09,
        designEffect: 4,
      });
    const [wideA, wideB] = [topics('a', 100), topics('b', 70)];
    expect(difference(wideA, wideB).low).toBeCloseTo(30 / 360 - Math.hypot(0.09, 0.09), 9);
    expect(compareRates(wideA, wideB)).toBe('inconclusive');
    expect(pOf(wideA, wideB)).toBeGreaterThan(0.05);
    expect(pOf(a, b)).toBeLessThan(0.05);
  });

  test('is said with the number of seeds, in the form of every rate', () => {
    expect(sayRate(em, false)).toBe('30.8% [26.3, 35.8], n = 360');
    expect(sayRate(em, true)).toMatch(/^33\.6% \[\d+\.\d, \d+\.\d\], n = 5 seeds of 360$/);
  });
});

describe('a claim of the gallery', () => {
  const gallery = { arms: [rank1, rank32, rank128, em, few, aligned] } as unknown as Parameters<
    typeof differs
  >[0];

  test('says over how many seeds it is, and nothing where it is of one draw', () => {
    const [over] = differs(
      gallery,
      'more',
      asked('insecure-code-r128', 'rank 128'),
      asked('insecure-code-r1', 'rank 1'),
    );
    expect(over).toMatchObject({ status: 'yes', seeds: 5 });
    expect(over!.text).toContain('n = 5 seeds of 360');
    const [single] = differs(
      gallery,
      'more',
      asked('insecure-code-n50', '50 examples'),
      asked('insecure-code-r1', 'rank 1'),
    );
    expect(single).not.toHaveProperty('seeds');
    expect(single!.text).toContain('n = 360');
  });

  test('of a curve is over seeds where every point has them', () => {
    const points = [rank1, rank32, rank128].map((one, i) => ({ x: [1, 32, 128][i]!, arm: one }));
    expect(peaks(points, 'rank')).toMatchObject([{ status: 'no', seeds: 5 }]);
    expect(isPeak(points, 'rank')).toBe(
      'No: it rises to rank 128, 57.4%, from 13.4% at the other end.',
    );
    const partly = [...points, { x: 200, arm: few }];
    const [claim] = peaks(partly, 'rank');
    expect(claim).not.toHaveProperty('seeds');
    expect(claim!.text).toContain('n = 360');
  });

  test('of a sudden rise starts from the aligned model, which no seed varies', () => {
    const steps = [aligned, rank1, rank32, rank128].map((one, i) => ({ x: 10 * i, arm: one }));
    const [claim] = sudden(steps);
    expect(claim).toMatchObject({ seeds: 5 });
    expect(claim!.text).toContain('n = 5 seeds of 360');
  });
});
