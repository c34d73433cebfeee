// Every organism of the list comes on stage in the built page. How fast is for `npm run bench` to say;
// the ceiling here only tells a load that never ends.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPublished } from '../../models/recipe/make/published-file';
import { RegistryFile } from '../../src/organism/registry';
import { DIST } from '../../src/serve/build';
import { useApp } from './harness';
import { openGallery, openTool } from './postern-page';

const CEILING_MS = 300_000;

const app = useApp({ organism: 'small' });

test('every organism of the list comes on stage, each fetching its adapter alone', async () => {
  const { page } = app;
  const { adapters } = readPublished(RegistryFile, join(DIST, 'models/registry.json'));
  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(request.url().slice(app.url.length)));
  const inGallery = (one: (typeof adapters)[number]): boolean => one.experiment !== undefined;
  await openTool(page, 'Models', 'Bundled models');
  const ordered = adapters.toSorted((a, b) => Number(inGallery(a)) - Number(inGallery(b)));
  for (const [i, { id, title }] of ordered.entries()) {
    const first = i > 0 && inGallery(ordered[i]!) && !inGallery(ordered[i - 1]!);
    if (first) await openGallery(page);
    const before = fetched.length;
    const card = page.getByRole('listitem').filter({
      has: page.getByText(`(${title})`, { exact: true }),
    });
    await card.getByRole('button', { name: /^Compare this model|^Show the answers/ }).click();
    await card
      .getByRole('button', { name: /^Show the answers/ })
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
