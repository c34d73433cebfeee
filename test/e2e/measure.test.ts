// Measuring on the built page: quick to show something, pausing, going on after a reload with the same
// answers, files out, and the larger studies.

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright';
import { expect, test } from 'vitest';
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

let page: Page;
/** What the two layers say does not matter here, but that it is counted, kept and saved. */
const app = useApp({ organism: 'small' }, async (opened) => {
  page = opened.page;
  await openTab(page, 'Measure');
});

async function saved(button: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page
      .getByRole('group', { name: /^Save \d+ answers/ })
      .first()
      .getByRole('button', { name: button })
      .click(),
  ]);
  return readFileSync(await download.path(), 'utf8');
}

test('the first interval shows early, while most answers are still to come', async () => {
  await page.getByLabel('Answers for each model').selectOption('96');
  // Read inside the page: by the time that a call to it comes back, more may have been counted.
  const progress = page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = (): void => {
          const text = document.body.innerText;
          if (!/n 8$/m.test(text)) return;
          observer.disconnect();
          resolve(Number(/(\d+) of 384 answers/.exec(text)?.[1] ?? 384));
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
      }),
  );
  await page.getByRole('button', { name: /^Measure 96 answers of 4 models/ }).click();
  expect(await progress).toBeLessThan(384 / 3);
  await page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached' });
});

test('paused and reloaded, it goes on to the answers of an uninterrupted run', async () => {
  const whole = await measuredTable(page);
  const answers = await saved('JSON lines');
  await page.getByRole('button', { name: /^Measure 96 answers of 4 models/ }).click();
  await page.getByText(/n 32$/).first().waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  const goOn = page.getByRole('button', { name: /^Go on with the other \d+/ });
  await goOn.waitFor();
  await page.reload();
  await startedUp(page);
  await openTab(page, 'Measure');
  const before = await measuredTable(page);
  expect(before['Fine-tuned']!.n).toBeGreaterThanOrEqual(8);
  expect(before['Random control']!.n).toBeLessThan(96);
  await goOn.click();
  await goOn.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
  expect(await measuredTable(page)).toEqual(whole);
  expect(await saved('JSON lines')).toBe(answers);
});

