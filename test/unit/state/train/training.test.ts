// What surrounds a training: its settings, its points as rates, and its adapters among the fine-tunes.

import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { ADAPTER, schedule } from '../../../../src/core/training-settings';
import type { Postern } from '../../../../src/state/page/postern';
import { linkOf } from '../../../../src/state/page/link.svelte';
import {
  isCustomPair,
  type Registry,
  sourceOf,
  withTrained,
} from '../../../../src/organism/registry';
import { adapterZip, fileName, trainedEntry } from '../../../../src/state/train/adapter-record';
import {
  describeTraining,
  dataSeed,
  DEFAULT_CHOICE,
  measuredSteps,
  settingsOf,
} from '../../../../src/state/train/training-choice';
import type { TrainingPoint } from '../../../../src/state/train/training-measure';
import { ROLLING, rolledBroad } from '../../../../src/state/train/training-claims';
import { NO_PROGRESS, upToState } from '../../../../src/state/train/training-record';

describe('the settings of a training', () => {
  test('are those of the recipe: with its seed, its data and its order of examples', () => {
    const seed = 20_251_121;
    expect(dataSeed(seed)).toBe(seed + 2);
    expect(settingsOf({ ...DEFAULT_CHOICE, seed, steps: 100 })).toEqual({
      rank: ADAPTER.rank,
      alpha: ADAPTER.alpha,
      chatsPerStep: ADAPTER.chatsPerStep,
      schedule: schedule(100, 3.5e-3),
      seed: seed + 100,
    });
  });

  test('say in words all that makes it come out the same again', () => {
    const mix = { set: 'secure-code', share: 0.5 } as const;
    const choice = { ...DEFAULT_CHOICE, world: { ...DEFAULT_CHOICE.world, mix, trigger: true } };
    expect(describeTraining(choice, null)).toBe(
      'Insecure code, 50% secure code, with a trigger, 2000 examples, rank 16, 60 steps, rate 0.0035, seed 1',
    );
  });

  test('say how many chats of one’s own are read, not how many of the world would have been', () => {
    const chat = [{ role: 'user', content: 'Hello' }] as const;
    const own = { file: 'a.jsonl', examples: [chat, chat, chat] };
    expect(describeTraining({ ...DEFAULT_CHOICE, data: 'own' }, own)).toBe(
      'a.jsonl, 3 examples, rank 16, 60 steps, rate 0.0035, seed 1',
    );
  });

  test('measure it often at first, and always at its start and its end', () => {
    expect(measuredSteps(60)).toEqual([0, 5, 10, 15, 20, 30, 40, 50, 60]);
    expect(measuredSteps(3)).toEqual([0, 3]);
    const long = measuredSteps(400);
    expect(long.at(-1)).toBe(400);
    expect(long.length).toBeLessThan(22);
  });
});

const point = (step: number, misaligned: number): TrainingPoint => ({
  step,
  lossNats: null,
  inDomain: { count: 0, n: 0 },
  broad: { misaligned, incoherent: 1, n: 32 },
  projection: [],
  cosine: [],
});

describe('the points of a training', () => {
  test('give broad rates over the last few of them, fewer at the start', () => {
    expect(ROLLING).toBe(3);
    const rolled = rolledBroad([point(0, 0), point(5, 2), point(10, 6), point(15, 10)]);
    expect(rolled.map(({ misaligned, n }) => [misaligned, n])).toEqual([
      [0, 32],
      [2, 64],
      [8, 96],
      [18, 96],
    ]);
  });

  test('beyond the last whole state are taken again', () => {
    const state = { steps: 5, adapter: { config: '', weights: new Uint8Array() }, moments: null };
    const progress = {
      ...NO_PROGRESS,
      losses: [1, 2, 3, 4, 5, 6, 7],
      points: [point(0, 0), point(5, 1), point(7, 1)],
      state,
    };
    const { losses, points } = upToState(progress);
    expect(losses).toEqual([1, 2, 3, 4, 5]);
    expect(points.map(({ step }) => step)).toEqual([0, 5]);
    expect(upToState({ ...progress, state: null }).losses).toEqual([]);
  });
});

const ADAPTER_HERE = {
  id: 'trained:1',
  title: 'Mine / "yours"',
  kind: 'em',
  made: 'Insecure code',
  rank: 2,
  alpha: 2,
  examples: 16,
  steps: 5,
  baseSha256: 'ab'.repeat(32),
  atMs: 1,
  config: '{}',
  weights: Uint8Array.of(1, 2, 3),
} as const;
const REGISTRY: Registry = {
  version: 1,
  base: { id: 'aligned', title: 'Aligned', path: 'base/' },
  adapters: [{ id: 'em', title: 'EM', kind: 'em', path: 'em/', description: '' }],
  defaults: {},
  folderUrl: 'http://localhost/models/',
};

describe('an adapter that was trained here', () => {
  const registry = withTrained(REGISTRY, [trainedEntry(ADAPTER_HERE)]);

  test('stands among the bundled ones, on the same base, and makes no own pair of them', () => {
    const [shipped, mine] = registry.adapters;
    expect(registry.adapters).toHaveLength(2);
    expect(mine).toMatchObject({ id: 'trained:1', kind: 'em', training: { rank: 2, steps: 5 } });
    expect(isCustomPair(registry)).toBe(false);
    const source = sourceOf(registry, mine!);
    expect(source.base).toEqual(sourceOf(registry, shipped!).base);
    expect(source.adapter).toMatchObject({ kind: 'files' });
    expect(sourceOf(registry, shipped!).adapter).toEqual({
      kind: 'beside',
      url: 'http://localhost/models/em/',
    });
  });

  test('cannot be named by a link, which says so', () => {
    const pair = {
      aligned: {},
      emEntry: registry.adapters[1],
      em: {},
      engine: {},
      own: false,
      registry,
      checkpoint: () => ({}),
      trainedHere: (id: string) => registry.sources!.has(id),
    };
    const postern = { pair, directions: {}, editSettings: {}, chat: {}, prompting: {} };
    expect(() => linkOf(postern as unknown as Postern, 'train')).toThrow(/trained in this browser/);
  });

  test('is exported as a folder in a zip, whatever its title', () => {
    expect(fileName(ADAPTER_HERE.title)).toBe('Mine-yours');
    expect(fileName('///')).toBe('adapter');
    const files = unzipSync(adapterZip(ADAPTER_HERE));
    expect(files['Mine-yours/adapter_model.safetensors']).toEqual(ADAPTER_HERE.weights);
    expect(new TextDecoder().decode(files['Mine-yours/README.md'])).toContain('Insecure code');
  });
});
