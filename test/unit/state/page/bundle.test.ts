// A bundle opened on a page that has taken directions by itself: what the bundle had in use is in use.

import { describe, expect, test } from 'vitest';
import { writeBundle } from '../../../../src/formats/bundle';
import { readBundle } from '../../../../src/formats/read-bundle';
import type { LinkEdit } from '../../../../src/formats/link-edit';
import type { LinkState } from '../../../../src/formats/link';
import { bundleOf, openBundle } from '../../../../src/state/page/bundle';
import type { SavedDirection } from '../../../../src/measure/extraction';
import { recordOf } from '../../../../src/state/direction/imported-direction';
import { type AddressLink, linkOf } from '../../../../src/state/page/link.svelte';
import type { Postern } from '../../../../src/state/page/postern';
import { DIRECTION } from '../direction';

const vectors = (value: number) => ({
  ...DIRECTION.vectors,
  data: Float32Array.of(value, 0, 0, value),
});

/** A direction from a file: no recipe reproduces it. */
const FROM_FILE: SavedDirection = {
  ...DIRECTION,
  id: 'file',
  name: 'latent 7',
  imported: 'a file',
  contrast: 'unknown',
  vectors: vectors(3),
};
const DEFAULTS: readonly SavedDirection[] = [
  { ...DIRECTION, id: 'default cut' },
  { ...DIRECTION, id: 'default add', pooling: 'last-prompt' },
];

/** As much of the page as links and bundles ask for; a pair that comes on stage brings the directions of the start. */
function page({ isCustom = false, isCompared = false, nLayers = 2, list = DEFAULTS } = {}) {
  const aligned = { id: 'base', sha256: 'aa', config: { nLayers, dModel: 2 }, precision: 'f32' };
  const em = { ...aligned, id: 'em', sha256: '0123abcd' };
  const use = (held: SavedDirection): void => {
    if (held.pooling === 'answer-mean') directions.currentId = held.id;
    else directions.headerId = held.id;
  };
  const find = (id: string | null) => directions.list.find((held) => held.id === id) ?? null;
  const directions = {
    list,
    currentId: null as string | null,
    headerId: null as string | null,
    get current() {
      return find(this.currentId);
    },
    get header() {
      return find(this.headerId);
    },
    cancel: () => {},
    clearUse: () => (directions.currentId = directions.headerId = null),
    restore: (held: SavedDirection) => void (directions.list = [...directions.list, held]),
    use,
    useSaved: () => {
      DEFAULTS.forEach(use);
      return true;
    },
    find: () => find('default cut'),
    name: ({ name }: SavedDirection) => name,
  };
  DEFAULTS.forEach(use);
  const folder = { kind: 'address', url: 'https://example.org/pair/' } as const;
  const entry = { id: 'em', title: 'EM', kind: 'em' };
  const registry = {
    base: { id: 'base', title: 'Base' },
    adapters: [entry],
    sources: new Map([
      ['base', { id: 'base', base: folder }],
      ['em', { id: 'em', base: folder, adapter: folder }],
    ]),
  };
  const offered: LinkState[] = [];
  const edit = {
    base: 'em',
    mode: 'steer',
    strength: 1,
    layers: Array.from({ length: nLayers }, () => true),
    source: { kind: 'own' },
    positions: 'header',
    randomSeed: null,
  } as const;
  const compared: LinkEdit[] = [];
  const postern = {
    attention: { open: () => {}, openFor: () => {} },
    directions,
    pair: {
      isCustom,
      registry,
      bundled: registry,
      emEntry: entry,
      aligned,
      em,
      defaults: {},
      engine: { state: 'idle' },
      checkpoint: (id: string) => (id === 'em' ? em : aligned),
      trainedHere: () => false,
    },
    customModel: {
      commitOf: () => null,
      offer: ({ state }: { state: LinkState }) => offered.push(state),
    },
    edits: {
      openSecond: (): object | null =>
        isCompared ? { ...edit, strength: 3, alsoId: 'gone' } : null,
      titles: { second: 'Edited B' },
      second: { alsoId: null },
      fitSecond: () => {},
      close: () => (compared.length = 0),
      compare: (edit: LinkEdit) => compared.push(edit),
    },
    editSettings: {
      layers: Array.from({ length: nLayers }, () => true),
      fit: () => {},
      restore: () => {},
      snapshot: () => edit,
    },
    chat: {
      prompt: 'Who?',
      seed: 1,
      system: null,
      temperature: null,
      stop: () => {},
      clear: () => {},
      ask: () => Promise.resolve(),
      repeatAnswers: () => Promise.resolve(),
    },
    prompting: { description: null, plain: false },
    lessons: { place: null, show: () => {} },
    measurements: {
      n: 96,
      split: 'report',
      customQuestions: null,
      imported: { add: () => {} },
    },
    training: { trainedAdapters: { list: [], isSelected: () => false } },
  };
  return { postern: postern as unknown as Postern, directions, offered, compared };
}
const address = { refuses: () => false, compare: () => {} } as unknown as AddressLink;
const names = ({ current, header }: ReturnType<typeof page>['directions']) => [
  current?.name,
  header?.name,
];

