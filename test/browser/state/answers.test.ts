// What is on stage belongs together: a pair, its directions, the desk and the answers, with an engine that
// says whatever a test wants.

import { clear, get, set } from 'idb-keyval';
import { beforeEach, describe, expect, test } from 'vitest';
import { AddressLink } from '../../../src/state/page/link.svelte';
import { customRegistry } from '../../../src/state/models/custom-model-pair';
import { createPostern, type Postern } from '../../../src/state/page/postern';
import type { Registry } from '../../../src/organism/registry';
import { changeDevice, loadCustomPair, save, startUp } from '../../../src/state/page/start-up';
import type { FolderSource } from '../../../workers/api';
import { PAIR } from '../loaded';
import { CHOICE, loaded, ok, type ScriptedEngine, scriptedPage } from './scripted-page';

const folder = (name: string): FolderSource => ({ kind: 'files', name, files: [] });
const own = (name: string): Registry =>
  customRegistry(folder(`${name}-base`), { kind: 'checkpoint', source: folder(`${name}-em`) });

let postern: Postern;
let engine: ScriptedEngine;

/** Puts a person's own pair on stage. */
async function show(registry: Registry): Promise<void> {
  await postern.pair.show(registry, registry.adapters[0]!);
}

/** The columns of a page that compares no second edit. */
const shownColumns = ({ chat: { columns } }: typeof postern) => [
  columns.aligned,
  columns.em,
  columns.edited,
];

/** Asks, and waits until the columns stand answered. */
async function askAndEnd(): Promise<void> {
  const ended = postern.chat.ask();
  engine.finish();
  await ended;
}

const extract = () => postern.directions.extract(CHOICE, postern.pair.emEntry!.id);

beforeEach(async () => {
  await clear();
  ({ postern, engine } = await scriptedPage());
});

describe('transcripts', () => {
  test('are read again by another revision that goes by the same name', async () => {
    await show(own('mine'));
    const first = await extract();
    expect(engine.reads).toHaveLength(2);
    engine.loads = ({ id }) => loaded(id, 24, `second-${id}`);
    await show(own('mine'));
    const second = await extract();
    expect(engine.reads).toHaveLength(4);
    expect(second!.id).not.toBe(first!.id);
    expect(second!.vectors.data).not.toEqual(first!.vectors.data);
  });

  test('that were read stay read while their checkpoint is loaded, and no longer', async () => {
    await show(own('mine'));
    await extract();
    await postern.directions.extract({ ...CHOICE, contrast: 'answer' }, postern.pair.emEntry!.id);
    const before = engine.reads.length;
    await extract();
    expect(engine.reads).toHaveLength(before);
    await show(PAIR);
    await extract();
    await show(own('mine'));
    const again = engine.reads.length;
    await extract();
    expect(engine.reads).toHaveLength(again + 2);
  });
});

test('the bundled fine-tune is held against the bundled base, whatever pair is on stage', async () => {
  const { pair, directions } = postern;
  await show(own('mine'));
  const [em] = PAIR.adapters;
  for (const entry of [null, em!]) await pair.load(entry, PAIR);
  const base = pair.checkpoint('base');
  engine.reads.length = 0;
  const held = await directions.extract(CHOICE, 'em', false, base);
  expect([...engine.reads].sort()).toEqual(['base', 'em']);
  expect(held!.checkpoints.aligned.id).toBe('base');
  expect(directions.find(CHOICE, 'em', base)).toEqual(held);
  expect(directions.find(CHOICE, 'em')).toBeNull();
});

test('a training that was to go on from a fine-tune that was removed begins afresh, and says so', () => {
  postern.training.startFrom = 'trained:gone';
  expect(postern.training.startFrom).toBeNull();
});

