// Every tab in light and dark: its charts can be saved and read as tables, and axe finds nothing.

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { describe, expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { measure, openTab, openTool, startedUp, TABS } from './postern-page';

/** Titles of the charts that a tab shows, with the tool that is opened where it shows one at a time. */
const CHARTS: readonly {
  readonly tab: (typeof TABS)[number];
  readonly tool?: string;
  readonly titles: readonly string[];
}[] = [
  {
    tab: 'Direction',
    titles: [
      'Two clouds, two means, one arrow',
      'Can it be trusted, by layer',
      'Share of the residual, by layer',
    ],
  },
  {
    tab: 'Layers',
    tool: 'Directions against each other',
    titles: ['Do fine-tunes share a direction'],
  },
  {
    tab: 'Layers',
    tool: 'One direction, layer by layer',
    titles: ['One direction, layer by layer'],
  },
  {
    tab: 'Layers',
    tool: 'One answer, token by token',
    titles: ['Token by token, layer by layer'],
  },
  { tab: 'Measure', tool: 'Rates', titles: ['Every answer', 'Answers by verdict'] },
];

/** The tools of the tabs that show one at a time, in their order. */
const TOOLS: Readonly<Partial<Record<(typeof TABS)[number], readonly string[]>>> = {
  Layers: [
    'Directions against each other',
    'One direction, layer by layer',
    'Transcripts about the direction',
    'One answer, token by token',
  ],
  Measure: [
    'Rates',
    'Dose and response',
    'Layer by layer',
    'More and less of the training',
    'The difference amplified',
    'Transfer between fine-tunes',
    'Which contrast works best',
    'Class results',
    'Answers judged elsewhere',
  ],
  Models: [
    'Bundled models',
    'Your own model',
    'On a server',
    'Measured rates',
    'Controls',
    'The gallery',
  ],
};

let page: Page;
const app = useApp(
  { organism: 'small', context: { acceptDownloads: true, colorScheme: 'light' } },
  async (opened) => {
    page = opened.page;
    await measure(page, 24);
  },
);

test.each(CHARTS)(
  'each chart of $tab, $tool has a table, and is saved as SVG, PNG and CSV',
  async ({ tab, tool, titles }) => {
    // Chromium holds back the eleventh file that one page saves within seconds, so only one tab is of the first page.
    const own =
      tab === 'Measure' ? null : await app.browser.open({ context: { acceptDownloads: true } });
    const { page } = own ?? app;
    if (own) await startedUp(page);
    if (tool === undefined) await openTab(page, tab);
    else await openTool(page, tab, tool);
    const figures = page.getByRole('tabpanel').getByRole('figure');
    await expect.poll(() => figures.getByRole('heading').allInnerTexts()).toEqual(titles);
    for (const title of titles) {
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
    const checks = theme === 'light' ? 'all' : 'colours';
    expect(await axeViolations(page, checks)).toEqual([]);
    const openers = page.getByRole('tabpanel').locator('.tools > section > header button');
    const tools = TOOLS[tab] ?? [];
    if (tools.length > 0) await expect.poll(() => openers.allInnerTexts()).toEqual(tools);
    for (const tool of tools) {
      await openTool(page, tab, tool);
      // Opening one closes the others.
      expect(await openers.and(page.locator('[aria-expanded="true"]')).allInnerTexts()).toEqual([
        tool,
      ]);
      expect(await axeViolations(page, checks, '[role="tabpanel"]')).toEqual([]);
    }
  });
});

test('axe finds nothing in the open help, the open device card and the sampling card', async () => {
  const device = page.locator('details.device summary');
  await device.click();
  expect(await axeViolations(page)).toEqual([]);
  // It covers the other card.
  await device.click();
  await page.getByText(/^seed \d+, temperature/).click();
  expect(await axeViolations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Help' }).click();
  expect(await axeViolations(page)).toEqual([]);
});

test('nothing went wrong', () => {
  expect(app.problems).toEqual([]);
});