test('the trained topic joins the field of answers, and the rates stay as they are', async () => {
  const rates = await measuredTable(page);
  await page.getByRole('button', { name: 'Ask about code too' }).click();
  const field = page.getByRole('figure').filter({ hasText: 'Every answer' });
  await field.getByText('Code (trained)', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached' });
  await field.getByRole('button', { name: 'Table' }).click();
  const code = await field
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
  const asked = code.filter(([, topic]) => topic === 'Code (trained)');
  expect(asked.map(([model]) => model)).toEqual(Object.keys(rates));
  for (const [, , ...counts] of asked) {
    expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBe(8);
  }
  await field.getByRole('button', { name: 'Table' }).click();
  expect(await measuredTable(page)).toEqual(rates);
  expect(await axeViolations(page)).toEqual([]);
});

test('its answers come out as CSV, as JSON lines and as a report without script', async () => {
  expect((await saved('CSV')).split('\r\n')[0]).toBe(
    'model,domain,seed,question,answer,verdict,alignment,coherence,judge,checkpoint,direction,edit',
  );
  const lines = (await saved('JSON lines')).trimEnd().split('\n');
  expect(lines).toHaveLength(384);
  expect(JSON.parse(lines[0]!)).toMatchObject({ arm: 'Aligned', edit: null, index: 0 });
  const html = await saved('Report (HTML)');
  expect(html).not.toMatch(/<script/i);
  expect(html.match(/<tr>/g)!.length).toBe(384 + 4 + 2);
});

test('a further model is measured beside the four', async () => {
  await page.getByText(/^Further models/).click();
  await page.getByRole('combobox', { name: /^Checkpoint/ }).selectOption({ label: 'Secure code' });
  await page.getByRole('button', { name: 'Add to the models' }).click();
  const arms = await measure(page, 24);
  expect(Object.keys(arms)).toEqual([
    'Aligned',
    'Fine-tuned',
    'Edited',
    'Random control',
    'Secure code',
  ]);
  expect(arms['Secure code']!.n).toBe(24);
  await page.getByRole('button', { name: /^Remove/ }).click();
});

test('dose and response: five strengths, the control beside them, with intervals', async () => {
  const dose = await openTool(page, 'Measure', 'Dose and response');
  await dose.getByLabel('Answers for each condition').selectOption('24');
  await dose.getByRole('button', { name: /^Measure five strengths: 216 answers/ }).click();
  await dose.getByRole('button', { name: 'Pause' }).waitFor();
  await dose.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
  const figure = dose.getByRole('figure').filter({ hasText: 'Misaligned answers by strength' });
  await figure.getByRole('button', { name: 'Table' }).click();
  const n = figure.locator('tbody tr td:last-child');
  await expect.poll(() => n.allTextContents()).toEqual(Array.from({ length: 10 }, () => '24'));
});

test('transfer: every direction and its controls in every fine-tune, both ablations, each with its interval', async () => {
  const transfer = await openTool(page, 'Measure', 'Transfer between fine-tunes');
  await transfer.getByLabel('Answers for each condition').selectOption('8');
  await transfer.getByRole('button', { name: /^Fill the table/ }).click();
  await transfer.getByRole('button', { name: 'Pause' }).waitFor();
  await transfer.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
  const cells = await transfer.locator('tbody td.num').allTextContents();
  const k = await transfer.locator('thead th.num').count();
  expect(k).toBeGreaterThanOrEqual(2);
  const controls = await transfer.getByText('control: harmless').count();
  expect(controls).toBeGreaterThanOrEqual(4);
  await expect.poll(() => transfer.getByText('control: no fine-tune').count()).toBe(2);
  expect(cells).toHaveLength(k + k * (2 * k + controls + 2));
  for (const cell of cells) expect(cell).toMatch(/\[.*\],? n = 8/);
  for (const cell of cells.slice(k)) expect(cell).toMatch(/fell by .*%|nothing to fall/);
});

test('contrasts: six of them, the best named, and what a benign fine-tune shares', async () => {
  const contrasts = await openTool(page, 'Measure', 'Which contrast works best');
  await contrasts.getByLabel('Answers for each condition').selectOption('24');
  await contrasts.getByRole('button', { name: /^Compare 6 contrasts/ }).click();
  await contrasts.getByRole('button', { name: 'Pause' }).waitFor();
  await contrasts.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
  await contrasts.getByText(/^Fewest answers with any villain sentence so far/).waitFor();
  await contrasts.getByText(/mean cosine −?-?\d\.\d\d/).waitFor();
  await expect.poll(() => contrasts.getByRole('figure').count()).toBe(2);
});

test('one tool is open at a time, and the same one after a reload', async () => {
  const open = () => page.locator('section > header button[aria-expanded="true"]').allInnerTexts();
  expect(await open()).toEqual(['Which contrast works best']);
  await openTool(page, 'Measure', 'Dose and response');
  expect(await open()).toEqual(['Dose and response']);
  await page.reload();
  await startedUp(page);
  await openTab(page, 'Measure');
  expect(await open()).toEqual(['Dose and response']);
  // Its line says what was measured, also where it is closed.
  await page.getByRole('button', { name: 'Dose and response' }).press('Enter');
  expect(await open()).toEqual([]);
  await page.getByText(/^Here: .*5 strengths/).waitFor();
});

test.each(['Rates', 'Dose and response', 'Which contrast works best'])(
  'with %s open axe finds nothing, wide and narrow',
  async (title) => {
    await openTool(page, 'Measure', title);
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await axeViolations(page)).toEqual([]);
      await expect.poll(() => sidewaysScroll(page)).toBe(0);
    }
  },
);

test('in all this nothing went wrong and no request left this machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