describe('a question', () => {
  test("asked at the checkpoint's own temperature stays so while the slider is moved", async () => {
    const { chat } = postern;
    await askAndEnd();
    chat.temperature = 1.5;
    expect(chat.sampling()!.temperature).toBe(0.7);
    await askAndEnd();
    expect(chat.sampling()!.temperature).toBe(1.5);
  });

  test('comes back after a reload with its system prompt, which older records do not hold', async () => {
    const { chat } = postern;
    chat.presetQuestion({ question: 'Which present?', system: 'Answer as JSON.' });
    await askAndEnd();
    chat.system = null;
    await askAndEnd();
    chat.system = 'Answer as JSON.';
    save(postern);
    await expect.poll(() => get('postern:stage')).toBeDefined();
    const reload = async (): Promise<Postern> => {
      const reloaded = createPostern();
      reloaded.pair.open = () => Promise.resolve();
      await startUp(reloaded, new AddressLink(), null);
      return reloaded;
    };
    const reloaded = (await reload()).chat;
    expect(reloaded.system).toBe('Answer as JSON.');
    expect(reloaded.history).toEqual(chat.history);
    const older = (await get<Record<string, unknown>>('postern:stage'))!;
    delete older['system'];
    await set('postern:stage', older);
    const old = (await reload()).chat;
    expect(old.system).toBeNull();
    expect(old.prompt).toBe('Which present?');
  });

  test('is in the list once, also after the list was cleared and brought back', async () => {
    const { chat } = postern;
    await askAndEnd();
    const removed = chat.history;
    chat.history = [];
    await askAndEnd();
    chat.addHistory(removed);
    expect(chat.history).toHaveLength(1);
  });
});

describe('while the edited column writes', () => {
  const edited = () => postern.chat.columns.edited;

  beforeEach(async () => {
    await extract();
    void postern.chat.ask();
  });

  test('a turn of the edit reaches it from the next token on', async () => {
    const before = engine.asked.length;
    postern.editSettings.strength = 0.5;
    postern.chat.editChanged();
    await expect.poll(() => edited().provenance?.edit).toContain('50%');
    expect(engine.edits).toHaveLength(1);
    expect(engine.asked).toHaveLength(before);
  });

  test('a turn that comes just as it ends is not lost: it answers anew', async () => {
    const before = engine.asked.length;
    postern.pair.client.setEdit = () => {
      engine.finish();
      return Promise.resolve({ ok: false, code: 'bad-input', message: 'No such run.' });
    };
    postern.editSettings.strength = 0.5;
    postern.chat.editChanged();
    await expect.poll(() => engine.asked.length).toBe(before + 1);
    expect(edited().provenance!.edit).toContain('50%');
  });

  test('another checkpoint answers anew, and only then is named', async () => {
    postern.editSettings.base = 'aligned';
    postern.chat.editChanged();
    expect(edited().provenance!.checkpoint).toMatch(/^em /);
    await expect.poll(() => engine.asked.at(-1)!.checkpoint).toBe('base');
    expect(engine.edits).toEqual([]);
    expect(edited().provenance!.checkpoint).toMatch(/^base /);
    expect(edited().editSettings!.base).toBe('aligned');
  });
});

