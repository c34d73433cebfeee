// A direction leaves the page as a file and comes back: what the file cannot say is said, where its
// layers go is shown first, and it steers. A broken file changes nothing.

import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { editedWith, madeOf, textOf } from './postern-page';

let page: Page;
let gguf: Buffer;
const app = useApp({ organism: 'small' }, (opened) => {
  page = opened.page;
});

const kept = (): Promise<string[]> =>
  page.locator('section', { hasText: 'Kept directions' }).locator('li').allInnerTexts();
const dialog = (): Locator => page.getByRole('dialog', { name: 'Import a direction' });

/** Hands a file to the import as the file picker does. */
async function choose(name: string, buffer: Buffer): Promise<void> {
  const opened = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Import a direction' }).press('Enter');
  await (await opened).setFiles({ name, mimeType: 'application/octet-stream', buffer });
}

async function save(held: Locator, what: string): Promise<Buffer> {
  await held.locator('summary', { hasText: 'Export' }).press('Enter');
  const download = page.waitForEvent('download');
  await held.getByRole('button', { name: what }).press('Enter');
  const bytes = await readFile(await (await download).path());
  await page.keyboard.press('Escape');
  return bytes;
}

test('the direction that comes with the page is saved as GGUF, which says that it is addition only', async () => {
  const held = page.locator('li', { hasText: 'last-prompt' });
  await held.locator('summary', { hasText: 'Export' }).click();
  await held.getByText(/cannot say ablation or a cap/).waitFor();
  await held.locator('summary', { hasText: 'Export' }).click();
  gguf = await save(held, 'Save as GGUF control vector');
  expect(gguf.subarray(0, 4).toString()).toBe('GGUF');
});

test('a broken file is refused with its reason, and nothing is lost', async () => {
  const before = await kept();
  const text = await textOf(page, 'Edited');
  await choose('cut.gguf', gguf.subarray(0, 300));
  const alert = page.getByRole('alert');
  await alert.waitFor();
  await expect
    .poll(() => alert.innerText())
    .toMatch(/cut\.gguf: It ends at byte 300.*Nothing was changed/s);
  expect(await kept()).toEqual(before);
  expect(await textOf(page, 'Edited')).toBe(text);
  await alert.getByRole('button', { name: 'Close' }).click();
});

test('what becomes of its layers is shown before it is imported, also by keyboard', async () => {
  await choose('mine.gguf', gguf);
  await dialog().waitFor();
  const steps = await dialog().getByLabel('Layer mapping').innerText();
  // Of the small organism's two layers.
  expect(steps).toContain('Index 1 is layer 1');
  expect(steps).toContain('Layer 0 gets no direction');
  await expect.poll(() => dialog().innerText()).toContain('The file has no aligned mean');
  expect(await axeViolations(page)).toEqual([]);
  await dialog().getByRole('button', { name: 'Import and use' }).press('Enter');
  await page.locator('li', { hasText: /imported from mine\.gguf.*in use/s }).waitFor();
  // The dialog is gone, and who opened it by key is back where that was.
  const opener = page.getByRole('button', { name: 'Import a direction' });
  await expect.poll(() => opener.evaluate((one) => one === document.activeElement)).toBe(true);
});

test('it steers: the edited answer changes, made with the imported direction', async () => {
  const before = await textOf(page, 'Edited');
  await page.getByRole('radio', { name: 'Steer', exact: true }).check();
  await editedWith(page, /imported from mine\.gguf.*steer/s);
  expect(await madeOf(page, 'Edited')).toContain('header token');
  expect(await textOf(page, 'Edited')).not.toBe(before);
});

test('saved as safetensors the first direction comes back with all that it needs', async () => {
  const held = page.locator('li', { hasText: 'answer-mean' });
  const bytes = await save(held, 'Save as safetensors');
  await choose('all.safetensors', bytes);
  await dialog().waitFor();
  await expect.poll(() => dialog().innerText()).not.toContain('The file has no aligned mean');
  await dialog().getByRole('button', { name: 'Import and use' }).click();
  await page.locator('li', { hasText: /imported from all\.safetensors.*in use/s }).waitFor();
  await page.getByRole('radio', { name: 'Ablate to aligned mean' }).check();
  await editedWith(page, /imported from all\.safetensors.*ablate to aligned mean/s);
});

test('without an aligned mean, ablation to it is refused with the reason', async () => {
  const bytes = await save(page.locator('li', { hasText: 'all.safetensors' }), 'Save as GGUF');
  await choose('cut.gguf', bytes);
  await dialog().getByRole('button', { name: 'Import and use' }).click();
  const editSettings = page.getByRole('complementary', { name: 'Edit', exact: true });
  await editSettings.getByText(/does not hold the aligned mean/).waitFor();
  await editSettings.getByRole('radio', { name: 'Ablate to zero' }).check();
  await editedWith(page, /imported from .*ablate to zero/s);
  await expect.poll(() => editSettings.getByText(/does not hold the aligned mean/).count()).toBe(0);
});

test('in all this nothing went wrong and no request left this machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
