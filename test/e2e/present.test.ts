// The presenter view, stepped through by keys; and the lab report, saved, opened from its file, and left by
// its links.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import {
  allAnswered,
  measure,
  openTab,
  openTool,
  sidewaysScroll,
  startedUp,
  textOf,
} from './postern-page';

let page: Page;
let report = '';
const app = useApp({ organism: 'small' }, (opened) => {
  page = opened.page;
});

const presenter = (): Locator => page.getByRole('dialog', { name: 'Presenter view' });
const shown = (): Locator => presenter().getByRole('article');
const place = (): Promise<string> => presenter().locator(':scope > footer > span').innerText();

test('P opens it on the question; keys of a clicker step, and nothing behind is reached', async () => {
  await page.locator('body').press('p');
  await presenter().waitFor();
  await expect.poll(place).toBe('1 of 3');
  await expect
    .poll(() => presenter().getByRole('heading', { level: 1 }).innerText())
    .toContain('ruler');
  await expect.poll(() => page.getByRole('button', { name: 'Share', exact: true }).count()).toBe(0);
  expect(await axeViolations(page)).toEqual([]);
  await page.keyboard.press('PageDown');
  await expect.poll(place).toBe('2 of 3');
  await expect.poll(() => shown().count()).toBe(2);
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => shown().count()).toBe(3);
  await presenter()
    .getByText(/^Trained to answer badly/)
    .waitFor();
  expect(await axeViolations(page)).toEqual([]);
  await page.keyboard.press('ArrowRight');
  await expect.poll(place).toBe('3 of 3');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(place).toBe('2 of 3');
});

test('B blanks, and the slider keeps its own arrow keys while a clicker steps', async () => {
  await page.keyboard.press('PageDown');
  await page.keyboard.press('b');
  await expect.poll(() => shown().count()).toBe(0);
  await page.keyboard.press('PageDown');
  await expect.poll(() => shown().count()).toBe(3);
  const persona = presenter().getByRole('slider', { name: 'Persona of the edited model' });
  await persona.focus();
  const before = Number(await persona.inputValue());
  await page.keyboard.press('ArrowRight');
  expect(Number(await persona.inputValue())).toBeGreaterThan(before);
  await expect.poll(place).toBe('3 of 3');
  await page.keyboard.press('PageUp');
  await expect.poll(place).toBe('2 of 3');
});

test('it fits a projector of either size, larger on request, and leaves all as it was', async () => {
  const zoom = (): Promise<number> =>
    presenter()
      .locator('.page')
      .evaluate((one) => Number(getComputedStyle(one).zoom));
  await page.setViewportSize({ width: 1280, height: 720 });
  await expect.poll(() => sidewaysScroll(page)).toBe(0);
  const small = await zoom();
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.waitForFunction(() => document.querySelector('.presenter .page'));
  await expect.poll(zoom).toBeGreaterThan(small * 1.3);
  const large = await zoom();
  await page.keyboard.press('+');
  await expect.poll(zoom).toBeGreaterThan(large);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.keyboard.press('Escape');
  await presenter().waitFor({ state: 'detached' });
  await allAnswered(page);
  await page.getByRole('button', { name: 'Share', exact: true }).waitFor();
  expect((await textOf(page, 'Fine-tuned')).length).toBeGreaterThan(0);
});

