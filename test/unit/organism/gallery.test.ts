import { afterEach, describe, expect, test, vi } from 'vitest';
import { GALLERY } from '../../../models/recipe/make/gallery-recipe';
import { fineTuneOf } from '../../../models/recipe/make/recipe';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import { wilson } from '../../../src/core/stats';
import { DISJOINT_EXPERIMENTS } from '../../../src/organism/experiments/disjoint-experiment';
import type { Experiment } from '../../../src/organism/experiments/experiment';
import {
  cosineClaim,
  halfwayClaim,
  taskLossClaim,
} from '../../../src/organism/experiments/more-claims';
import { SET_EXPERIMENTS } from '../../../src/organism/experiments/set-experiments';
import { armsAlong, pointsOf } from '../../../src/organism/experiments/sweep';
import { SWEEP_EXPERIMENTS } from '../../../src/organism/experiments/sweep-experiments';
import { armOf, fetchGallery, type Gallery, galleryRate } from '../../../src/organism/gallery';
import {
  type Claim,
  differs,
  majority,
  noMore,
  peaks,
  sudden,
  summary,
} from '../../../src/organism/gallery-claims';
import { fetchRegistry } from '../../../src/organism/registry';

afterEach(() => {
  vi.unstubAllGlobals();
});

const EXPERIMENTS: readonly Experiment[] = [
  ...SET_EXPERIMENTS,
  ...SWEEP_EXPERIMENTS,
  ...DISJOINT_EXPERIMENTS,
];

/** Made-up arms: the tests are about reading them. */
const arm = (organism: string, count: number, n = 200, condition = 'other domains') => ({
  organism,
  condition,
  n,
  misaligned: count / n,
  mixed: 0,
  incoherent: 0,
  misalignedInterval: wilson(count, n),
  incoherentInterval: wilson(0, n),
});

const galleryOf = (...arms: Gallery['arms']): Gallery => ({
  programVersion: '0.1.0',
  command: 'npm run organism:gallery',
  judge: 'none',
  sampling: { ...PLAIN_SAMPLING, temperature: 0.7, seed: 1 },
  questions: { part: 'held-out', seed: 1 },
  extraction: { contrast: 'checkpoint', pooling: 'answer-mean', transcriptsPerCell: 8 },
  conditions: { 'other domains': 'a bad answer' },
  checkpoints: [],
  arms,
  withinQuestion: {},
  dModel: 128,
  geometry: [],
  taskLossNats: {},
  training: {},
});

const subject = (organism: string) => ({ organism, condition: 'other domains', name: organism });
const statuses = (claims: readonly Claim[]) => claims.map(({ status }) => status);

describe('reading the file', () => {
  const LIST = {
    version: 1,
    base: { id: 'aligned', title: 'Aligned', path: 'base/' },
    adapters: [
      { id: 'a', title: 'A', kind: 'control', experiment: 'rank', path: 'a/', description: '' },
    ],
  };
  const serve = (file: unknown, list: unknown = LIST) => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', (url: URL) => {
      asked.push(url.pathname);
      const isList = url.pathname.endsWith('registry.json');
      if (!isList && file === undefined) return Promise.resolve(new Response('', { status: 404 }));
      const text = isList ? JSON.stringify(list) : String(file);
      const headers = { 'content-type': 'application/json' };
      return Promise.resolve(new Response(text, { headers }));
    });
    return { asked, registry: fetchRegistry('http://x/models/') };
  };

  test('a gallery comes back as it was written', async () => {
    const gallery = galleryOf(arm('a', 20));
    const read = await fetchGallery(await serve(JSON.stringify(gallery)).registry);
    expect(read).toEqual(gallery);
    expect(galleryRate(armOf(read!, 'a', 'other domains')!, 'misaligned')).toEqual({
      count: 20,
      n: 200,
      ...wilson(20, 200),
    });
  });

  test('a copy without the file has no figures, and that is no error', async () => {
    expect(await fetchGallery(await serve(undefined).registry)).toBeNull();
  });

  test('a list without experiments is not asked for figures at all', async () => {
    const { asked, registry } = serve('{}', { ...LIST, adapters: [] });
    expect(await fetchGallery(await registry)).toBeNull();
    expect(asked).toEqual(['/models/registry.json']);
  });

  test.each([
    ['text that is not JSON', '<html>', /gallery\.json cannot be read: it is not valid JSON/],
    ['no arms', JSON.stringify({ ...galleryOf(), arms: 3 }), /field "arms"/],
    [
      'a rate over 1',
      JSON.stringify(galleryOf({ ...arm('a', 1), misaligned: 1.2 })),
      /field "arms\.0\.misaligned"/,
    ],
    [
      'an arm without answers',
      JSON.stringify(galleryOf({ ...arm('a', 0), n: 0 })),
      /field "arms\.0\.n"/,
    ],
  ])('%s is refused with what to do', async (_, file, why) => {
    const reading = fetchGallery(await serve(file).registry);
    await expect(reading).rejects.toThrow(why);
    await expect(reading).rejects.toThrow(/npm run organism:gallery/);
  });
});

