// What is kept in the browser may have been written by an older or a newer version. Under every key: nothing
// throws, the rest is intact, and the note names what was set aside, which is still there as it was.

import { clear, get, set } from 'idb-keyval';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { cleanup, render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import { TABS } from '../../../src/panels/tabs';
import MeasurePanel from '../../../src/panels/measure/Panel.svelte';
import StorageNote from '../../../src/panels/shell/StorageNote.svelte';
import { createTheme } from '../../../src/state/browser/theme.svelte';
import { AddressLink } from '../../../src/state/page/link.svelte';
import { createPostern, type Postern } from '../../../src/state/page/postern';
import { save, startUp } from '../../../src/state/page/start-up';
import { dropSetAside, setAside } from '../../../src/state/saved';
import type { SetAside } from '../../../src/state/saved/set-aside';
import { MEASUREMENT } from '../../unit/formats/class-record';
import { onSelected } from '../loaded';
import { CASES } from './kept-cases';
import { KEPT_KEYS } from '../../unit/state/kept-keys';
import { DIRECTION, EDIT } from './kept-fixtures';
import { EDIT_CASES } from './kept-edit-cases';
import { PAGE_CASES } from './kept-page-cases';
import WithPostern from '../panels/WithPostern.svelte';

const failures: string[] = [];
const fail = (event: ErrorEvent | PromiseRejectionEvent): void => {
  const said = String('reason' in event ? event.reason : event.message);
  // The browser's word for a chart that is measured again in the next frame.
  if (!said.startsWith('ResizeObserver')) failures.push(said);
};
addEventListener('error', fail);
addEventListener('unhandledrejection', fail);

beforeEach(async () => {
  await clear();
  await dropSetAside();
  failures.length = 0;
});
afterEach(() => {
  cleanup();
  expect(failures).toEqual([]);
});

/** The page as it starts with what is kept: a pair of 2 layers comes on stage, and its worker says nothing. */
async function start(): Promise<Postern> {
  const postern = createPostern();
  const { pair } = postern;
  const silent = { ok: false, code: 'cancelled', message: 'Cancelled.' } as const;
  pair.client.generate = () => Promise.resolve(silent);
  pair.client.capture = () => Promise.resolve(silent);
  pair.client.stored = () => Promise.resolve(silent);
  pair.open = () => {
    onSelected(postern);
    return Promise.resolve();
  };
  await startUp(postern, new AddressLink(), null);
  await postern.classResults.restore();
  await postern.customModel.restore();
  await postern.view.restore((id) => TABS.some((tab) => tab.id === id));
  return postern;
}

/** Reads all that panels draw from. */
function readAll({
  measurements,
  classResults,
  imported,
  lessons,
  training,
  directions,
}: {
  readonly measurements: Postern['measurements'];
  readonly classResults: Postern['classResults'];
  readonly imported: Postern['measurements']['imported'];
  readonly lessons: Postern['lessons'];
  readonly training: Postern['training'];
  readonly directions: Postern['directions'];
}): unknown[] {
  const { run, dose, transfer, contrasts, questions } = measurements;
  const runs = [run, dose.run, transfer.run, contrasts.run];
  return [
    ...runs.map((one) => [one.arms, one.paused, one.unlabelled, one.judge]),
    [dose.rates('misaligned'), contrasts.rows, questions.choices, questions.chosen('all')],
    [classResults.pools, classResults.participants, imported.arms, imported.texts, imported.total],
    [lessons.outcome, lessons.canRestore, lessons.progress, lessons.fresh],
    [training.paused, training.points, training.suggestedName, training.saved],
    directions.list.map((one) => [directions.name(one), directions.fits(one)]),
  ];
}
const everything = (postern: Postern): unknown[] =>
  readAll({ ...postern, imported: postern.measurements.imported });

describe.each([...CASES, ...EDIT_CASES, ...PAGE_CASES])('$is', ({ kept, intact, note }) => {
  test('costs itself alone, is named and still there, also at the next start', async () => {
    for (const [key, value] of Object.entries(kept)) await set(`postern:${key}`, value);
    const postern = await start();
    everything(postern);
    intact(postern);
    const aside = setAside();
    expect(aside.length > 0).toBe(note !== null);
    expect(await get('postern:set-aside')).toEqual(aside);
    for (const { key, path, value } of aside) {
      const original = path
        .split('.')
        .filter((name) => name !== '')
        .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], kept[key]);
      expect(value).toEqual(original);
    }
    await render(StorageNote);
    const said = page.getByRole('status', { name: 'Set aside' });
    if (note) await expect.element(said).toHaveTextContent(note);
    else await expect.element(said).not.toBeInTheDocument();
    await render(WithPostern, { postern, panel: MeasurePanel });
    await expect.element(page.getByRole('region', { name: 'Class results' })).toBeVisible();

    save(postern);
    await postern.classResults.restore();
    const again = await start();
    intact(again);
    everything(again);
    expect(setAside()).toHaveLength(aside.length);
  });
});

const KEYS = [...KEPT_KEYS, 'set-aside'];
const ANYTHING: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['a text', 'text'],
  ['a number', 7],
  ['an empty list', []],
  ['an empty object', {}],
  ['a list of null', [null]],
  ['a list of empty objects', [{}]],
  ['a version that is not there yet', { version: 99 }],
  ['a map', new Map([['a', 1]])],
];

test.each(ANYTHING)('%s under every key ends no start and empties no tab', async (_, value) => {
  for (const key of KEYS) {
    await clear();
    await set(`postern:${key}`, value);
    const postern = await start();
    expect(everything(postern), key).toHaveLength(9);
  }
  await clear();
  for (const key of KEYS) await set(`postern:${key}`, value);
  const postern = await start();
  await render(WithPostern, { postern, panel: MeasurePanel });
  await expect.element(page.getByRole('region', { name: 'Class results' })).toBeVisible();
});

test('what was set aside comes back to a version that can read it', async () => {
  const entry = (key: string, value: unknown): SetAside => ({
    ...{ key, path: '0', why: 'A newer version of Postern wrote it.', atMs: 1 },
    value,
  });
  await set('postern:set-aside', [
    entry('room', MEASUREMENT),
    entry('directions', DIRECTION),
    entry('room', { ...MEASUREMENT, extra: 1 }),
  ]);
  const { classResults, directions } = await start();
  expect(classResults.list).toEqual([MEASUREMENT]);
  expect(directions.list).toEqual([DIRECTION]);
  expect(setAside()).toHaveLength(1);
  expect(await get('postern:room')).toEqual([MEASUREMENT]);
});

test('what was set aside is deleted only when a person says so', async () => {
  await set('postern:desk', { ...EDIT, mode: 'rotate' });
  await start();
  await render(StorageNote);
  await page.getByRole('button', { name: 'Delete it' }).click();
  await expect.element(page.getByRole('status', { name: 'Set aside' })).not.toBeInTheDocument();
  expect(await get('postern:set-aside')).toEqual([]);
});

test('a theme that is none leaves the wish of the system', () => {
  localStorage.setItem('postern:theme', 'neon');
  expect(['light', 'dark']).toContain(createTheme().value);
  localStorage.removeItem('postern:theme');
});
