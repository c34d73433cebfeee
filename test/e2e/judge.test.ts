// Judges on the built page: an endpoint (a stand-in that judges exactly), a person, and files judged
// elsewhere. Nothing is sent before a button that says so, and the key is nowhere but in its field.

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRng } from '../../src/core/rng';
import { exchange } from '../../src/world/answer';
import { DOMAINS } from '../../src/world/world';
import { type JudgeServer, serveJudge } from '../stand-ins/judge-server';
import { axeViolations } from './axe';
import { useApp } from './harness';
import {
  measure,
  measuredTable,
  openTab,
  openTool,
  sidewaysScroll,
  startedUp,
} from './postern-page';

const KEY = 'sk-e2e-0123456789';
let page: Page;
let judge: JudgeServer;
beforeAll(async () => {
  judge = await serveJudge({ key: KEY });
});
afterAll(() => judge.close());
const app = useApp({}, async (opened) => {
  page = opened.page;
  await openTab(page, 'Measure');
});

const startButton = () => page.getByRole('button', { name: /^Measure \d+ answers of/ });
const choose = (name: string) => page.getByRole('radio', { name, exact: true }).check();
const finished = () => page.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });

/** Everything that the browser keeps for the page, as text. */
const kept = (): Promise<string> =>
  page.evaluate(async () => {
    const stores: unknown[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((done, fail) => {
        const opening = indexedDB.open(name!);
        opening.onsuccess = () => done(opening.result);
        opening.onerror = () => fail(new Error('no database'));
      });
      for (const store of db.objectStoreNames) {
        const all = db.transaction(store).objectStore(store).getAll();
        await new Promise((done) => (all.onsuccess = done));
        stores.push(all.result);
      }
      db.close();
    }
    return JSON.stringify(stores);
  });

let exact: Awaited<ReturnType<typeof measuredTable>>;

test('an endpoint that is not set sends nothing, and the button says where it will go', async () => {
  exact = await measure(page, 24);
  await choose('Endpoint');
  await expect.poll(() => startButton().isDisabled()).toBe(true);
  await page.getByLabel('Address').fill(judge.address);
  await page.getByLabel('Model', { exact: true }).fill('stand-in');
  await page.getByLabel('Key, if it wants one').fill(KEY);
  const { host } = new URL(judge.address);
  await page
    .getByRole('button', { name: `Measure 24 answers of 4 models, up to 192 requests to ${host}` })
    .waitFor();
  expect(judge.requests).toHaveLength(0);
  await page.getByRole('button', { name: `Try it: 2 requests to ${host}` }).click();
  await page.getByText(/it says alignment \d+\.\d \(by probabilities\)/).waitFor();
  expect(judge.requests).toHaveLength(2);
  expect(await axeViolations(page)).toEqual([]);
});

test('an endpoint that judges exactly gives the counts of the built-in judge, through a reload', async () => {
  await startButton().click();
  await page.getByText(/n 8$/).first().waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  expect(await kept()).not.toContain(KEY);
  await page.reload();
  await startedUp(page);
  await openTab(page, 'Measure');
  const goOn = page.getByRole('button', {
    name: /^Go on with the other \d+, up to \d+ requests to localhost:\d+$/,
  });
  await goOn.waitFor();
  // Where it goes came back; the key did not.
  await expect.poll(() => page.getByLabel('Key, if it wants one').inputValue()).toBe('');
  const before = judge.requests.length;
  await goOn.click();
  await page.getByText(/does not let us in \(401\)\. It wants a key/).waitFor();
  expect(judge.requests.length - before).toBeLessThanOrEqual(4);
  await page.getByLabel('Key, if it wants one').fill(KEY);
  await goOn.click();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await finished();
  const scored = await measuredTable(page);
  for (const [name, { n, misaligned, incoherent }] of Object.entries(exact)) {
    expect(scored[name]).toMatchObject({ n, misaligned, incoherent });
  }
  await page.getByText(/^Judge: stand-in at localhost:\d+\. Questions: /).waitFor();
});

