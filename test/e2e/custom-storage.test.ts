// A download and the browser's storage, for real: the tab is closed in the middle and goes on in another,
// and the storage fills up. (What the browser says is free does not follow the limit that is set here, so the
// refusal before the first byte is tested in test/unit/workers/source/hub.test.ts.)

import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { filesOf, serveHub, type StandIn } from '../stand-ins/hub';
import { type OpenedApp, useBrowser } from './harness';
import { nameRepositories, customSection, press } from './custom-pair';
import { openTool, startedUp } from './postern-page';

const MODELS = join(import.meta.dirname, '..', '..', 'models');
const BASE = filesOf(join(MODELS, 'postern-8l'));
const WEIGHTS = BASE.get('model.safetensors')!.length;

let hub: StandIn;
let app: OpenedApp;

const browser = useBrowser('small');

beforeEach(async () => {
  hub = await serveHub(
    new Map([
      ['postern/organism', { files: BASE }],
      ['postern/insecure-code', { files: filesOf(join(MODELS, 'adapters', 'insecure-code')) }],
    ]),
  );
  // Without a service worker, which would keep the files of the lessons in the same storage at the same time.
  app = await browser.open({ offline: false });
  app.page.setDefaultTimeout(60_000);
  await startedUp(app.page);
});
afterEach(async () => {
  await app.close();
  await hub.close();
});

const nameThem = (page: Page): Promise<void> =>
  nameRepositories(page, {
    base: 'postern/organism',
    fineTune: 'postern/insecure-code',
    endpoint: hub.endpoint,
  });

const onSelected = (page: Page): Promise<void> =>
  page
    .getByRole('banner')
    .getByRole('button', { name: 'postern/organism and postern/insecure-code' })
    .waitFor();

/** How to say what the browser lets the page store from now on, bytes. It holds while the session does. */
async function quotaOf(page: Page): Promise<(bytes: number) => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(app.url);
  return async (quotaSize) => {
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
  };
}

const used = (page: Page): Promise<number> =>
  page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);

describe('a download', () => {
  test('whose tab is closed in the middle goes on from there in another tab', async () => {
    const after = 2_000_000;
    hub.fault = (path) =>
      path.endsWith('/model.safetensors') ? { kind: 'stall', after } : undefined;
    await nameThem(app.page);
    await press(app.page, 'Look it up');
    await customSection(app.page).getByRole('region', { name: 'What was found' }).waitFor();
    const before = await used(app.page);
    await press(app.page, 'Load');
    await expect.poll(async () => (await used(app.page)) - before).toBeGreaterThanOrEqual(after);

    const context = app.page.context();
    await app.page.close();
    hub.fault = () => undefined;
    const page = await context.newPage();
    await page.goto(app.url);
    await startedUp(page);
    await openTool(page, 'Models', 'Your own model');
    await press(page, 'Look it up');
    await press(page, 'Load');
    await onSelected(page);
    const asked = hub.requests.filter((request) => request.includes('/model.safetensors'));
    // One of the tab that was closed, from the start; one that went on where that had stopped.
    expect(asked).toHaveLength(2);
    const [, from] = /bytes=(\d+)-/.exec(asked[1]!) ?? [];
    expect(Number(from)).toBeGreaterThanOrEqual(after);
    expect(Number(from)).toBeLessThan(WEIGHTS);
  });

  test('that fills the storage keeps what arrived, and goes on when there is room', async () => {
    const { page } = app;
    const allow = await quotaOf(page);
    let asked = 0;
    // The first connection breaks, and the storage ends somewhere in the second.
    hub.fault = (path) =>
      path.endsWith('/model.safetensors') && asked++ === 0
        ? { kind: 'cut', after: 1_000_000 }
        : undefined;
    await nameThem(page);
    await press(page, 'Look it up');
    await customSection(page).getByRole('region', { name: 'What was found' }).waitFor();
    await allow((await used(page)) + 3_000_000);
    await press(page, 'Load');
    const said = await customSection(page).getByRole('alert').innerText();
    expect(said).toContain('what has arrived is kept');
    expect(asked).toBe(2);

    await allow(1_000_000_000);
    await press(page, 'Load');
    await onSelected(page);
    const last = hub.requests.filter((request) => request.includes('/model.safetensors')).at(-1)!;
    expect(Number(/bytes=(\d+)-/.exec(last)?.[1])).toBeGreaterThan(1_000_000);
  });
});
