// Every tab in light and dark: its charts can be saved and read as tables, and axe finds nothing.

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { measure, openTab, startedUp, TABS } from './postern-page';

/** Titles of the charts of each tab. */
const CHARTS: Readonly<Record<(typeof TABS)[number], readonly string[]>> = {
  Direction: ['Can it be trusted, by layer', 'Length, by layer', 'Share of the residual, by layer'],
  Layers: ['One direction, layer by layer', 'Token by token, layer by layer'],
  Why: [],
  Measure: ['Every answer', 'Answers by verdict'],
  Organisms: [],
  // Its charts come with a training: test/e2e/train.test.ts.
  Train: [],
  Lessons: [],
};

let page: Page;
const app = useApp(
  { organism: 'small', context: { acceptDownloads: true, colorScheme: 'light' } },
  async (opened) => {
    page = opened.page;
    await measure(page, 24);
  },
);

test.each(TABS.filter((tab) => CHARTS[tab].length > 0))(
  'each chart of %s has a table, and is saved as SVG, PNG and CSV',
  async (tab) => {
    // Chromium holds back the eleventh file that one page saves within seconds, so only one tab is of the first page.
    const own =
      tab === 'Measure' ? null : await app.browser.open({ context: { acceptDownloads: true } });
    const { page } = own ?? app;
    if (own) await startedUp(page);
    await openTab(page, tab);
    const figures = page.getByRole('tabpanel').getByRole('figure');
    await expect.poll(() => figures.getByRole('heading').allInnerTexts()).toEqual(CHARTS[tab]);
    for (const title of CHARTS[tab]) {
      const figure = figures.filter({ hasText: title });
      const starts: Record<string, string> = {};
      for (const kind of ['SVG', 'PNG', 'CSV']) {
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          figure.getByRole('button', { name: kind, exact: true }).click(),
        ]);
        expect(download.suggestedFilename()).toMatch(new RegExp(`\\.${kind.toLowerCase()}$`));
        const bytes = await readFile(await download.path());
        expect(bytes.length).toBeGreaterThan(20);
        starts[kind] = bytes.subarray(0, 8).toString('latin1');
      }
      expect(starts['PNG']).toBe('\x89PNG\r\n\x1a\n');
      expect(starts['SVG']).toMatch(/^(<svg|<\?xml)/);
      await figure.getByRole('button', { name: 'Table' }).click();
      // At least a row a layer, of which the small organism has two.
      await expect.poll(() => figure.locator('tbody tr').count()).toBeGreaterThan(1);
      await figure.getByRole('button', { name: 'Table' }).click();
      await figure.getByRole('application').waitFor();
    }
    await own?.close();
  },
);

describe.each(TABS)('%s', (tab) => {
  test.each(['light', 'dark'] as const)('axe finds nothing in %s', async (theme) => {
    await openTab(page, tab);
    const other = theme === 'light' ? 'Light' : 'Dark';
    const toggle = page.getByRole('button', { name: other, exact: true });
    if ((await toggle.count()) > 0) await toggle.click();
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe(theme);
    expect(await axeViolations(page, theme === 'light' ? 'all' : 'colours')).toEqual([]);
  });
});

test('axe finds nothing in the open help, the open device card and the sampling card', async () => {
  const device = page.locator('details.device summary');
  await device.click();
  expect(await axeViolations(page)).toEqual([]);
  // It covers the other card.
  await device.click();
  await page.getByText(/^seed \d+, T/).click();
  expect(await axeViolations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Help' }).click();
  expect(await axeViolations(page)).toEqual([]);
});

test('nothing went wrong', () => {
  expect(app.problems).toEqual([]);
});
