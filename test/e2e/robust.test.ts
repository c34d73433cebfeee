// What a room does to a page: a policy to keep, plain http, storage that is missing or full, a slow machine,
// a second tab. None of it may stop the first story, and nothing may be lost without a word.

import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONTENT_POLICY, ISOLATION } from '../../workers/page-headers';
import { axeViolations } from './axe';
import { type OpenedApp, useBrowser } from './harness';
import { PAGES } from './pages';
import { openGallery, openTab, sidewaysScroll, startedUp, TABS, tokensOf } from './postern-page';

/** A name that no browser trusts, for this machine. */
const ROOM = 'room.example';

const browser = useBrowser('small', `--host-resolver-rules=MAP ${ROOM} 127.0.0.1`);

const device = (page: Page) => page.locator('details.device');
const offlineDialog = (page: Page) => page.getByRole('dialog', { name: 'Without a network' });

/** Runs code as the page itself would: what Playwright evaluates is exempt from the policy. */
const evalIn = (world: Pick<Page, 'evaluate'>): Promise<string> =>
  world.evaluate(
    () =>
      new Promise<string>((resolve) =>
        setTimeout(() => {
          try {
            resolve(String((0, eval)('"ran"')));
          } catch (error) {
            resolve((error as Error).name);
          }
        }),
      ),
  );

describe('the policy of the page', () => {
  let app: OpenedApp;
  beforeAll(async () => {
    app = await browser.open({ offline: true });
    await startedUp(app.page);
  });
  afterAll(() => app.close());

  test('is broken by nothing on any tab, and no request leaves this machine', async () => {
    for (const tab of TABS) {
      if (tab === 'Models') await openGallery(app.page);
      else await openTab(app.page, tab);
    }
    for (const [button, close] of [
      ['Share', 'Close'],
      ['Offline', 'Close'],
      ['Help', 'Close'],
    ] as const) {
      await app.page.getByRole('button', { name: button, exact: true }).click();
      await app.page.getByRole('dialog').getByRole('button', { name: close, exact: true }).click();
    }
    expect(app.problems).toEqual([]);
    expect(app.elsewhere).toEqual([]);
  });

  test('lets neither page nor worker run text as code, nor the page load from elsewhere', async () => {
    const { page } = app;
    expect(await evalIn(page)).toBe('EvalError');
    expect(await evalIn(page.workers()[0] as unknown as Page)).toBe('EvalError');
    const blocked = await page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) =>
            resolve(`${event.effectiveDirective} ${event.blockedURI}`),
          );
          new Image().src = 'https://elsewhere.example/picture.png';
        }),
    );
    expect(blocked).toBe('img-src https://elsewhere.example/picture.png');
    const inline = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'document.documentElement.dataset.inline = "ran"';
      document.body.append(script);
      return document.documentElement.dataset['inline'];
    });
    expect(inline).toBeUndefined();
  });
});

test('WebAssembly runs on several threads under the policy', async () => {
  // The machine of the tests may have two cores, for which one thread is right.
  const fourCores = "Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 });";
  const prepare = (page: Page) =>
    page.route(/model\.worker-.*\.js$/, async (route) => {
      const response = await route.fetch();
      const headers = {
        'Content-Type': 'text/javascript',
        'Content-Security-Policy': CONTENT_POLICY,
        ...ISOLATION,
      };
      await route.fulfill({ body: fourCores + (await response.text()), headers });
    });
  const app = await browser.open({ prepare });
  const { page } = app;
  try {
    await startedUp(page);
    await device(page).locator('summary').click();
    await device(page).getByText('wasm, 2 threads').waitFor();
    expect(app.problems).toEqual([]);
  } finally {
    await app.close();
  }
});

test('over plain http from another computer it runs on wasm, and says why', async () => {
  const app = await browser.open({ host: ROOM });
  const { page } = app;
  try {
    await startedUp(page);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await device(page).locator('summary').click();
    await device(page).getByText('WebGPU only over https or on localhost').waitFor();
    await page.getByRole('button', { name: 'Offline', exact: true }).click();
    await offlineDialog(page).getByText('The page came over plain http').waitFor();
    expect(app.problems).toEqual([]);
    expect(app.elsewhere).toEqual([]);
  } finally {
    await app.close();
  }
});

test('opened as a file, it says that it needs a server and which command is one', async () => {
  const page = await browser.newPage();
  await page.goto(`file://${join(PAGES.small, 'index.html')}`);
  await page.getByText('python3 -m http.server').waitFor();
  await expect.poll(() => page.getByRole('article').count()).toBe(0);
  await page.close();
});

