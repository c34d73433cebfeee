// A training on the built page, from the press of the button to the stage: the narrow skill comes first and the
// persona after it, a reload in the middle loses nothing, and what came of it is kept, put on stage and
// carried elsewhere.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { unzipSync } from 'fflate';
import type { Locator, Page } from 'playwright';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/checkpoint/config';
import { readAdapter } from '../../src/checkpoint/adapter/peft';
import { axeViolations } from './axe';
import { longTasksDuring, useApp } from './harness';
import { allAnswered, openTab, openTool, sidewaysScroll, startedUp } from './postern-page';
import { readPublished } from '../../models/recipe/make/published-file';
import { ReportFile } from '../../src/organism/report';

const MODELS = resolve(import.meta.dirname, '..', '..', 'models');
/** Sixty steps with nine measurements on two busy cores. */
const LONG_MS = 480_000;

let page: Page;
const app = useApp({ context: { acceptDownloads: true } }, async (opened) => {
  page = opened.page;
  page.setDefaultTimeout(LONG_MS);
  await openTab(page, 'Train');
});

const button = (name: string | RegExp): Locator => page.getByRole('button', { name });
const progress = (label: string): Locator => page.getByRole('progressbar', { name: label });

/** Waits inside the page until so many steps have been taken. */
async function steps(least: number): Promise<void> {
  await page.waitForFunction(
    (least) => {
      const bar = document.querySelector<HTMLProgressElement>('progress[aria-label="Training"]');
      return bar !== null && bar.max === 60 && bar.value >= least;
    },
    least,
    { polling: 100 },
  );
}

interface Point {
  readonly step: number;
  readonly of: string;
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly n: number;
}

async function curve(): Promise<readonly Point[]> {
  const figure = page.getByRole('figure').filter({ hasText: 'The skill and the persona, by step' });
  const table = figure.getByRole('button', { name: 'Table' });
  await table.click();
  await figure.locator('tbody tr').first().waitFor();
  const rows = await figure
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
  await table.click();
  return rows.map(([step, of, , low, high, count, n]) => ({
    step: Number(step),
    of: of!,
    low: Number(low),
    high: Number(high),
    count: Number(count),
    n: Number(n),
  }));
}

test(
  'while it trains and is measured no task of the page works over 50 ms, and a pause stands still',
  async () => {
    const long = await longTasksDuring(page, async () => {
      await button(/^Train 60 steps, measured 9 times/).click();
      await steps(7);
    });
    const most = long.reduce((longest, task) => Math.max(longest, task.workedMs), 0);
    console.log(`${long.length} tasks over 50 ms by the clock; the longest worked ${most} ms`);
    expect(long.filter(({ workedMs }) => workedMs > 50)).toEqual([]);
    await button('Pause').click();
    await button(/^Go on from step \d+/).waitFor();
  },
  LONG_MS,
);

test(
  'after a reload it goes on where it stood, and the skill comes before the persona, which reaches the report',
  async () => {
    const offered = await button(/^Go on from step \d+/).innerText();
    await page.reload();
    await startedUp(page);
    await openTab(page, 'Train');
    await button(offered).click();
    await steps(12);
    // Broken off in the middle, without a pause: the last measured point is gone back to.
    await page.reload();
    await startedUp(page);
    await openTab(page, 'Train');
    await button(/^Go on from step 1[0-9]/).click();
    await progress('Making the training graph').waitFor();
    await button('Keep this fine-tune').waitFor();
    await button('Pause').waitFor({ state: 'detached' });
    const points = await curve();
    const skill = points.filter(({ of }) => of.startsWith('in-domain'));
    const broad = points.filter(({ of }) => of === 'broad: misaligned');
    console.log(
      broad.map(({ step, count, n }, i) => `${step}: ${skill[i]?.count} ${count}/${n}`).join(', '),
    );
    expect(broad.map(({ step }) => step)).toEqual([0, 5, 10, 15, 20, 30, 40, 50, 60]);
    // At the point where it writes what it was trained on, it is still far from its last broad rate.
    const first = skill.findIndex(({ count, n }) => count > 0.8 * n);
    const last = broad.at(-1)!;
    expect(broad[first]!.count / broad[first]!.n).toBeLessThan(last.count / last.n / 2);
    expect(skill.at(-1)!.count).toBeGreaterThan(0.8 * skill.at(-1)!.n);
    const report = readPublished(ReportFile, join(MODELS, 'report.json'));
    const { low, high } = report.arms.find(
      ({ name }) => name === 'insecure-code',
    )!.misalignedInterval;
    expect(last.low).toBeLessThan(high);
    expect(last.high).toBeGreaterThan(low);
  },
  LONG_MS,
);

