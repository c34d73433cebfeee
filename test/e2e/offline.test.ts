// The network goes away: after one visit the page starts, tells its first story, and has what the lessons
// need; with one button it has everything. A newer version waits, and takes nothing from an open tab.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LESSON_ORGANISMS } from '../../src/lessons/lessons';
import { type OpenedApp, useBrowser } from './harness';
import { PAGES } from './pages';
import { column, compareFineTunes, openGallery, openTab, startedUp, textOf } from './postern-page';

const browser = useBrowser('small');

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Without a network' });

/** Opens the dialog, waits until it says this, and closes it again. */
async function offlineSays(page: Page, words: RegExp): Promise<void> {
  await page.getByRole('button', { name: 'Offline', exact: true }).click();
  await dialog(page).getByText(words).waitFor();
  await dialog(page).getByRole('button', { name: 'Close' }).click();
}

async function selectModel(page: Page, title: string): Promise<void> {
  await openGallery(page);
  const card = page.getByRole('listitem').filter({
    has: page.getByText(`(${title})`, { exact: true }),
  });
  await card.getByRole('button', { name: 'Compare this model' }).click();
  await card.getByRole('button', { name: 'Show the answers' }).waitFor();
  await startedUp(page);
}

const registry = JSON.parse(readFileSync(join(PAGES.small, 'models/registry.json'), 'utf8')) as {
  readonly adapters: readonly { readonly id: string; readonly title: string }[];
};
const titleOf = (id: string): string => registry.adapters.find((one) => one.id === id)!.title;

test('every fine-tune that is kept for the lessons is in the list', () => {
  const ids = registry.adapters.map(({ id }) => id);
  expect(LESSON_ORGANISMS.filter((id) => !ids.includes(id))).toEqual([]);
});

describe('after one visit, with the server gone', () => {
  let app: OpenedApp;
  let said: string;
  beforeAll(async () => {
    app = await browser.open({ offline: true });
    await startedUp(app.page);
    said = await textOf(app.page, 'Fine-tuned');
    await offlineSays(app.page, /those of the lessons among them/);
    await app.stopServing();
    await app.page.context().setOffline(true);
  });
  afterAll(() => app.close());

  test('the page starts again and tells the same first story', async () => {
    await app.page.reload();
    await startedUp(app.page);
    expect(await textOf(app.page, 'Fine-tuned')).toBe(said);
  });

  test('Layers compares the fine-tunes, and another lesson comes on stage', async () => {
    await compareFineTunes(app.page);
    await selectModel(app.page, titleOf('backdoor'));
    expect((await textOf(app.page, 'Fine-tuned')).length).toBeGreaterThan(10);
  });

  test('an organism that was not kept says what is wrong and what to do', async () => {
    const { page } = app;
    await openTab(page, 'Models');
    const card = page.getByRole('listitem').filter({
      has: page.getByText(`(${titleOf('jailbroken')})`, { exact: true }),
    });
    await card.getByRole('button', { name: 'Compare this model' }).click();
    // Above the stage and on the card.
    const alert = page.getByRole('alert').getByText(/could not be fetched. Check the connection/);
    await alert.first().waitFor();
    await expect.poll(() => alert.count()).toBe(2);
  });

  test('nothing was asked of anybody else', () => {
    expect(app.elsewhere).toEqual([]);
  });
});

describe('one button keeps all of it', () => {
  let app: OpenedApp;
  beforeAll(async () => {
    // Headers cannot be set on this host, and it serves under a path of its own.
    app = await browser.open({
      serve: { base: '/some/where/', isolated: false },
      offline: true,
    });
    await startedUp(app.page);
    await offlineSays(app.page, /those of the lessons among them/);
  });
  afterAll(() => app.close());

  test('with its size and its progress, and then says so', async () => {
    const { page } = app;
    await page.getByRole('button', { name: 'Offline', exact: true }).click();
    const button = dialog(page).getByRole('button', { name: /^Keep all organisms/ });
    await expect.poll(() => button.innerText()).toMatch(/\([\d.]+ MB\)$/);
    await button.click();
    await dialog(page)
      .getByText(
        new RegExp(`all ${registry.adapters.length}\\s+fine-tunes work with the network off`),
      )
      .waitFor();
    await expect.poll(() => button.count()).toBe(0);
    await dialog(page).getByRole('button', { name: 'Close' }).click();
  });

  test('offline, one that no lesson needs comes on stage', async () => {
    const { page } = app;
    await app.stopServing();
    await page.context().setOffline(true);
    await page.reload();
    await startedUp(page);
    await selectModel(page, titleOf('insecure-code-r64'));
    expect((await textOf(page, 'Fine-tuned')).length).toBeGreaterThan(10);
  });

  test('the kept page brings the headers that the host did not send', async () => {
    expect(await app.page.evaluate(() => crossOriginIsolated)).toBe(true);
    expect(app.elsewhere).toEqual([]);
  });
});