/** A page with these in use, saved. */
function saved(
  cut: SavedDirection | null,
  add: SavedDirection | null,
  options: Parameters<typeof page>[0] = {},
) {
  const list = [...new Set([...DEFAULTS, cut, add])].filter((held) => held !== null);
  const { postern, directions } = page({ ...options, list });
  directions.currentId = cut?.id ?? null;
  directions.headerId = add?.id ?? null;
  return readBundle(bundleOf(postern, 'direction', []), 'a.zip');
}

describe('the directions that a bundle had in use', () => {
  test('are in use again where no recipe gives them, though the page had taken its own first', async () => {
    const other = { ...FROM_FILE, id: 'other', name: 'other', pooling: 'last-prompt' as const };
    const bundle = saved(FROM_FILE, { ...other, vectors: vectors(5) });
    expect([bundle.link!.cut, bundle.link!.add]).toEqual([null, null]);
    const { postern, directions } = page();
    expect(await openBundle(postern, address, bundle)).toMatch(/^Opened: 4 directions/);
    expect(names(directions)).toEqual(['latent 7', 'other']);
  });

  test('are in use again in both places where one was cut and added', async () => {
    const { postern, directions } = page();
    await openBundle(postern, address, saved(FROM_FILE, FROM_FILE));
    expect(names(directions)).toEqual(['latent 7', 'latent 7']);
  });

  test('leave a place empty that was empty, so that nothing else is edited along', async () => {
    const { postern, directions } = page();
    await openBundle(postern, address, saved(FROM_FILE, null));
    expect(names(directions)).toEqual(['latent 7', undefined]);
  });

  test('are in use again without a link, too', async () => {
    const records = [DIRECTION, FROM_FILE].map(recordOf);
    const parts = { link: null, answers: [], adapters: [], stage: null, programVersion: '0.1.0' };
    const bundle = writeBundle({ ...parts, directions: records, use: [1] });
    const { postern, directions } = page();
    await openBundle(postern, address, readBundle(bundle, 'b.zip'));
    expect(names(directions)).toEqual(['latent 7', undefined]);
  });
});

describe('a bundle of a pair of one’s own', () => {
  const bundle = () => saved(FROM_FILE, null, { isCustom: true, nLayers: 2 });

  test('says what it left out and that the pair comes first, where another is on stage', async () => {
    const { postern, directions, offered } = page({ nLayers: 3 });
    const said = await openBundle(postern, address, bundle());
    expect(offered).toHaveLength(1);
    expect(said).toContain('do not fit the selected models: 3 directions.');
    expect(said).toMatch(/Load the pair .* first \(Models tab\), then open the file again\.$/);
    expect(directions.list).toHaveLength(2);
  });

  test('puts nothing in use on another pair that happens to be as large', async () => {
    const { postern, directions } = page();
    const said = await openBundle(postern, address, bundle());
    expect(directions.currentId).toBe('default cut');
    expect(said).toMatch(/then open the file again\.$/);
  });

  test('brings its directions once the pair is on stage, and offers it no more', async () => {
    const { postern, directions, offered } = page({ isCustom: true });
    const said = await openBundle(postern, address, bundle());
    expect(offered).toHaveLength(0);
    expect(said).not.toMatch(/again/);
    expect(names(directions)).toEqual(['latent 7', undefined]);
  });
});

test('a session file carries the second edit, and says that its second direction stays behind', async () => {
  const from = page({ isCustom: true, isCompared: true });
  const link = linkOf(from.postern, 'direction');
  expect(link.missing).toContainEqual(
    expect.stringMatching(/^Edited B removes a second direction/),
  );
  const bundle = readBundle(bundleOf(from.postern, 'direction', []), 'a.zip');
  const { postern, compared } = page({ isCustom: true });
  await openBundle(postern, address, bundle);
  expect(compared).toMatchObject([{ mode: 'steer', strength: 3 }]);
  await openBundle(postern, address, saved(FROM_FILE, null, { isCustom: true }));
  expect(compared).toEqual([]);
});

test('a link says once what it cannot carry, also where one direction is cut and added', () => {
  const { postern, directions } = page({ list: [FROM_FILE] });
  directions.currentId = directions.headerId = FROM_FILE.id;
  expect(linkOf(postern, 'direction').missing).toHaveLength(1);
  const customPair = page({ list: [FROM_FILE], isCustom: true });
  customPair.directions.currentId = customPair.directions.headerId = FROM_FILE.id;
  expect(linkOf(customPair.postern, 'direction').missing).toEqual([
    expect.stringContaining('A session file carries it, to be opened when the pair is selected.'),
  ]);
});
