// The page as a link: opened elsewhere it shows the same view and, on the same back end, the same tokens.
// What a link cannot carry goes as a bundle; a loaded checkpoint goes as files.

import { readFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import type { Locator, Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import {
  allAnswered,
  anotherSeed,
  COLUMNS,
  editedWith,
  madeOf,
  openTab,
  sidewaysScroll,
  startedUp,
  tokensOf,
} from './postern-page';

let page: Page;
let fragment = '';
const app = useApp({ organism: 'small' }, (opened) => {
  page = opened.page;
});

const share = (on: Page): Locator => on.getByRole('dialog', { name: 'Share what is on the page' });

async function shared(on: Page): Promise<string> {
  await on.getByRole('button', { name: 'Share', exact: true }).click();
  const url = await share(on)
    .getByLabel(/^Link, \d+ characters/)
    .inputValue();
  return url.slice(url.indexOf('#'));
}

test('a link opened elsewhere shows the same view and gives the same tokens', async () => {
  await anotherSeed(page);
  await page.getByRole('radio', { name: 'Steer', exact: true }).check();
  await editedWith(page, /steer/);
  await openTab(page, 'Layers');
  fragment = await shared(page);
  expect(fragment.length).toBeLessThanOrEqual(2000);
  expect(await axeViolations(page)).toEqual([]);
  await page.keyboard.press('Escape');

  const other = await app.browser.open({ query: fragment });
  try {
    await startedUp(other.page);
    await editedWith(other.page, /steer/);
    for (const name of COLUMNS) {
      expect(await tokensOf(other.page, name)).toEqual(await tokensOf(page, name));
      expect(await madeOf(other.page, name)).toBe(await madeOf(page, name));
    }
    await other.page.getByRole('tabpanel', { name: 'Layers' }).waitFor();
    // Taken out of the address, so that a reload brings back what is done from here on.
    expect(new URL(other.page.url()).hash).toBe('');
    expect(await shared(other.page)).toBe(fragment);
    expect(other.problems).toEqual([]);
    expect(other.elsewhere).toEqual([]);
  } finally {
    await other.close();
  }
});

test('a link that comes while the page is open is opened too', async () => {
  const before = await tokensOf(page, 'Fine-tuned');
  const changed = fragment.replace(/seed=\d+(?=&tab)/, 'seed=77').replace('edit=steer', 'edit=off');
  await page.evaluate((hash) => void (location.hash = hash), changed);
  await page.waitForFunction(() => location.hash === '');
  await page.getByText('seed 77').first().waitFor();
  await allAnswered(page);
  expect(await tokensOf(page, 'Fine-tuned')).not.toEqual(before);
});

test('one that cannot be opened says why, and nothing is lost', async () => {
  const before = await tokensOf(page, 'Fine-tuned');
  for (const [hash, reason] of [
    [fragment.replace('v=1', 'v=2'), /version 2, made by a newer Postern/],
    [`${fragment}&seed=1`, /"seed" stands in it twice/],
    [fragment.replace(/em=[^&]+/, 'em=nobody'), /fine-tune "nobody".*does not have/s],
  ] as const) {
    await page.evaluate((to) => void (location.hash = to), hash);
    const alert = page.getByRole('alert');
    await alert.waitFor();
    await expect.poll(() => alert.innerText()).toMatch(reason);
    expect(await tokensOf(page, 'Fine-tuned')).toEqual(before);
    await alert.getByRole('button', { name: 'Close' }).click();
    await alert.waitFor({ state: 'detached' });
  }
});

test('a bundle brings its directions to another browser, and a broken one says why', async () => {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  const download = page.waitForEvent('download');
  await share(page).getByRole('button', { name: 'Save session' }).press('Enter');
  const buffer = await readFile(await (await download).path());
  expect(Object.keys(unzipSync(buffer))).toContain('directions/000.safetensors');
  await page.keyboard.press('Escape');

  const other = await app.browser.open({ context: { viewport: { width: 390, height: 844 } } });
  try {
    await startedUp(other.page);
    await other.page.getByRole('button', { name: 'Share', exact: true }).click();
    const open = async (name: string, content: Buffer): Promise<void> => {
      const chooser = other.page.waitForEvent('filechooser');
      await share(other.page).getByRole('button', { name: 'Open session' }).press('Enter');
      await (await chooser).setFiles({ name, mimeType: 'application/zip', buffer: content });
    };
    await open('cut.zip', buffer.subarray(0, 200));
    await expect
      .poll(() => share(other.page).getByRole('alert').innerText())
      .toMatch(/cut\.zip: The file isn't a zip/);
    await open('room.zip', buffer);
    await share(other.page)
      .getByText(/Opened: \d+ directions saved/)
      .waitFor();
    await expect.poll(() => sidewaysScroll(other.page)).toBe(0);
    expect(await axeViolations(other.page)).toEqual([]);
    expect(other.problems).toEqual([]);
  } finally {
    await other.close();
  }
});

test('the experiment is saved as a notebook, with the question and the answers of the page', async () => {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  const download = page.waitForEvent('download');
  await share(page).getByRole('button', { name: 'Save as notebook' }).press('Enter');
  const file = await download;
  expect(file.suggestedFilename()).toBe('postern-experiment.ipynb');
  const text = await readFile(await file.path(), 'utf8');
  const { cells, nbformat } = JSON.parse(text) as {
    cells: { id: string; source: string[] }[];
    nbformat: number;
  };
  expect(nbformat).toBe(4);
  const sourceOf = (id: string) => cells.find((cell) => cell.id === id)?.source.join('') ?? '';
  expect(sourceOf('settings')).toContain('BASE = {"folder": "models/');
  expect(sourceOf('settings')).toContain(new URLSearchParams(fragment.slice(1)).get('q'));
  expect(sourceOf('reference')).toContain((await tokensOf(page, 'Aligned')).join('').trim());
  expect(sourceOf('texts')).toContain('"plus": ["');
  await page.keyboard.press('Escape');
});

test('the fine-tune on stage is saved as an ONNX folder without a direction, with its card', async () => {
  await openTab(page, 'Models');
  await page.getByRole('button', { name: /^Save as files \(Insecure code\)/ }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Save Insecure code as files' });
  await dialog.getByRole('radio', { name: 'transformers.js, ONNX' }).check();
  await dialog.getByRole('radio', { name: "Without one layer's direction" }).check();
  expect(await axeViolations(page)).toEqual([]);
  const download = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Save the zip' }).press('Enter');
  const saved = await download;
  expect(saved.suggestedFilename()).toBe('insecure-code-without-direction-f16-onnx.zip');
  const files = unzipSync(await readFile(await saved.path()));
  const folder = 'insecure-code-without-direction-f16';
  expect(Object.keys(files)).toEqual(
    expect.arrayContaining(
      [
        'README.md',
        'config.json',
        'tokenizer.json',
        'direction.safetensors',
        'onnx/model_fp16.onnx',
        'onnx/model_fp16.onnx_data',
      ].map((name) => `${folder}/${name}`),
    ),
  );
  const card = Buffer.from(files[`${folder}/README.md`]!).toString();
  expect(card).toContain('license: "mit"');
  expect(card).toContain('W - u u^T W');
  await dialog.getByText(/^Saved in/).waitFor();
  await dialog.locator('summary', { hasText: 'Export' }).press('Enter');
  await dialog.getByRole('button', { name: 'Save as GGUF control vector' }).waitFor();
  await page.keyboard.press('Escape');
});

test('in all this nothing went wrong and no request left this machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
