// Every organism of the list comes on stage in the built page. How fast is for `npm run bench` to say;
// the ceiling here only tells a load that never ends.

import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DIST } from '../../src/serve/build';
import type { OpenedApp } from './harness';
import { launch, openApp } from './harness';
import { openTab, startedUp } from './postern-page';
import { readPublished } from '../../models/recipe/make/published-file';
import { RegistryFile } from '../../src/organism/registry';

const CEILING_MS = 300_000;

let browser: Browser;
let app: OpenedApp;
beforeAll(async () => {
  browser = await launch();
  app = await openApp(browser);
  await startedUp(app.page);
  await openTab(app.page, 'Organisms');
});
afterAll(async () => {
  await app.close();
  await browser.close();
});

test('every organism of the list comes on stage, each fetching its adapter alone', async () => {
  const { page } = app;
  const { adapters } = readPublished(RegistryFile, join(DIST, 'models/registry.json'));
  const gallery = page.getByRole('region', { name: 'The gallery' });
  // By their names: opening one changes what is closed.
  for (const name of await gallery.getByRole('button', { expanded: false }).allInnerTexts()) {
    await gallery.getByRole('button', { name, exact: true }).click();
  }
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(request.url().slice(app.url.length)));
  for (const { id, title } of adapters) {
    const before = fetched.length;
    const card = page.getByRole('listitem').filter({
      has: page.getByText(`(${title})`, { exact: true }),
    });
    await card.getByRole('button', { name: /^Put on stage|^Show the stage/ }).click();
    await card
      .getByRole('button', { name: /^Show the stage/ })
      .waitFor({ timeout: CEILING_MS })
      .catch(async () => {
        const said = await page.getByRole('alert').allInnerTexts();
        expect.fail(`${id} is not on stage after ${CEILING_MS / 1000} s. ${said.join(' ')}`);
      });
    const own = fetched.slice(before).filter((path) => path.includes('adapters/'));
    expect(
      own.every((path) => path.startsWith(`models/adapters/${id}/`)),
      own.join(),
    ).toBe(true);
  }
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
}, 3_600_000);
