import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GALLERY } from '../../../models/recipe/make/gallery-recipe';
import { fineTuneOf } from '../../../models/recipe/make/recipe';
import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import { wilson } from '../../../src/core/statistics/stats';
import { DISJOINT_EXPERIMENTS } from '../../../src/organism/experiments/disjoint-experiment';
import {
  backToAligned,
  byComparison,
  enoughExamples,
  isPeak,
  narrowSets,
  personaOrTopic,
  steepest,
} from '../../../src/organism/experiments/answers';
import type { Experiment } from '../../../src/organism/experiments/experiment';
import {
  cosineClaim,
  halfwayClaim,
  taskLossClaim,
} from '../../../src/organism/experiments/more-claims';
import { SET_EXPERIMENTS } from '../../../src/organism/experiments/set-experiments';
import { armsAlong, pointsOf } from '../../../src/organism/experiments/sweep';
import { SWEEP_EXPERIMENTS } from '../../../src/organism/experiments/sweep-experiments';
import {
  armOf,
  fetchGallery,
  type Gallery,
  GalleryFile,
  galleryRate,
} from '../../../src/organism/gallery';
import {
  type Claim,
  correctedClaim,
  differs,
  familyOf,
  majority,
  noMore,
  peaks,
  sudden,
  summary,
  compareOnly,
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

test('cosines are counted over 0.8, in as large a share of layers as published', () => {
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
  // Published: 44 of 48 layers, 92%. Three quarters are fewer.
  const most = [0.9, 0.9, 0.9, 0.7];
  const third = { direction: 'c', normByLayer: most, cosineByLayer: { 'insecure-code': most } };
  expect(cosineClaim({ ...gallery, geometry: [third] }, [named('c')])).toMatchObject([
    { status: 'no', text: expect.stringContaining('c in 3 of 4; published 44 of 48') as string },
  ]);
});

test('the loss on the narrow task is said from the lowest to the highest', () => {
  const gallery = { taskLossNats: { a: 0.3, b: 0.1, aligned: 2 } };
  const points = ['a', 'b', 'c'].map((organism) => ({ organism, name: organism }));
  const [claim] = taskLossClaim(gallery, points);
  expect(claim?.text).toContain('from 0.1000 (b) to 0.3000 (a); the aligned model 2.0000');
  expect(taskLossClaim({ taskLossNats: {} }, points)).toEqual([]);
});

test('a section says with how many published claims it agrees', () => {
  const claims = (...all: Claim['status'][]) => all.map((status) => ({ status, text: '' }));
  expect(summary(claims('yes', 'note'))).toBe('agrees with 1 of 1 published claim');
  expect(summary(claims('yes', 'no'))).toBe('agrees with 1 of 2 published claims');
  expect(summary(claims('inconclusive', 'no'))).toBe(
    'agrees with 0 of 2 published claims; 1 inconclusive',
  );
  expect(summary(claims('note'))).toBe('nothing published to compare with');
  expect(summary([])).toBe('not measured');
});

describe('claims read together', () => {
  const gallery = galleryOf(arm('a', 30), arm('b', 15), arm('c', 28), arm('d', 29));
  const [close] = differs(gallery, 'more', subject('a'), subject('b'));

  test('a claim that stands alone does not stand among many that show nothing', () => {
    expect(close).toMatchObject({ status: 'yes' });
    expect(close!.p).toBeGreaterThan(0.01);
    expect(correctedClaim(close!, [close!.p!])).toBe(close);
    const family = [close!.p!, ...new Array<number>(20).fill(0.6)];
    const corrected = correctedClaim(close!, family);
    expect(corrected.status).toBe('inconclusive');
    expect(corrected.text).toMatch(
      /as reported, p = 0\.02: inconclusive after correction for 21 comparisons\.$/,
    );
  });

  test('the family is of published claims with a p-value, and notes are left as they are', () => {
    const note = compareOnly(gallery, subject('a'), subject('b'));
    const [inconclusive] = differs(gallery, 'more', subject('c'), subject('d'));
    expect(familyOf([close!, inconclusive!, ...note, { status: 'yes', text: 'counted' }])).toEqual([
      close!.p,
      inconclusive!.p,
    ]);
    expect(correctedClaim(note[0]!, [0.5])).toBe(note[0]);
  });
});

describe('a section answers its own question', () => {
  const along = (...counts: number[]) =>
    counts.map((count, i) => ({ x: 2 ** i, arm: arm(`x${i}`, count) }));
  const aligned = arm('aligned', 1);

  test('of a peak with yes, no or that it cannot be told', () => {
    expect(isPeak(along(10, 80, 12), 'rank')).toBe('Yes: highest at rank 2, 40.0%.');
    expect(isPeak(along(10, 40, 80), 'rank')).toBe(
      'No: it rises to rank 4, 40.0%, from 5.0% at the other end.',
    );
    expect(isPeak(along(80, 40, 10), 'rank')).toMatch(/^No: it falls from rank 1, 40\.0%/);
    expect(isPeak(along(40, 44, 41), 'rank')).toMatch(/^These figures cannot tell/);
    expect(isPeak(along(10, 80), 'rank')).toBeNull();
  });

  test('of examples with the fewest that misalign, of steps with the fewest that bring it back', () => {
    expect(enoughExamples(along(2, 40, 80), aligned)).toBe(
      '2 are enough to misalign it (20.0%); 4 give 40.0%, the aligned model 0.5%.',
    );
    expect(enoughExamples(along(1, 2), aligned)).toMatch(/^None of these sets/);
    expect(backToAligned(along(80, 40, 1), aligned)).toBe(
      '4 steps bring it down to 0.5%; before 40.0%, the aligned model 0.5%.',
    );
    expect(backToAligned(along(80, 40), aligned)).toMatch(/^No number of steps/);
    expect(backToAligned([], aligned)).toBeNull();
  });

  test('of a training with the steps between which it rises most', () => {
    expect(steepest(along(0, 2, 70, 80))).toBe(
      'It rises most between steps 2 and 4, from 1.0% to 35.0%.',
    );
    expect(steepest(along(4, 4, 4))).toBeNull();
  });

  test('of narrow sets with how many misalign, harmless ones held against them', () => {
    const sets = [{ organism: 'a' }, { organism: 'b' }];
    const of = (a: number, b: number, secure: number) =>
      narrowSets(galleryOf(aligned, arm('secure-code', secure), arm('a', a), arm('b', b)), sets);
    expect(of(60, 80, 1)).toBe(
      'Yes: 2 of 2 narrow sets misalign more than the aligned model (30.0 to 40.0% against 0.5%), secure code 0.5%.',
    );
    expect(of(60, 1, 1)).toMatch(/^In part: 1 of 2/);
    expect(of(60, 80, 60)).toMatch(/^In part: 2 of 2/);
    expect(of(1, 1, 1)).toMatch(/^No: 0 of 2/);
    expect(narrowSets(galleryOf(aligned), sets)).toBeNull();
  });

  test('of a comparison with the words for what was found', () => {
    const gallery = galleryOf(arm('a', 60), arm('b', 1));
    const words = { more: 'Yes', less: 'No', inconclusive: 'Cannot tell' };
    const says = (one: string, two: string) =>
      byComparison(gallery, subject(one), subject(two), words);
    expect(says('a', 'b')).toBe('Yes: a 30.0%, b 0.5%.');
    expect(says('b', 'a')).toMatch(/^No:/);
    expect(says('a', 'a')).toMatch(/^Cannot tell:/);
    expect(says('a', 'nobody')).toBeNull();
  });

  test('of two halves of topics with what a direction from the other half leaves', () => {
    const half = (other: number) => ({ unedited: arm('x', 80), other: arm('x', other) });
    expect(personaOrTopic([half(2), half(3)])).toBe(
      'More than the topic: without a direction from other topics 40.0% becomes 1.0% and 40.0% becomes 1.5%.',
    );
    expect(personaOrTopic([half(2), half(80)])).toMatch(/^In part/);
    expect(personaOrTopic([half(80)])).toMatch(/^Not that/);
    expect(personaOrTopic([])).toBeNull();
  });

  test('in the gallery that ships, every section does, and only published claims are counted', () => {
    const gallery: Gallery = {
      ...v.parse(GalleryFile, JSON.parse(readFileSync('models/gallery.json', 'utf8'))),
      training: {},
    };
    for (const { id, answer } of EXPERIMENTS) expect(answer(gallery), id).toMatch(/\d.*\.$/);
    const size = EXPERIMENTS.find(({ id }) => id === 'dataset-size')!;
    expect(statuses(size.claims(gallery))).toEqual(['inconclusive', 'note', 'note', 'note']);
    const rank = EXPERIMENTS.find(({ id }) => id === 'rank')!;
    expect(rank.answer(gallery)).toMatch(/^No: it rises to rank 128/);
  });
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
