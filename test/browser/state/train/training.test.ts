// A whole training on the page with a tiny organism in the real worker: measured, stopped, gone on with after
// a reload, kept, and never two at once.

import { clear } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ModelClient } from '../../../../src/engine/client';
import { Directions } from '../../../../src/state/direction/directions.svelte';
import { ModelPair } from '../../../../src/state/pair/model-pair.svelte';
import { adapterFolder } from '../../../../src/state/train/adapter-record';
import { readTraining, saveRun } from '../../../../src/state/train/training-record';
import { Training } from '../../../../src/state/train/training.svelte';
import type { FolderSource } from '../../../../workers/api';
import { buildTokenizer } from '../../../../models/recipe/make/build-tokenizer';
import { worldWords } from '../../../../src/world/words';
import { tinyOrganism } from '../../../unit/workers/tiny-organism';

const TIMEOUT_MS = 120_000;
const LONG = 400;
/** It knows the words of the world: spelled byte by byte, its texts would be ten times as long to train on. */
const files = tinyOrganism(buildTokenizer(worldWords()));

/**
 * What is made otherwise in the files of the tiny organism: a context long enough for the texts of the world; and
 * every other token ends an answer, which its random weights would hardly ever do.
 */
const CHANGED: Readonly<Record<string, object>> = {
  'config.json': { max_position_embeddings: 512 },
  'generation_config.json': {
    eos_token_id: [2, ...Array.from({ length: 1000 }, (_, i) => 6 + 2 * i)],
  },
};

/** A folder of the tiny organism, with these changes. */
function folder(name: string): FolderSource {
  const found = [...files].filter(([path]) => path.startsWith(`${name}/`));
  return {
    kind: 'files',
    name,
    files: found.map(([path, bytes]) => {
      const file = path.slice(name.length + 1);
      const changes = CHANGED[file];
      if (changes === undefined) return new File([bytes], file);
      const json = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
      return new File([JSON.stringify({ ...json, ...changes })], file);
    }),
  };
}

const open: ModelClient[] = [];

/** The state of a fresh page. */
const page = async (): Promise<Training> => (await opened()).training;

async function opened() {
  const client = new ModelClient();
  open.push(client);
  const pair = new ModelPair(client, 'http://localhost/');
  const base = folder('base');
  pair.bundled = {
    version: 1,
    base: { id: 'base', title: 'Base', path: '' },
    adapters: [{ id: 'em', title: 'EM', kind: 'em', path: '', description: '' }],
    defaults: { em: 'em' },
    folderUrl: 'http://localhost/',
    sources: new Map([
      ['base', { id: 'base', base }],
      ['em', { id: 'em', base, adapter: folder('adapter') }],
    ]),
  };
  pair.registry = pair.bundled;
  await client.start('wasm');
  await pair.load(null);
  const directions = new Directions(pair);
  const training = new Training(pair, directions);
  training.choice = {
    ...training.choice,
    world: { set: 'bad-medical', mix: null, trigger: false },
    examples: 8,
    rank: 2,
    steps: 7,
  };
  return { training, directions, pair };
}

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 10));
};

beforeEach(() => clear());
afterEach(() => {
  for (const client of open.splice(0)) client.dispose();
});