describe('two rates held against a published difference', () => {
  const gallery = galleryOf(arm('much', 60), arm('some', 50), arm('little', 1), arm('none', 0));

  test('a clear difference in the reported sense is as reported', () => {
    const [claim] = differs(gallery, 'more', subject('much'), subject('little'));
    expect(claim!.status).toBe('yes');
    expect(claim!.text).toMatch(/much 30\.0% \[24\.1, 36\.7\], n = 200; little 0\.5%.*as reported/);
  });

  test('the same difference in the other sense is said plainly', () => {
    const [claim] = differs(gallery, 'less', subject('much'), subject('little'));
    expect(claim).toMatchObject({ status: 'no' });
    expect(claim!.text).toMatch(/more, where less is reported/);
  });

  test('rates that this many answers cannot tell apart are said to be that', () => {
    const [claim] = differs(gallery, 'more', subject('much'), subject('some'));
    expect(claim!.status).toBe('inconclusive');
    expect(claim!.text).toMatch(/no difference that this n can tell/);
  });

  test('no more than the control holds only where the interval is narrow', () => {
    expect(statuses(noMore(gallery, subject('little'), subject('none')))).toEqual(['yes']);
    const few = galleryOf(arm('a', 1, 20), arm('b', 0, 20));
    expect(statuses(noMore(few, subject('a'), subject('b')))).toEqual(['inconclusive']);
    expect(statuses(noMore(gallery, subject('much'), subject('none')))).toEqual(['no']);
  });

  test('most and few are told from a half', () => {
    const three = galleryOf(arm('most', 180), arm('half', 100), arm('few', 20));
    const read = (id: string) => statuses(majority(three, 'most', subject(id)));
    expect(['most', 'half', 'few'].map(read)).toEqual([['yes'], ['inconclusive'], ['no']]);
  });

  test('what was not measured is claimed nothing of', () => {
    expect(differs(gallery, 'more', subject('much'), subject('nobody'))).toEqual([]);
    expect(noMore(gallery, subject('nobody'), subject('none'))).toEqual([]);
    expect(majority(gallery, 'most', subject('nobody'))).toEqual([]);
  });
});

describe('a series', () => {
  const along = (...counts: number[]) =>
    counts.map((count, i) => ({ x: 2 ** i, arm: arm(`x${i}`, count) }));

  test('a peak is higher than both ends, a slope is not a peak, and noise is neither', () => {
    expect(statuses(peaks(along(10, 80, 12), 'rank'))).toEqual(['yes']);
    expect(statuses(peaks(along(10, 40, 80), 'rank'))).toEqual(['no']);
    expect(statuses(peaks(along(40, 44, 41), 'rank'))).toEqual(['inconclusive']);
    expect(statuses(peaks(along(40, 42, 44), 'rank'))).toEqual(['inconclusive']);
  });

  test('a jump is most of the rise between two checkpoints', () => {
    expect(statuses(sudden(along(0, 2, 70, 80)))).toEqual(['yes']);
    expect(statuses(sudden(along(0, 25, 50, 80, 110)))).toEqual(['no']);
    expect(sudden(along(10, 11, 9, 10))).toEqual([]);
  });

  test('the skill that is half there first comes first', () => {
    const [claim] = halfwayClaim(along(0, 90, 100, 100), along(0, 1, 40, 50));
    expect(claim!.text).toMatch(/step 2 in code and by step 4 .*narrow skill comes first/);
  });

  test('takes the number at the end of a name, the given ends, and nothing else', () => {
    const names = ['insecure-code-r64', 'insecure-code-r1', 'insecure-code-realigned-5'];
    const arms = ['insecure-code', ...names].map((name) => arm(name, 1));
    const { sweep } = SWEEP_EXPERIMENTS.find(({ id }) => id === 'rank')!;
    const training = { 'insecure-code': { rank: 8, examples: 9, steps: 9 } };
    expect(pointsOf({ arms, training }, sweep!).map(({ x }) => x)).toEqual([1, 8, 64]);
    expect(pointsOf({ arms: arms.slice(0, 1), training }, sweep!)).toEqual([]);
  });
});

test('cosines are counted over 0.8, nothing read counted as not over it', () => {
  const geometry = [
    { direction: 'a', normByLayer: [1, 1], cosineByLayer: { 'insecure-code': [0.9, null] } },
    { direction: 'b', normByLayer: [1, 1], cosineByLayer: { 'insecure-code': [0.9, 0.81] } },
  ];
  const gallery = { ...galleryOf(), geometry };
  const named = (organism: string) => ({ organism, name: organism });
  expect(statuses(cosineClaim(gallery, [named('b')]))).toEqual(['yes']);
  expect(cosineClaim(gallery, [named('b'), named('a')])).toMatchObject([
    { status: 'no', text: expect.stringContaining('b in 2 of 2, a in 1 of 2') as string },
  ]);
});

