// A person's own pair, end to end: named on a stand-in for the Hub, looked up, loaded, asked; and after
// a reload loaded again with the stand-in gone.

import { basename, join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMIT, filesOf, serveHub, type Repository, type StandIn } from '../stand-ins/hub';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { askBoth, nameRepositories, customSection, place, press } from './custom-pair';
import {
  allAnswered,
  column,
  madeOf,
  openTab,
  openTool,
  sidewaysScroll,
  startedUp,
  textOf,
} from './postern-page';
import { readPublished } from '../../models/recipe/make/published-file';
import { RegistryFile } from '../../src/organism/registry';

const MODELS = join(import.meta.dirname, '..', '..', 'models');
const registry = readPublished(RegistryFile, join(MODELS, 'registry.json'));
const BASE = join(MODELS, registry.base.path);
const ADAPTER = join(MODELS, registry.adapters[0]!.path);

const REPOSITORIES = new Map<string, Repository>([
  ['postern/organism', { files: filesOf(BASE), licence: 'mit' }],
  ['postern/insecure-code', { files: filesOf(ADAPTER) }],
]);

let hub: StandIn;

const nameThem = (page: Page): Promise<void> =>
  nameRepositories(page, {
    base: 'postern/organism',
    fineTune: 'postern/insecure-code',
    endpoint: hub.endpoint,
  });

/** The button of the top bar that names the pair on stage. */
const named = (page: Page, words: string) =>
  page.getByRole('banner').getByRole('button', { name: words });

/** In the page, so without functions of its own: sizes of what was made of the stored checkpoints. */
async function madeFiles(): Promise<number[]> {
  const sizes: number[] = [];
  const folders = [await navigator.storage.getDirectory()];
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    for await (const entry of folder.values()) {
      if (entry.kind === 'directory') folders.push(entry);
      else if (entry.name === 'made.int8.bin') sizes.push((await entry.getFile()).size);
    }
  }
  return sizes;
}

/** Waits until the pair is on stage and has answered. */
async function onSelected(page: Page): Promise<void> {
  await named(page, 'postern/organism and postern/insecure-code').waitFor();
  await page.waitForFunction(() => document.querySelector('article.em .token') !== null);
}

beforeAll(async () => {
  hub = await serveHub(REPOSITORIES);
});
afterAll(() => hub.close());
const app = useApp({ organism: 'small' });