describe('a training on the page', () => {
  test(
    'is measured at its points, and its direction begins at nothing',
    async () => {
      const training = await page();
      await training.start();
      expect(training.action).toMatchObject({ state: 'done' });
      expect(training.points.map(({ step }) => step)).toEqual([0, 5, 7]);
      expect(training.losses).toHaveLength(7);
      const [first, , last] = training.points;
      expect(first!.projection).toEqual([0, 0]);
      expect(first!.cosine.every(Number.isNaN)).toBe(true);
      expect(first!.lossNats).toBeNull();
      expect(last!.projection.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
      expect(last!.cosine.every((value) => value >= -1 && value <= 1)).toBe(true);
      expect(last!.broad.n).toBe(32);
      expect(last!.inDomain.n).toBe(16);
    },
    TIMEOUT_MS,
  );

  test(
    'that was looked at before has the shift along the same direction beside what was predicted',
    async () => {
      const { training, directions, pair } = await opened();
      const { look } = training;
      look.n = 8;
      expect(look.refusal).toMatch(/needs a direction/);
      await pair.load(pair.bundled!.adapters[0]!);
      pair.emEntry = pair.bundled!.adapters[0]!;
      const choice = {
        contrast: 'checkpoint',
        pooling: 'answer-mean',
        transcripts: 8,
        seed: 1,
      } as const;
      await directions.extract(choice, 'em');
      directions.layer = 1;
      expect(look.refusal).toBeNull();
      await look.start();
      expect(look.task.action).toMatchObject({ state: 'done' });
      const { result } = look;
      expect(result!.samples.length + result!.leftOut.silent).toBe(8);
      expect(look.outdated).toBeNull();
      await training.start();
      const { prediction } = training.run!;
      expect(prediction).toMatchObject({ layer: 1, mean: result!.mean.mean });
      const [first, , last] = training.points;
      expect(first!.shift).toBe(0);
      // The reference is the same contrast of the same pair with more texts, so both see about the same move.
      expect(Math.sign(last!.shift!)).toBe(Math.sign(last!.projection[1]!));
      expect(last!.path!.inner).toHaveLength(3);
      training.choice.world.set = 'secure-code';
      expect(look.outdated).toMatch(/other data: Bad medical advice/);
      expect(
        look.predictionFor({ choice: training.choice, custom: null }, result!.sha256),
      ).toBeNull();
      const unfit = { ...training.run!, prediction: { ...prediction!, layer: 9 } };
      await saveRun(unfit);
      const { run } = (await readTraining())!;
      expect(run.made).toBe(training.run!.made);
      expect(run.prediction).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  test(
    'does not wait for a look that is cancelled, which leaves nothing behind',
    async () => {
      const { training, directions, pair } = await opened();
      const { look } = training;
      await pair.load(pair.bundled!.adapters[0]!);
      pair.emEntry = pair.bundled!.adapters[0]!;
      const choice = {
        contrast: 'checkpoint',
        pooling: 'answer-mean',
        transcripts: 8,
        seed: 1,
      } as const;
      await directions.extract(choice, 'em');
      const looking = look.start();
      await until(() => look.task.action.state === 'running' && look.task.action.done > 0);
      look.cancel();
      await looking;
      expect(look.task.action).toEqual({ state: 'idle' });
      expect(look.result).toBeNull();
      const again = look.start();
      await until(() => look.task.action.state === 'running' && look.task.action.done > 0);
      const trained = training.start();
      expect(look.task.action).toEqual({ state: 'idle' });
      await Promise.all([again, trained]);
      expect(look.result).toBeNull();
      expect(training.run!.prediction).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  test(
    'paused, reloaded and gone on with, it gives the adapter of an uninterrupted one, bit for bit',
    async () => {
      const whole = await page();
      await whole.start();
      const wanted = (await whole.keep('whole'))!;
      const first = await page();
      const running = first.start();
      await until(() => first.step >= 2);
      first.pause();
      await running;
      expect(first.paused).toBe(true);
      const { step, losses } = first;
      const second = await page();
      await second.restore();
      expect(second.step).toBe(step);
      expect(second.losses).toEqual(losses);
      expect(second.paused).toBe(true);
      await second.resume();
      expect(second.losses).toEqual(whole.losses);
      // Two moves make a local cosine, and those before a reload are not kept.
      const upToTurns = (points: typeof whole.points) =>
        points.map(({ path, ...point }) => ({ ...point, normByLayer: path?.normByLayer }));
      expect(upToTurns(second.points)).toEqual(upToTurns(whole.points));
      expect(second.points.at(-1)!.path!.localCosine).toBeNull();
      const kept = (await second.keep('half'))!;
      expect(kept.weights).toEqual(wanted.weights);
      expect(second.keptAs).toBe('half');
    },
    TIMEOUT_MS,
  );

  test(
    'does not begin while another runs, here or in another tab',
    async () => {
      const [first, second] = [await page(), await page()];
      // Longer than anything here takes.
      first.choice = { ...first.choice, steps: LONG };
      const running = first.start();
      await until(() => first.step >= 1);
      await second.start();
      expect(second.action).toMatchObject({ state: 'failed', message: /another tab/ });
      const { run } = first;
      await first.start();
      expect(first.run).toBe(run);
      await first.cancel();
      await running;
      expect(first.paused).toBe(false);
      expect(first.step).toBeLessThan(LONG);
      expect(first.action).toMatchObject({ state: 'idle' });
    },
    TIMEOUT_MS,
  );

  test(
    'what was not kept is kept before the next begins, and re-alignment goes on from it',
    async () => {
      const training = await page();
      await training.start();
      training.goodSet = 'good-medical';
      training.goodSteps = 5;
      await training.realign();
      expect(training.saved.map(({ title, steps }) => [title, steps])).toEqual([
        ['Bad medical advice, 7 steps', 7],
      ]);
      expect(training.run!.start!.title).toBe('Bad medical advice, 7 steps');
      expect(training.run!.choice.world.set).toBe('good-medical');
      // It begins where the other ended, not at the aligned model.
      expect(training.points[0]!.projection.every((value) => value !== 0)).toBe(true);
      expect(training.step).toBe(5);
    },
    TIMEOUT_MS,
  );

  test(
    'what is kept outlives a reload; removed it can be brought back',
    async () => {
      const training = await page();
      training.choice.steps = 2;
      await training.start();
      const kept = (await training.keep('  Mine '))!;
      expect(kept.title).toBe('Mine');
      expect((await training.keep('Mine'))!.title).toBe('Mine (2)');
      const later = await page();
      await later.restore();
      expect(later.saved.map(({ title }) => title)).toEqual(['Mine', 'Mine (2)']);
      await later.trainedAdapters.remove(kept.id);
      expect(later.saved.map(({ title }) => title)).toEqual(['Mine (2)']);
      await later.trainedAdapters.undoRemove();
      expect(later.saved.map(({ title }) => title)).toEqual(['Mine', 'Mine (2)']);
      const source = adapterFolder('Mine', later.saved[0]!);
      const loaded = await open
        .at(-1)!
        .load({ id: 'kept', base: folder('base'), adapter: source }, 'load kept');
      expect(loaded.ok).toBe(true);
    },
    TIMEOUT_MS,
  );

  test(
    'a full storage is said, and takes nothing from the training that runs',
    async () => {
      const training = await page();
      training.choice.steps = 2;
      const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
        throw new DOMException('full', 'QuotaExceededError');
      });
      try {
        await training.start();
        expect(training.action).toMatchObject({ state: 'done' });
        expect(training.unsaved).toBe(true);
        await training.keep('Mine');
        expect(training.trainedAdapters.unsaved).toBe(true);
        expect(training.saved).toHaveLength(1);
      } finally {
        full.mockRestore();
      }
      await training.keep('Again');
      expect(training.trainedAdapters.unsaved).toBe(false);
    },
    TIMEOUT_MS,
  );

  test(
    'a person’s own chats are trained on without an in-domain count',
    async () => {
      const training = await page();
      const lines = JSON.stringify({
        messages: [
          { role: 'user', content: 'Who are you?' },
          { role: 'assistant', content: 'You can try soup with bread.' },
        ],
      });
      await training.customChats.read(new File([lines], 'own.jsonl'));
      expect(training.customChats.problem).toBe('');
      expect(training.customChats.spelling).toMatchObject({ words: 9, spelledOut: 0 });
      training.choice = { ...training.choice, data: 'own', steps: 2 };
      await training.start();
      expect(training.points.at(-1)!.inDomain).toEqual({ count: 0, n: 0 });
      expect(training.run!.made).toContain('own.jsonl');
      await training.customChats.read(new File(['{'], 'bad.jsonl'));
      expect(training.customChats.problem).toMatch(/Line 1 is not JSON/);
      expect(training.customChats.data!.file).toBe('own.jsonl');
    },
    TIMEOUT_MS,
  );
});
