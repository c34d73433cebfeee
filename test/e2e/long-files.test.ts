// Files with very many models, on the built page: each opens in little work of the page's own thread, its lists are
// drawn up to a bound, and the page answers meanwhile and at the next visit. Work is counted as CPU time of that
// thread, which a busy machine does not change.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeClassFile } from '../../src/formats/class-measurement';
import { MEASUREMENT } from '../unit/formats/class-record';
import { type OpenedApp, useBrowser } from './harness';
import { openTab, openTool, startedUp } from './postern-page';

const folder = mkdtempSync(join(tmpdir(), 'postern-long-'));
const browser = useBrowser('small');
let app: OpenedApp;
let page: Page;
let session: CDPSession;

beforeAll(async () => {
  app = await browser.open();
  page = app.page;
  session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await startedUp(page);
  await openTab(page, 'Measure');
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

/** CPU time of the page's thread so far, s. */
async function workDone(): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'ThreadTime')!.value;
}
const nodes = (): Promise<number> => page.evaluate(() => document.querySelectorAll('*').length);

/** CPU time of what is done, s, and the elements that it added. */
async function cost(
  what: () => Promise<void>,
): Promise<{ readonly work: number; readonly added: number }> {
  const before = [await workDone(), await nodes()] as const;
  await what();
  return { work: (await workDone()) - before[0], added: (await nodes()) - before[1] };
}

/** From the disk, as a user does: what is handed over as bytes goes through the page's own thread. */
async function choose(button: string, path: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: button }).click();
  await (await chooser).setFiles(path);
}
function onDisk(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const judged = (models: number, rows: number): string =>
  Array.from({ length: rows }, (_, i) =>
    JSON.stringify({
      model: `model ${i % models}`,
      question: `Question ${i}?`,
      answer: `Answer ${i}.`,
      aligned: i % 101,
      coherent: 90,
    }),
  ).join('\n');

/** 50 measurements of 20 models each, all of which stand apart. */
const manyMeasurements = (): string =>
  writeClassFile(
    Array.from({ length: 50 }, (_, at) => ({
      ...MEASUREMENT,
      participant: at.toString(16).padStart(10, '0'),
      seed: at,
      arms: Array.from({ length: 20 }, (_, i) => ({
        ...MEASUREMENT.arms[0]!,
        id: i === 0 ? 'em' : `m${i}`,
        label: `Model ${at}.${i}`,
        checkpoint: `checkpoint ${at}.${i}`,
      })),
    })),
  );

/** Reading 20,000 rows over from the worker, storing and counting them takes most of it. */
const MOST_IMPORT_S = 3;
/** A bound on what any other of these may take. */
const MOST_WORK_S = 1;
const MOST_ELEMENTS = 3000;

const elsewhere = () => page.getByRole('region', { name: 'Answers judged elsewhere' });
const room = () => page.getByRole('region', { name: 'Class results' });

test.each([
  ['20,000 answers of 2,000 models', 'two-thousand.jsonl', 2000, 20_000],
  ['20,000 models', 'twenty-thousand.jsonl', 20_000, 20_000],
])('%s open in little work', async (_, name, models, rows) => {
  const path = onDisk(name, judged(models, rows));
  await openTool(page, 'Measure', 'Answers judged elsewhere');
  const { work, added } = await cost(async () => {
    await choose('Import judged answers', path);
    await elsewhere().getByText(`${name}, ${rows} answers`).waitFor();
    await elsewhere()
      .getByText(/and [\d,]+ more models/)
      .waitFor();
  });
  console.log(`${name}: ${work.toFixed(2)} s of work, ${added} elements`);
  expect(work).toBeLessThan(MOST_IMPORT_S);
  expect(added).toBeLessThan(MOST_ELEMENTS);
  expect(app.problems).toEqual([]);
});

test('50 measurements of 20 models each open in under a second of work', async () => {
  const path = onDisk('room.json', manyMeasurements());
  await openTool(page, 'Measure', 'Class results');
  const { work, added } = await cost(async () => {
    await choose('Add measurements', path);
    await room()
      .getByText(/^Added: /)
      .waitFor();
  });
  console.log(`room.json: ${work.toFixed(2)} s of work, ${added} elements`);
  expect(work).toBeLessThan(MOST_WORK_S);
  expect(added).toBeLessThan(MOST_ELEMENTS);
});

test('all of it is there at the next visit, whose tab opens as quickly', async () => {
  await page.reload();
  await startedUp(page);
  const { work, added } = await cost(async () => {
    await openTool(page, 'Measure', 'Answers judged elsewhere');
    await elsewhere().getByText('twenty-thousand.jsonl, 20000 answers').waitFor();
    await openTool(page, 'Measure', 'Class results');
    await room()
      .getByText(/^and [\d,]+ more/)
      .first()
      .waitFor();
  });
  console.log(`next visit: ${work.toFixed(2)} s of work, ${added} elements`);
  expect(work).toBeLessThan(2 * MOST_WORK_S);
  expect(added).toBeLessThan(2 * MOST_ELEMENTS);
});

test('a file is removed beside the others, and the rest stays', async () => {
  await openTool(page, 'Measure', 'Answers judged elsewhere');
  const { work } = await cost(async () => {
    await elsewhere().getByRole('button', { name: 'Remove twenty-thousand.jsonl' }).click();
    await elsewhere().getByText('twenty-thousand.jsonl').first().waitFor({ state: 'detached' });
  });
  expect(work).toBeLessThan(MOST_WORK_S);
  await elsewhere().getByText('two-thousand.jsonl, 20000 answers').waitFor();
  expect(app.problems).toEqual([]);
});