describe('a pair from the Hub', () => {
  test('is asked for only when a button says so', async () => {
    await nameThem(app.page);
    expect(hub.requests).toEqual([]);
    await press(app.page, 'Look it up');
    const card = customSection(app.page).getByRole('region', { name: 'What was found' });
    // The choice of a precision is worked out last.
    await card.getByText(/MB of the \d\.\d\d GB there are/).waitFor();
    const said = await card.innerText();
    expect(said).toContain('mit');
    expect(said).toContain('none stated');
    expect(said).toContain(COMMIT.slice(0, 8));
    expect(said).toMatch(/llama, \d+\.\d million parameters/);
    // The header of the adapter says whether it fits; of weights nothing else is asked for.
    const weights = hub.requests.filter((request) => request.includes('.safetensors'));
    expect(weights.map((request) => request.split('/').at(-1))).toEqual([
      'adapter_model.safetensors',
    ]);
    // How both would be kept, and what that takes, before anything large is asked for.
    expect(said).toMatch(/f32\s+\d+ MB\s+fits; taken/);
    expect(said).toMatch(/int8\s+\d+ MB\s+fits/);
    expect(said).toMatch(/32-bit floating point: it takes [\d.]+ MB of the \d\.\d\d GB there are/);
  });

  test('breaks off in the middle, goes on by itself, and answers on stage', async () => {
    let cuts = 1;
    hub.fault = (path) =>
      path.endsWith('/model.safetensors') && cuts-- > 0
        ? { kind: 'cut', after: 100_000 }
        : undefined;
    await press(app.page, 'Load');
    await onSelected(app.page);
    expect(hub.requests.filter((request) => request.includes('bytes=100000-'))).toHaveLength(1);
    await askBoth(app.page, 'What should I cook today?');
    expect((await textOf(app.page, 'Aligned')).length).toBeGreaterThan(5);
    expect(await textOf(app.page, 'Fine-tuned')).not.toBe('');
    const stored = customSection(app.page).getByRole('region', { name: 'Stored checkpoints' });
    const folders = stored.getByRole('list', { name: 'Stored folders' });
    await expect.poll(() => folders.getByRole('listitem').count()).toBe(2);
    // Its vocabulary is the bundled one, so the judge reads it; of a typed question it vouches for exact sentences only.
    const refused = column(app.page, 'Fine-tuned').getByText('not of this world', { exact: true });
    await expect.poll(() => refused.count()).toBe(1);
  });

  test('has a form that axe finds nothing wrong with, and that fits 390 px', async () => {
    expect(await axeViolations(app.page)).toEqual([]);
    await app.page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => sidewaysScroll(app.page)).toBe(0);
    await app.page.setViewportSize({ width: 1440, height: 900 });
  });

  test('is kept as int8 when the person says so, and what is made of it says so', async () => {
    const { page } = app;
    await openTool(page, 'Models', 'Your own model');
    await customSection(page).getByLabel('How the weights of both are kept').selectOption('int8');
    await customSection(page)
      .getByText(/8-bit whole numbers, as chosen: it takes/)
      .waitFor();
    await press(page, 'Load');
    await page
      .getByText(/^postern\/insecure-code [0-9a-f]{7}, int8/)
      .first()
      .waitFor();
    await askBoth(page, 'What should I cook today?');
    for (const name of ['Aligned', 'Fine-tuned'] as const)
      expect(await madeOf(page, name)).toMatch(/ [0-9a-f]{7}, int8/);
    expect(await textOf(page, 'Fine-tuned')).not.toBe('');
    // A direction of the f32 pair is none of this one, nor is what was said along it an answer.
    await expect.poll(() => column(page, 'Edited').innerText()).toContain('Extract a direction');
    await openTab(page, 'Direction');
    await page.getByLabel('Transcripts, half on each side').selectOption('16');
    await page.getByRole('button', { name: /^Extract from 16/ }).click();
    await page
      .getByText(/^postern\/insecure-code [0-9a-f]{7}, int8 and postern\/organism/)
      .waitFor();
    await allAnswered(page);
    await expect.poll(() => madeOf(page, 'Edited')).toMatch(/n 16, int8/);
  });

  test('as a link fills in the form elsewhere, and nothing is asked of any server before a button is pressed', async () => {
    const { page } = app;
    await customSection(page).page().getByRole('button', { name: 'Share', exact: true }).click();
    const share = page.getByRole('dialog', { name: 'Share what is on the page' });
    const url = await share.getByLabel(/^Link, \d+ characters/).inputValue();
    await page.keyboard.press('Escape');
    const fragment = url.slice(url.indexOf('#'));
    expect(fragment).toContain('keep=int8');
    expect(fragment).toContain(`%40${COMMIT}`);
    const asked = hub.requests.length;
    const other = await app.browser.open({ query: fragment });
    try {
      await startedUp(other.page);
      const note = customSection(other.page)
        .getByRole('status')
        .filter({ hasText: 'The link names' });
      await note.waitFor();
      await expect
        .poll(() => note.innerText())
        .toContain(`postern/organism (${COMMIT}) from ${hub.endpoint}`);
      expect(await axeViolations(other.page)).toEqual([]);
      expect(hub.requests).toHaveLength(asked);
      expect(other.elsewhere).toEqual([]);
      await press(other.page, 'Look it up');
      await customSection(other.page).getByRole('region', { name: 'What was found' }).waitFor();
      await press(other.page, 'Load');
      await onSelected(other.page);
      await expect
        .poll(() => madeOf(other.page, 'Fine-tuned'))
        .toBe(await madeOf(page, 'Fine-tuned'));
      await expect
        .poll(() => textOf(other.page, 'Fine-tuned'))
        .toBe(await textOf(page, 'Fine-tuned'));
      await expect.poll(() => note.count()).toBe(0);
    } finally {
      await other.close();
    }
  });

  test('is offered by its name after a reload, in the tab that was open, and comes back from storage alone', async () => {
    const { page } = app;
    const before = await textOf(page, 'Fine-tuned');
    const asked = hub.requests.length;
    await openTab(page, 'Models');
    await page.reload();
    await startedUp(page);
    await page.getByRole('tab', { name: 'Models', selected: true }).waitFor();
    const note = page.getByRole('status').filter({ hasText: 'Your last visit ended with' });
    await expect
      .poll(() => note.innerText())
      .toContain('postern/organism and postern/insecure-code. They are stored in this browser');
    const stored = customSection(page).getByRole('list', { name: 'Stored pairs' });
    // One entry for each precision that it was loaded at, the latest first.
    const [int8, auto] = await stored.getByRole('listitem').allInnerTexts();
    expect(int8).toContain('postern/organism and postern/insecure-code, int8');
    expect(auto).not.toContain('int8');
    expect(await axeViolations(page)).toEqual([]);
    await note.getByRole('button', { name: 'Compare them again' }).click();
    await onSelected(page);
    await expect.poll(() => note.count()).toBe(0);
    await askBoth(page, 'What should I cook today?');
    expect(await textOf(page, 'Fine-tuned')).toBe(before);
    expect(hub.requests).toHaveLength(asked);
  });

  test('is there after a reload without the Hub, rounded as it was', async () => {
    const before = await textOf(app.page, 'Fine-tuned');
    // Files of 3.8 million weights each, with the index at the end.
    const made = await app.page.evaluate(madeFiles);
    expect(made.map((bytes) => Math.round(bytes / 1e6))).toEqual([2, 2]);
    await hub.close();
    await app.page.reload();
    await startedUp(app.page);
    await openTool(app.page, 'Models', 'Your own model');
    // The form is filled in as it was left.
    await press(app.page, 'Look it up');
    const card = customSection(app.page).getByRole('region', { name: 'What was found' });
    await card.getByText('stored already').first().waitFor();
    await press(app.page, 'Load');
    await onSelected(app.page);
    await askBoth(app.page, 'What should I cook today?');
    expect(await textOf(app.page, 'Fine-tuned')).toBe(before);
  });

  test('says what a refusal for other pages (CORS) looks like from here', async () => {
    const closed = await serveHub(REPOSITORIES);
    closed.fault = () => ({ kind: 'no-cors' });
    await customSection(app.page).getByText('Mirror, private and gated repositories').click();
    await customSection(app.page).getByLabel('Endpoint', { exact: true }).fill(closed.endpoint);
    await press(app.page, 'Look it up');
    const said = await customSection(app.page).getByRole('alert').innerText();
    expect(said).toContain('CORS');
    expect(said).toContain('drop it here');
    await closed.close();
  });

  test('may come from folders of this computer, with no request at all', async () => {
    const { page } = app;
    for (const [name, folder] of [
      ['Base', BASE],
      ['Fine-tune', ADAPTER],
    ] as const) {
      await place(page, name).getByText('folder on this computer').click();
      await place(page, name).locator('input[type=file]').setInputFiles(folder);
    }
    const before = app.elsewhere.length;
    await press(page, 'Look it up');
    const card = customSection(page).getByRole('region', { name: 'What was found' });
    await card.getByText('on this computer').first().waitFor();
    await press(page, 'Load');
    await named(page, `${basename(BASE)} and ${basename(ADAPTER)}`).waitFor();
    await askBoth(page, 'What should I cook today?');
    expect(await textOf(page, 'Fine-tuned')).not.toBe('');
    expect(app.elsewhere).toHaveLength(before);
  });

  test('gives way to the bundled pair, and then can be removed', async () => {
    const { page } = app;
    const bundled = await openTool(page, 'Models', 'Bundled models');
    await bundled
      .getByRole('button', { name: /^Compare this model/ })
      .first()
      .click();
    await named(page, 'Aligned chat model and').waitFor();
    await openTool(page, 'Models', 'Your own model');
    const remove = customSection(page).getByRole('button', { name: /^Remove/ });
    await remove.first().click();
    await expect.poll(() => remove.count()).toBe(1);
    await remove.first().click();
    await customSection(page).getByText('Downloaded models will appear here').waitFor();
  });
});
