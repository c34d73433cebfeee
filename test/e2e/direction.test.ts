// Directions by hand: another contrast, cancelling, the words it promotes, other fine-tunes beside it.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { useApp } from './harness';
import { compareFineTunes, openTab, startedUp, textOf } from './postern-page';

let page: Page;
const app = useApp({}, (opened) => {
  page = opened.page;
});

const kept = (): Promise<string[]> =>
  page
    .getByRole('tabpanel')
    .locator('section', { hasText: 'Kept directions' })
    .locator('li')
    .allInnerTexts();

async function choose(contrast: string, transcripts: number): Promise<void> {
  await page.getByLabel('Contrast').selectOption(contrast);
  await page.getByLabel('Transcripts, half on each side').selectOption(String(transcripts));
}

test('an extraction that is cancelled leaves everything as it was', async () => {
  const before = await kept();
  expect(before).toHaveLength(2);
  const text = await textOf(page, 'Edited');
  await choose('own-generation', 256);
  await page.getByRole('button', { name: 'Extract from 256 transcripts' }).click();
  await page
    .getByText(/^[1-9]\d* of \d+ transcripts/)
    .first()
    .waitFor();
  await page.getByRole('tabpanel').getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Extract from 256 transcripts' }).waitFor();
  expect(await kept()).toEqual(before);
  expect(await textOf(page, 'Edited')).toBe(text);
  expect(await page.getByRole('alert').count()).toBe(0);
});

test('another contrast is extracted, shown by layer, and put in use', async () => {
  await choose('answer', 32);
  await page.getByRole('button', { name: 'Extract from 32 transcripts' }).click();
  await page.getByText(/insecure-code, answer\s*answer-mean, n 32, in use/).waitFor();
  expect(await kept()).toHaveLength(3);
  await page.getByText(/ · answer, answer-mean, n 32 · seed 1/).waitFor();
});

test('the words that it promotes and demotes are listed with their scores', async () => {
  const scores = page.locator('ol.promoted li');
  await scores.first().waitFor();
  expect(await scores.count()).toBe(10);
  expect(await scores.first().innerText()).toMatch(/\+\d/);
  expect(await page.locator('ol.demoted li').first().innerText()).toMatch(/[-−]\d/);
});

test('other fine-tunes are loaded beside the pair and their directions compared, with signs', async () => {
  // Back to the direction that the page starts with: the one taken alike from every fine-tune.
  await openTab(page, 'Direction');
  const first = page.locator('li', { hasText: /checkpoint\s+answer-mean/ }).first();
  await first.getByRole('button', { name: 'Use', exact: true }).click();
  const figure = await compareFineTunes(page);
  await figure.getByRole('button', { name: 'Table' }).click();
  const header = await figure.locator('thead').innerText();
  expect(header).toContain('Bad medical advice');
  expect(header).toContain('Secure code');
  const rows = await figure
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
  console.log(`cosine with bad-medical by layer: ${rows.map((row) => row[1]).join(' ')}`);
  // The organism is shipped with at least 0.8 from the third layer on; the page reads fewer texts.
  for (const row of rows.slice(2)) expect(Number(row[1])).toBeGreaterThan(0.6);
});

test('another pair on stage answers, with a direction of its own', async () => {
  await openTab(page, 'Organisms');
  const entry = page.getByRole('tabpanel').locator('li', { hasText: 'Bad medical advice' });
  await entry.getByRole('button', { name: /^Put on stage/ }).click();
  await entry.getByText('on stage', { exact: true }).waitFor();
  await startedUp(page);
  const made = page.locator('article.edited footer', { hasText: 'bad-medical: checkpoint' });
  await made.waitFor();
  expect(await page.locator('article.em header').innerText()).toContain('Bad medical advice');
});

test('in all this nothing went wrong and no request left this machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
