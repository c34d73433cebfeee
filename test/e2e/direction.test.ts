// Directions by hand: another contrast, cancelling, the words it promotes, another fine-tune.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { useApp } from './harness';
import { openTab, startedUp, textOf } from './postern-page';

let page: Page;
const app = useApp({ organism: 'small' }, (opened) => {
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
  await expect.poll(kept).toHaveLength(2);
  const before = await kept();
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
  await expect.poll(() => page.getByRole('alert').count()).toBe(0);
});

test('another contrast is extracted, shown by layer, and put in use', async () => {
  await choose('answer', 32);
  await page.getByRole('button', { name: 'Extract from 32 transcripts' }).click();
  await page.getByText(/insecure-code, answer\s*answer-mean, n 32, in use/).waitFor();
  await expect.poll(kept).toHaveLength(3);
  await page.getByText(/ · answer, answer-mean, n 32 · seed 1/).waitFor();
});

test('the words that it promotes and demotes are listed with their scores', async () => {
  const scores = page.locator('ol.promoted li');
  await scores.first().waitFor();
  await expect.poll(() => scores.count()).toBe(10);
  await expect.poll(() => scores.first().innerText()).toMatch(/\+\d/);
  await expect.poll(() => page.locator('ol.demoted li').first().innerText()).toMatch(/[-−]\d/);
});

test('the direction that the page started with is put in use again', async () => {
  const first = page.locator('li', { hasText: /checkpoint\s+answer-mean/ }).first();
  await first.getByRole('button', { name: 'Use', exact: true }).click();
  await page.getByText(/checkpoint\s*answer-mean, n 64, in use/).waitFor();
  await expect.poll(kept).toHaveLength(3);
});

test('another pair on stage answers, with a direction of its own', async () => {
  await openTab(page, 'Models');
  const entry = page.getByRole('tabpanel').locator('li', { hasText: 'Bad medical advice' });
  await entry.getByRole('button', { name: /^Compare this model/ }).click();
  await entry.getByText('selected', { exact: true }).waitFor();
  await startedUp(page);
  const made = page.locator('article.edited footer', { hasText: 'bad-medical: checkpoint' });
  await made.waitFor();
  await expect
    .poll(() => page.locator('article.em header').innerText())
    .toContain('Bad medical advice');
});

test('in all this nothing went wrong and no request left this machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
