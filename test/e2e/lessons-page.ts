// A lesson as a participant walks it: by mouse in the words of the dock, or by keyboard alone.

import type { Locator, Page } from 'playwright';
import { expect } from 'vitest';
import { axeViolations } from './axe';

export const dock = (page: Page): Locator => page.locator('.dock');
const button = (page: Page, name: string): Locator =>
  dock(page).getByRole('button', { name, exact: true });

/** Opens a lesson of the list by its title. */
export async function openLesson(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: 'Lessons', exact: true }).click();
  const start = new RegExp(`^(Start|Continue|Again) ${title.replace('?', '\\?')}$`);
  await page.getByRole('button', { name: start }).click();
  await dock(page).getByText(title, { exact: true }).waitFor();
}

/** Waits until a step is open and what it puts on the page is there. */
export async function atStep(page: Page, title: string): Promise<void> {
  await dock(page).getByRole('heading', { name: title, exact: true }).waitFor();
  await dock(page).getByText('Setting the page up').waitFor({ state: 'detached' });
}

export async function guess(page: Page, percent: number): Promise<void> {
  await dock(page).getByRole('spinbutton').fill(String(percent));
  await button(page, 'Guess').click();
}

/** Chooses an option by the beginning of its label. */
export async function choose(
  page: Page,
  label: string,
  how: 'Guess' | 'Answer' = 'Guess',
): Promise<void> {
  await dock(page)
    .getByRole('radio', { name: new RegExp(`^${label}`) })
    .click();
  await button(page, how).click();
}

export const done = (page: Page): Promise<void> => dock(page).locator('.met').waitFor();

export async function next(page: Page): Promise<void> {
  await done(page);
  await button(page, 'Next').click();
}

/** Presses the step's own button and waits until what it started has met the check. */
export async function run(page: Page, name: string): Promise<void> {
  await button(page, name).click();
  await done(page);
}

/** Ends the lesson at its last step, with which axe finds nothing wrong. */
export async function finishLesson(page: Page): Promise<void> {
  expect(await axeViolations(page)).toEqual([]);
  await button(page, 'Finish').click();
  await page.getByRole('tabpanel', { name: 'Lessons' }).waitFor();
}

/** What the open step says was measured, beside the guess. */
export async function saidMeasured(page: Page): Promise<string> {
  const said = await dock(page).innerText();
  const [, percent, n] = /measured (\d+\.\d)% \[[\d.]+, [\d.]+\], n = (\d+)/.exec(said) ?? [];
  return `${percent}% of ${n}`;
}

/** The same from counts that a table has. */
export const inWords = ({
  misaligned,
  n,
}: {
  readonly misaligned: number;
  readonly n: number;
}): string => `${((100 * misaligned) / n).toFixed(1)}% of ${n}`;

/** The rows of a chart's table, as texts. */
export async function tableOf(figure: Locator): Promise<string[][]> {
  const button = figure.getByRole('button', { name: 'Table' });
  await button.click();
  await figure.locator('tbody tr').first().waitFor();
  const rows = await figure
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
  await button.click();
  return rows;
}

/** What has the focus, as it is called. */
export const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const at = document.activeElement as HTMLInputElement | null;
    if (at === document.body) return '';
    const name = at?.ariaLabel ?? at?.labels?.[0]?.textContent ?? at?.textContent ?? '';
    return name.trim().replace(/\s+/g, ' ');
  });

/** Presses Tab until what is called so has the focus. @returns all that had it on the way */
export async function tabTo(page: Page, name: RegExp, key = 'Tab'): Promise<string[]> {
  const path: string[] = [];
  while (!name.test(path.at(-1) ?? '')) {
    if (path.length > 120) throw new Error(`Tab does not reach ${name}: ${path.join(' > ')}`);
    await page.keyboard.press(key);
    path.push(await focused(page));
  }
  return path;
}

/** From anywhere to a button of the dock, and presses it. */
export async function press(page: Page, name: RegExp): Promise<string[]> {
  await page.keyboard.press('l');
  const path = await tabTo(page, name);
  await page.keyboard.press('Enter');
  return path;
}