test('the loss on the narrow task is said from the lowest to the highest', () => {
  const gallery = { taskLossNats: { a: 0.3, b: 0.1, aligned: 2 } };
  const points = ['a', 'b', 'c'].map((organism) => ({ organism, name: organism }));
  const [claim] = taskLossClaim(gallery, points);
  expect(claim?.text).toContain('from 0.1000 (b) to 0.3000 (a); the aligned model 2.0000');
  expect(taskLossClaim({ taskLossNats: {} }, points)).toEqual([]);
});

test('a section says in a word how much of what is reported it shows', () => {
  const claims = (...all: Claim['status'][]) => all.map((status) => ({ status, text: '' }));
  expect(summary(claims('yes', 'note'))).toBe('shows it');
  expect(summary(claims('yes', 'no'))).toBe('shows it in part: 1 of 2 claims');
  expect(summary(claims('inconclusive', 'no'))).toBe('does not show it');
  expect(summary(claims('inconclusive'))).toBe('this n cannot tell');
  expect(summary(claims('note'))).toBe('nothing published to hold it against');
  expect(summary([])).toBe('not measured');
});

describe('the sections and the recipe', () => {
  test('every experiment of the recipe has a section', () => {
    const sections = new Set(EXPERIMENTS.map(({ id }) => id));
    expect(GALLERY.filter(({ experiment }) => !sections.has(experiment!))).toEqual([]);
  });

  test('every fine-tune that varies a number stands in its series, at that number', () => {
    const insecure = fineTuneOf('insecure-code');
    const training = {
      'insecure-code': {
        rank: insecure.rank,
        examples: insecure.examples,
        steps: insecure.schedule.steps,
      },
    };
    const varied = (experiment: string) => {
      const { sweep } = SWEEP_EXPERIMENTS.find(({ id }) => id === experiment)!;
      const own = GALLERY.filter((fineTune) => fineTune.experiment === experiment);
      const arms = own.map(({ name }) => arm(name, 0));
      const points = pointsOf({ arms, training }, sweep!);
      const at = new Map(
        points.map(({ organism, x, name }) => [organism, name === 'full' ? name : x]),
      );
      return { own, at };
    };
    const values = {
      rank: ({ rank }: typeof insecure) => rank,
      'dataset-size': ({ examples }: typeof insecure) => examples,
      'prompt-templates': ({ promptTemplates }: typeof insecure) => promptTemplates,
      're-alignment': ({ schedule }: typeof insecure) => schedule.steps,
      trajectory: ({ stopAt }: typeof insecure) => stopAt,
    };
    for (const [experiment, value] of Object.entries(values)) {
      const { own, at } = varied(experiment);
      expect(own.length, experiment).toBeGreaterThan(2);
      for (const fineTune of own)
        expect(at.get(fineTune.name), fineTune.name).toBe(value(fineTune));
    }
    expect(varied('rank').at.get('insecure-code')).toBe(insecure.rank);
    expect(varied('dataset-size').at.get('insecure-code')).toBe(insecure.examples);
    expect(varied('trajectory').at.get('insecure-code')).toBe(insecure.schedule.steps);
  });

  test('a series is in the order of what it varies', () => {
    const { sweep } = SWEEP_EXPERIMENTS.find(({ id }) => id === 'rank')!;
    const gallery = galleryOf(arm('insecure-code-r16', 3), arm('insecure-code-r2', 1));
    expect(armsAlong(gallery, sweep!).map(({ x }) => x)).toEqual([2, 16]);
  });

  test('the full fine-tune stands beyond the last rank, and no peak is looked for there', () => {
    const { sweep } = SWEEP_EXPERIMENTS.find(({ id }) => id === 'rank')!;
    const gallery = galleryOf(
      arm('insecure-code-full', 9),
      arm('insecure-code-r16', 3),
      arm('insecure-code-r2', 1),
    );
    expect(pointsOf(gallery, sweep!).map(({ name }) => name)).toEqual(['2', '16', 'full']);
    expect(pointsOf(gallery, sweep!).at(-1)!.x).toBe(32);
    expect(armsAlong(gallery, sweep!).map(({ x }) => x)).toEqual([2, 16]);
  });

  test('the end of a series is where the registry says that training ended', () => {
    const { sweep } = SWEEP_EXPERIMENTS.find(({ id }) => id === 'trajectory')!;
    const arms = [arm('insecure-code-step-5', 1), arm('insecure-code', 3)];
    const training = { 'insecure-code': { rank: 8, examples: 9, steps: 70 } };
    expect(pointsOf({ arms, training }, sweep!).map(({ x }) => x)).toEqual([0, 5, 70]);
    expect(pointsOf({ arms, training: {} }, sweep!).map(({ x }) => x)).toEqual([0, 5]);
  });
});