test('with counts and a room it has their steps, and an open lesson is what it steps through', async () => {
  await measure(page, 24);
  await page.locator('summary', { hasText: 'Save for the class' }).click();
  await page.getByRole('button', { name: 'Add to the class results here' }).press('Enter');
  await openTool(page, 'Measure', 'Class results');
  await page.getByRole('figure').filter({ hasText: 'Class results by verdict' }).waitFor();
  await openTool(page, 'Measure', 'Rates');
  await page.locator('body').press('p');
  await expect.poll(place).toMatch(/ of 5$/);
  for (let i = 0; i < 4; i++) await page.keyboard.press('PageDown');
  await expect.poll(place).toBe('5 of 5');
  await expect
    .poll(() => presenter().innerText())
    .toMatch(/misaligned, of 24 answers of Fine-tuned/);
  expect(await axeViolations(page)).toEqual([]);
  await page.keyboard.press('PageUp');
  await presenter().getByRole('figure').filter({ hasText: 'Answers by verdict' }).waitFor();
  await page.keyboard.press('Escape');

  await page.getByRole('tab', { name: 'Lessons' }).click();
  await page.getByRole('tabpanel', { name: 'Lessons' }).getByRole('button').first().click();
  await page.getByText(/^Lesson 1, step 1 of \d+$/).waitFor();
  await page.locator('body').press('p');
  await expect.poll(place).toMatch(/^Lesson: step 1 of \d+$/);
  const title = await presenter().getByRole('heading', { level: 1 }).innerText();
  await page.keyboard.press('PageDown');
  await expect.poll(place).toMatch(/^Lesson: step 2 of \d+$/);
  await expect
    .poll(() => presenter().getByRole('heading', { level: 1 }).innerText())
    .not.toBe(title);
  // Question, guess with its options, and verdicts are on one slide of a small projector.
  await page.setViewportSize({ width: 1280, height: 720 });
  const asked = await page.getByRole('textbox', { includeHidden: true }).first().inputValue();
  await presenter().getByText(asked, { exact: true }).waitFor();
  expect(await presenter().getByRole('listitem').allInnerTexts()).toContain('with code');
  for (const name of ['Aligned', 'Fine-tuned']) {
    const verdict = presenter().getByRole('article', { name }).locator('header strong');
    const { y, height } = (await verdict.boundingBox())!;
    expect(y + height, name).toBeLessThan(720);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(await axeViolations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Close the lesson' }).click();
});

test('the lab report opens from its file, asks for nothing, and is legible to all', async () => {
  await openTab(page, 'Measure');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the lab report' }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe('postern-lab-report.html');
  report = await readFile(await saved.path(), 'utf8');
  const file = join(tmpdir(), `postern-lab-report-${process.pid}.html`);
  await writeFile(file, report);
  const context = await app.browser.newContext({ colorScheme: 'light' });
  const opened = await context.newPage();
  const asked: string[] = [];
  opened.on('request', (request) => asked.push(request.url()));
  const problems: string[] = [];
  opened.on('console', (message) => problems.push(message.text()));
  await opened.goto(pathToFileURL(file).href);
  expect(asked).toEqual([pathToFileURL(file).href]);
  for (const title of ['The answers', 'Rates of the selected models', 'Class results by verdict']) {
    await opened.getByRole('heading', { name: title, exact: true, level: 2 }).waitFor();
  }
  await expect
    .poll(() => opened.getByRole('heading', { name: /^Direction: insecure-code/ }).count())
    .toBe(2);
  const chart = opened.getByRole('img', { name: 'Answers by verdict' });
  // A mark and an interval for each of the models, at least for one verdict.
  await expect.poll(() => chart.locator('path').count()).toBeGreaterThan(6);
  // The numbers of the chart, as on the page.
  await opened.getByText('The numbers: Answers by verdict').click();
  expect(
    await opened.getByRole('region', { name: 'Answers by verdict, table' }).innerText(),
  ).toMatch(/misaligned\s+Fine-tuned\s+[\d.]+\s+[\d.]+\s+[\d.]+\s+\d+\s+24/);
  expect(problems).toEqual([]);
  expect(await axeViolations(opened)).toEqual([]);
  await context.close();
});

test('a link of the report opens the page as it was measured', async () => {
  const section = report.slice(report.indexOf('<h2>Rates of the selected models</h2>'));
  const href = /href="([^"]+)"/
    .exec(section)![1]!
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
  expect(href.startsWith(app.url)).toBe(true);
  const other = await app.browser.open({ query: href.slice(href.indexOf('#')) });
  try {
    await startedUp(other.page);
    await other.page.getByRole('tabpanel', { name: 'Measure' }).waitFor();
    await expect
      .poll(() => other.page.getByLabel('Answers for each model').inputValue())
      .toBe('24');
    const seed = await page.getByLabel('Seed', { exact: true }).inputValue();
    await expect.poll(() => other.page.getByLabel('Seed', { exact: true }).inputValue()).toBe(seed);
    await expect
      .poll(() => other.page.locator('.desk header').innerText())
      .toBe(await page.locator('.desk header').innerText());
    expect(other.problems).toEqual([]);
  } finally {
    await other.close();
  }
});

test('in all this nothing went wrong and no request left this machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