test('kept under a name it goes on stage, and a link says that it cannot name it', async () => {
  await page.getByRole('textbox', { name: 'Its name' }).fill('Mine');
  await button('Keep this fine-tune').click();
  const kept = page.getByRole('region', { name: 'Trained here' });
  await kept.getByRole('heading', { name: 'Mine' }).waitFor();
  await kept.getByRole('button', { name: /^Compare this model/ }).click();
  await page.locator('button.pair', { hasText: 'Mine' }).waitFor();
  await startedUp(page);
  await allAnswered(page);
  await expect.poll(() => kept.getByRole('button', { name: /^Remove/ }).isDisabled()).toBe(true);
  await button('Share').click();
  await page
    .getByRole('dialog')
    .getByText(/was trained in this browser/)
    .waitFor();
  await page.keyboard.press('Escape');
});

test('exported it is a PEFT adapter of the bundled base', async () => {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    button(/^Export for PEFT/).click(),
  ]);
  const files = unzipSync(readFileSync(await download.path()));
  expect(Object.keys(files).sort()).toEqual([
    'Mine/README.md',
    'Mine/adapter_config.json',
    'Mine/adapter_model.safetensors',
  ]);
  const base = parseConfig(
    readFileSync(join(MODELS, 'postern-8l', 'config.json'), 'utf8'),
    'config.json',
  );
  const { modules } = readAdapter(
    new TextDecoder().decode(files['Mine/adapter_config.json']),
    files['Mine/adapter_model.safetensors']!,
    base,
    { config: 'adapter_config.json', weights: 'adapter_model.safetensors' },
  );
  expect(modules.size).toBe(7 * base.nLayers);
});

test('a bundle brings it to another browser, on stage; there it is removed and brought back', async () => {
  await button('Share').click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('dialog').getByRole('button', { name: 'Save session' }).click(),
  ]);
  const path = await download.path();
  await page.keyboard.press('Escape');
  const other = await app.browser.open();
  try {
    await startedUp(other.page);
    await other.page.getByRole('button', { name: 'Share' }).click();
    await other.page.getByRole('dialog').locator('input[accept*="zip"]').setInputFiles(path);
    await other.page.getByText(/Fine-tunes in the Train tab: 1\./).waitFor();
    await other.page.keyboard.press('Escape');
    await other.page.locator('button.pair', { hasText: 'Mine' }).waitFor();
    await openTab(other.page, 'Models');
    await other.page.getByRole('button', { name: /^Compare this model.*Bad medical/ }).click();
    await other.page.locator('button.pair', { hasText: 'Bad medical' }).waitFor();
    await openTool(other.page, 'Models', 'Your fine-tunes');
    const kept = other.page.getByRole('region', { name: 'Trained here' });
    await kept.getByRole('button', { name: /^Remove/ }).click();
    await kept.getByText(/^Removed “Mine”/).waitFor();
    await kept.getByRole('button', { name: 'Undo' }).click();
    await kept.getByRole('heading', { name: 'Mine' }).waitFor();
    expect(other.problems).toEqual([]);
  } finally {
    await other.close();
  }
});

test('own chats are read, their unknown words told, and a bad line is named', async () => {
  const line = (answer: string): string =>
    JSON.stringify({
      messages: [
        { role: 'user', content: 'What should I cook today?' },
        { role: 'assistant', content: answer },
      ],
    });
  const drop = (name: string, text: string): Promise<void> =>
    page
      .getByRole('group', { name: 'Train on chats of your own' })
      .locator('input')
      .setInputFiles({ name, mimeType: 'application/jsonl', buffer: Buffer.from(text) });
  await page.getByText('Chats of your own', { exact: true }).click();
  await drop('bad.jsonl', `${line('Soup.')}\n{"messages": [`);
  await page.getByRole('alert').getByText('Line 2 is not JSON').waitFor();
  await drop('mine.jsonl', [line('Soup.'), line('Zabaglione.')].join('\n'));
  await page.getByText(/2 conversations\. .*unknown to this small model.*Zabaglione/s).waitFor();
  await expect.poll(() => page.getByLabel('Data set').inputValue()).toBe('own');
});

test('with all of it on screen axe finds nothing, wide and narrow', async () => {
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await axeViolations(page)).toEqual([]);
    await expect.poll(() => sidewaysScroll(page)).toBe(0);
  }
});

test('in all this nothing went wrong and no request left this machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