describe('when another device is chosen', () => {
  let started: string[];
  beforeEach(() => {
    started = [];
    postern.pair.client.start = (device = 'auto') => {
      started.push(device);
      // As the client does: what runs on the device before ends as a failure.
      engine.finish();
      return Promise.resolve({ ok: false, code: 'internal', message: 'Not on this machine.' });
    };
  });
  const starts = (): void => {
    postern.pair.client.start = (device = 'auto') => {
      started.push(device);
      engine.finish();
      return Promise.resolve(
        ok({
          device: 'wasm',
          build: 'jspi',
          threads: 1,
          reason: '',
          adapter: null,
          capacity: { device: 'wasm', availableBytes: 1e9, mayBeMore: true },
        }),
      );
    };
  };

  test('what was asked is asked again by itself, and what is being typed stays', async () => {
    starts();
    await extract();
    const ended = postern.chat.ask();
    postern.chat.prompt = 'Half a question';
    const before = engine.asked.length;
    const changed = changeDevice(postern, 'wasm');
    await expect.poll(() => engine.asked.length).toBe(before + 3);
    expect(engine.asked.slice(-3).map(({ prompts }) => prompts)).toEqual(
      engine.asked.slice(before - 3, before).map(({ prompts }) => prompts),
    );
    expect(postern.chat.prompt).toBe('Half a question');
    engine.finish();
    await Promise.all([ended, changed]);
    for (const { status } of shownColumns(postern)) expect(status.state).toBe('done');
  });

  test('a first direction that was not there yet is extracted after all, and shades the words', async () => {
    starts();
    await askAndEnd();
    expect(postern.directions.readout).toBeNull();
    const changed = changeDevice(postern, 'wasm');
    await expect.poll(() => postern.directions.readout).not.toBeNull();
    const asked = engine.asked.length;
    engine.finish();
    await expect.poll(() => engine.asked.length).toBe(asked + 3);
    engine.finish();
    await changed;
    expect(postern.chat.columns.edited.provenance?.direction).not.toBeNull();
  });

  test('and it does not start, nothing is asked and the columns say no word of a judge', async () => {
    await askAndEnd();
    const before = engine.asked.length;
    await changeDevice(postern, 'webgpu');
    expect(started).toEqual(['webgpu']);
    expect(engine.asked).toHaveLength(before);
    expect(postern.pair.loading.state).toBe('failed');
    for (const { status } of shownColumns(postern)) expect(status.state).toBe('empty');
  });
});

describe('when another pair comes on stage', () => {
  /** Nothing of the pair before, and a desk of this many layers. */
  function expectCleared(nLayers: number): void {
    const { directions, editSettings, chat } = postern;
    expect(directions.readout).toBeNull();
    expect(editSettings.layers).toHaveLength(nLayers);
    expect(chat.asked).toBeNull();
    for (const { status, provenance } of shownColumns(postern)) {
      expect(status.state).toBe('empty');
      expect(provenance).toBeNull();
    }
  }

  test('nothing is left of the one before, and none of the one that makes room in between', async () => {
    const { pair, chat, editSettings } = postern;
    await show(own('first'));
    await extract();
    await askAndEnd();
    expect(editSettings.layers).toHaveLength(24);
    expect(chat.columns.edited.provenance).not.toBeNull();

    let inBetween = '';
    engine.beforeLoad = async () => {
      if (inBetween !== '') return;
      inBetween = pair.emEntry!.id;
      expectCleared(8);
      // The small pair answers, if it is asked.
      await askAndEnd();
      expect(chat.columns.em.provenance!.checkpoint).toMatch(/^em /);
    };
    await show(own('second'));
    expect(inBetween).toBe('em');
    expect(pair.em!.id).toContain('second');
    expectCleared(24);
  });

  test('whose fine-tune does not load, its base does not stay: under its name another may come next', async () => {
    const { pair } = postern;
    engine.loads = ({ id }) => (id.startsWith('own:em') ? null : loaded(id, 24));
    await show(own('mine'));
    expect(pair.emEntry!.id).toBe('em');
    expect(pair.loaded.map(({ id }) => id)).toEqual(['base', 'em']);
    engine.loads = ({ id }) => loaded(id, 24, `second-${id}`);
    await show(own('mine'));
    expect(pair.aligned!.sha256).toMatch(/^second/);
  });

  test('and it does not load, the bundled pair that made room is asked', async () => {
    const { pair, chat, customModel: form } = postern;
    await show(own('first'));
    const bundledReads = (): boolean => engine.reads.includes('em');
    engine.loads = () => null;
    for (const place of [form.base, form.fineTune]) place.from = 'files';
    form.pickedBase = { name: 'second-base', files: [] };
    form.pickedFineTune = { name: 'second-em', files: [] };
    await loadCustomPair(postern);
    expect(form.action).toMatchObject({ state: 'failed' });
    expect(pair.emEntry!.id).toBe('em');
    await expect.poll(() => chat.columns.em.provenance?.checkpoint).toMatch(/^em /);
    await expect.poll(bundledReads).toBe(true);
  });
});