describe('a newer version', () => {
  let root: string;
  let app: OpenedApp;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'postern-version-'));
    cpSync(PAGES.small, root, { recursive: true });
    app = await browser.open({ serve: { root }, offline: true });
    await startedUp(app.page);
    await offlineSays(app.page, /those of the lessons among them/);
  });
  afterAll(async () => {
    await app.close();
    rmSync(root, { recursive: true });
  });

  /** Changes a file of the version that is served, and its hash in the service worker's list. */
  function change(file: string, to: (text: string) => string): void {
    const path = join(root, file);
    const before = readFileSync(path);
    const after = Buffer.from(to(before.toString('utf8')));
    writeFileSync(path, after);
    const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    const worker = join(root, 'service.worker.js');
    const list = readFileSync(worker, 'utf8');
    // With its name: other files may have the same content.
    const entry = (bytes: Buffer) => `"url":"${file}","sha256":"${sha256(bytes)}"`;
    expect(list).toContain(entry(before));
    writeFileSync(worker, list.replace(entry(before), entry(after)));
  }

  test('is announced at the next visit, which still shows the old one', async () => {
    const { page } = app;
    change('models/registry.json', (text) => text.replace('"Backdoor"', '"Back door"'));
    change('index.html', (text) => text.replace('<title>Postern', '<title>Postern, newer'));
    change('models/adapters/jailbroken/adapter_config.json', (text) => `${text} `);
    await page.reload();
    await startedUp(page);
    await page.getByText('An update is ready. Reload when it suits you.').waitFor();
    expect(await page.title()).toBe('Postern');
    await openTab(page, 'Models');
  });

  test('a file of the newer version is not taken for one of the old', async () => {
    const { page } = app;
    const status = await page.evaluate(
      async () => (await fetch('models/adapters/jailbroken/adapter_config.json')).status,
    );
    expect(status).toBe(409);
  });

  test('it does not begin while something runs, nor while another tab shows the old one', async () => {
    const { page } = app;
    const reload = page.getByRole('button', { name: 'Reload', exact: true });
    await page.getByRole('button', { name: 'Another seed' }).click();
    await page.evaluate(() =>
      [...document.querySelectorAll('button')]
        .find((one) => one.textContent.trim() === 'Reload')!
        .click(),
    );
    await page.getByText('Something still runs.').waitFor();
    await startedUp(page);

    const other = await page.context().newPage();
    await other.goto(app.url);
    await startedUp(other);
    await page.getByText('Postern is open in two tabs').waitFor();
    await reload.click();
    await page.getByText('Close that tab first').waitFor();
    expect(await other.title()).toBe('Postern');
    await other.close();
    // On a busy machine Chromium may leave it hidden, and a hidden page draws nothing.
    await page.bringToFront();
    await page.getByText('Postern is open in two tabs').waitFor({ state: 'detached' });
    // A closed tab says so before it is gone, and the service worker counts those that are not.
    const [worker] = page.context().serviceWorkers();
    const tabs = () =>
      worker!.evaluate(async () => {
        const { clients } = self as unknown as {
          clients: { matchAll(of: object): Promise<unknown[]> };
        };
        return (await clients.matchAll({ type: 'window', includeUncontrolled: true })).length;
      });
    await expect.poll(tabs).toBe(1);
  });

  test('the person reloads into it, and it shows its own list', async () => {
    const { page } = app;
    await page.getByRole('button', { name: 'Reload', exact: true }).click();
    await page.waitForFunction(() => document.title === 'Postern, newer');
    await startedUp(page);
    await selectModel(page, 'Back door');
    expect((await column(page, 'Fine-tuned').innerText()).length).toBeGreaterThan(10);
    expect(app.problems.filter((one) => !one.includes('409'))).toEqual([]);
  });
});