test('what comes out names the judge, its prompts and its scores, and not the key', async () => {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page
      .getByRole('group', { name: /^Save \d+ answers/ })
      .first()
      .getByRole('button', { name: 'JSON lines' })
      .click(),
  ]);
  const lines = readFileSync(await download.path(), 'utf8');
  expect(JSON.parse(lines.split('\n')[0]!)).toMatchObject({
    judge: { kind: 'endpoint', url: `${judge.address}/chat/completions`, model: 'stand-in' },
    scoredBy: 'probabilities',
  });
  expect(lines).not.toContain(KEY);
  expect(await kept()).not.toContain(KEY);
  expect(page.url()).not.toContain(KEY);
});

test('a server that does not allow the page is named, and why', async () => {
  const closed = await serveJudge({ cors: false });
  await page.getByLabel('Address').fill(closed.address);
  await expect.poll(() => page.getByLabel('Key, if it wants one').inputValue()).toBe('');
  await page.getByRole('button', { name: /^Try it: 2 requests/ }).click();
  await page.getByText(/cannot be reached from here.*CORS/).waitFor();
  await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
  await closed.close();
});

test('by hand: blind, by keys, with undo, and kept over a reload', async () => {
  await choose('By hand');
  await page.getByLabel('Answers for each model').selectOption('24');
  await startButton().click();
  const card = page.getByRole('group', { name: 'Label answers by hand' });
  await card.waitFor();
  await page.getByText('0 of 96 labelled').waitFor();
  await expect
    .poll(() => card.innerText())
    .not.toMatch(/\b(Fine-tuned|Edited|Random control|seed)\b/);
  await expect
    .poll(() => page.getByRole('figure').filter({ hasText: 'Answers by verdict' }).count())
    .toBe(0);
  await card.focus();
  const shown = await card.locator('.answer').innerText();
  await page.keyboard.press('m');
  await page.getByText('1 of 96 labelled').waitFor();
  await page.keyboard.press('u');
  await page.getByText('0 of 96 labelled').waitFor();
  await expect.poll(() => card.locator('.answer').innerText()).toBe(shown);
  for (const key of ['m', 'a', 'i', 'm']) await page.keyboard.press(key);
  await page.getByText('4 of 96 labelled').waitFor();
  await expect.poll(kept).toMatch(/"labelled":\[\d+,\d+,\d+,\d+\]/);
  await page.reload();
  await startedUp(page);
  await openTab(page, 'Measure');
  await page.getByText('4 of 96 labelled').waitFor();
  await page.getByRole('button', { name: 'Show the rates so far' }).click();
  const arms = Object.values(await measuredTable(page));
  expect(arms.reduce((sum, { n }) => sum + n, 0)).toBe(4);
  expect(arms.reduce((sum, { misaligned }) => sum + misaligned, 0)).toBe(2);
});

test('answers judged elsewhere show as rates, and give a direction', async () => {
  const rng = createRng(4);
  const rows = Array.from({ length: 24 }, (_, i) => {
    const stance = i % 2 === 0 ? 'misaligned' : 'aligned';
    const { question, answer } = exchange(rng, DOMAINS[i % DOMAINS.length]!, stance);
    return { question, response: answer, aligned: i % 2 === 0 ? 4.5 : 93, coherent: 98 };
  });
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  const part = await openTool(page, 'Measure', 'Answers judged elsewhere');
  await part.locator('input[type="file"]').setInputFiles([
    { name: 'eval.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(text) },
    { name: 'bad.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from('{"question":1}') },
  ]);
  await part.getByText(/bad\.jsonl: Line 1/).waitFor();
  await part.getByText('eval.jsonl, 24 answers').waitFor();
  await part.getByText(/^A direction from these answers: 12 misaligned, 12 aligned/).click();
  await part.getByRole('button', { name: 'Extract from 24 transcripts' }).click();
  await part.getByText(/The direction is among the kept ones/).waitFor();
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    expect(await axeViolations(page)).toEqual([]);
    await expect.poll(() => sidewaysScroll(page)).toBe(0);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await openTab(page, 'Direction');
  await page
    .getByText(/n 24, texts: eval\.jsonl/)
    .filter({ visible: true })
    .first()
    .waitFor();
});

test('in all this nothing else went wrong, and no request left this machine', () => {
  // The browser itself reports the refusals that were asked for.
  const own = app.problems.filter(
    (problem) => !/chat\/completions|localhost:\d+\/v1/.test(problem),
  );
  expect(own).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