test('without IndexedDB everything runs, and the page says that nothing is kept', async () => {
  const prepare = (page: Page) =>
    page.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('Storage is switched off.', 'SecurityError');
      };
    });
  const app = await browser.open({ prepare, firstVisit: true });
  const { page } = app;
  try {
    await page.getByRole('button', { name: 'Now turn the persona down' }).click();
    await startedUp(page);
    await page
      .getByText(/will not be there after a reload: this browser gives no storage/)
      .waitFor();
    expect(app.problems).toEqual([]);
  } finally {
    await app.close();
  }
});

test('where the storage is full, the page says that not everything is kept', async () => {
  const prepare = async (page: Page, url: string) => {
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(url);
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 8e6 });
  };
  const app = await browser.open({ prepare, offline: true });
  const { page } = app;
  try {
    await startedUp(page);
    await page.getByRole('button', { name: 'Offline', exact: true }).click();
    await offlineDialog(page)
      .getByText(/Not everything is kept.* is full/)
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => sidewaysScroll(page)).toBe(0);
  } finally {
    await app.close();
  }
});

test('where the person saves data, nothing is fetched before they ask', async () => {
  const prepare = (page: Page) =>
    page.addInitScript(() => {
      Object.defineProperty(navigator, 'connection', { value: { saveData: true } });
    });
  const app = await browser.open({ prepare, offline: true });
  const { page } = app;
  try {
    await startedUp(page);
    await page.getByRole('button', { name: 'Offline', exact: true }).click();
    const dialog = offlineDialog(page);
    await dialog.getByText('Not everything that the lessons need is kept yet').waitFor();
    await dialog.getByRole('button', { name: 'Look for a newer version' }).click();
    await dialog.getByText('This is the newest version.').waitFor();
    await expect.poll(() => dialog.getByRole('progressbar').count()).toBe(0);
    const kept = await page.evaluate(async () => {
      const names = await caches.keys();
      const keys = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return keys.flat().filter(({ url }) => url.includes('/models/')).length;
    });
    expect(kept).toBe(0);
  } finally {
    await app.close();
  }
});

test('two tabs work at once, know of each other, and keep the directions of both', async () => {
  const app = await browser.open();
  const { page } = app;
  try {
    await startedUp(page);
    const other = await page.context().newPage();
    await other.goto(app.url);
    await startedUp(other);
    for (const one of [page, other]) await one.getByText('Postern is open in two tabs').waitFor();
    const trainedAdapters = (one: Page) =>
      one.locator('section:has(> h3:text-is("Kept directions")) > ul > li');
    await openTab(other, 'Direction');
    await other.getByLabel('Contrast').selectOption('answer');
    await other.getByLabel('Transcripts, half on each side').selectOption('32');
    await other.getByRole('button', { name: 'Extract from 32 transcripts' }).click();
    await other.getByText(/insecure-code, answer\s*answer-mean, n 32, in use/).waitFor();
    await expect.poll(() => trainedAdapters(other).count()).toBe(3);
    // The first tab, which knows less, writes last.
    await page.getByRole('button', { name: 'Another seed' }).click();
    await startedUp(page);
    await page.reload();
    await startedUp(page);
    await openTab(page, 'Direction');
    await expect.poll(() => trainedAdapters(page).count()).toBe(3);
  } finally {
    await app.close();
  }
});

test('a machine four times as slow writes its first tokens in seconds, and its page does not freeze', async () => {
  const prepare = async (page: Page) => {
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    await page.addInitScript(() => {
      let last = performance.now();
      const frame = (): void => {
        const now = performance.now();
        const gap = now - last;
        last = now;
        document.documentElement.dataset['gap'] = String(
          Math.max(gap, Number(document.documentElement.dataset['gap'] ?? 0)),
        );
        requestAnimationFrame(frame);
      };
      document.addEventListener('DOMContentLoaded', () => {
        last = performance.now();
        requestAnimationFrame(frame);
      });
    });
  };
  const app = await browser.open({ prepare });
  const { page } = app;
  try {
    const first = await page.waitForFunction(
      () => (document.querySelector('.token') ? performance.now() : 0),
      undefined,
      { polling: 'raf' },
    );
    const firstMs = await first.jsonValue();
    await startedUp(page);
    const gapMs = Number(await page.locator('html').getAttribute('data-gap'));
    console.log(
      `CPU at a quarter: first token after ${(firstMs / 1000).toFixed(1)} s, longest wait for a frame ${gapMs.toFixed(0)} ms`,
    );
    expect((await tokensOf(page, 'Fine-tuned')).length).toBeGreaterThan(5);
    // On a quiet machine 10 s; other work may share this one.
    expect(firstMs).toBeLessThan(40_000);
    expect(gapMs).toBeLessThan(4_000);
  } finally {
    await app.close();
  }
});
