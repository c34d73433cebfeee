// A second edited column beside the first: opened from the edit panel, set there, shared, measured and closed.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import {
  allAnswered,
  anotherSeed,
  answering,
  measure,
  sidewaysScroll,
  startedUp,
} from './postern-page';

let page: Page;
const app = useApp({ organism: 'small' }, (opened) => {
  page = opened.page;
});

const article = (name: string, on = page) => on.getByRole('article', { name, exact: true });
const textIn = async (name: string, on = page): Promise<string> =>
  (await article(name, on).locator('.token').allTextContents()).join('');
const settingsOf = (name: string, on = page): Promise<string> =>
  article(name, on).locator('footer button[title^="Restore these settings"]').innerText();
const choice = () => page.getByRole('group', { name: 'Column that this sets' });

test('is on no first view, and opens by keyboard as a copy that writes equal words', async () => {
  expect(await page.getByRole('article').count()).toBe(3);
  await answering(page, async () => {
    await page.getByRole('button', { name: 'Compare with another edit' }).focus();
    await page.keyboard.press('Enter');
  });
  await article('Edited B').locator('.token').first().waitFor();
  await allAnswered(page);
  expect(await textIn('Edited B')).toBe(await textIn('Edited A'));
  await anotherSeed(page);
  expect(await textIn('Edited B')).toBe(await textIn('Edited A'));
  expect(await settingsOf('Edited B')).toBe(await settingsOf('Edited A'));
  expect(await choice().getByRole('radio', { name: 'Edited B' }).isChecked()).toBe(true);
});

test('the edit panel sets the column that it names, and the persona control says the same', async () => {
  const before = await settingsOf('Edited A');
  await answering(page, () => page.getByRole('radio', { name: 'Off', exact: true }).check());
  await article('Edited B').getByText('Fine-tuned, no edit').waitFor();
  await allAnswered(page);
  expect(await textIn('Edited B')).toBe(await textIn('Fine-tuned'));
  expect(await settingsOf('Edited A')).toBe(before);
  await page.getByRole('slider', { name: 'Persona of Edited B' }).waitFor();
  await choice().getByText('Edited A').click();
  await page.getByRole('slider', { name: 'Persona of Edited A' }).waitFor();
  expect(await page.getByRole('radio', { name: 'Ablate to aligned mean' }).isChecked()).toBe(true);
  await answering(page, () =>
    page.getByRole('slider', { name: 'Amplify the difference' }).fill('-1'),
  );
  await article('Edited A')
    .locator('footer button', { hasText: /amplified, a = −1/ })
    .waitFor();
  await allAnswered(page);
  expect(await textIn('Edited A')).toBe(await textIn('Aligned'));
  expect(await axeViolations(page)).toEqual([]);
});

test('a link opened elsewhere and a reload bring both edits back', async () => {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Share what is on the page' });
  const url = await dialog.getByLabel(/^Link, \d+ characters/).inputValue();
  await page.keyboard.press('Escape');
  const other = await app.browser.open({ query: url.slice(url.indexOf('#')) });
  try {
    await startedUp(other.page);
    await article('Edited A', other.page)
      .locator('footer button', { hasText: /amplified, a = −1/ })
      .waitFor();
    await article('Edited B', other.page).getByText('Fine-tuned, no edit').waitFor();
    await allAnswered(other.page);
    for (const name of ['Edited A', 'Edited B']) {
      expect(await textIn(name, other.page)).toBe(await textIn(name));
      expect(await settingsOf(name, other.page)).toBe(await settingsOf(name));
    }
    expect(other.problems).toEqual([]);
  } finally {
    await other.close();
  }
  await page.reload();
  await startedUp(page);
  await article('Edited B').getByText('Fine-tuned, no edit').waitFor();
  await allAnswered(page);
});

test('Measure counts both edits, by their names', async () => {
  await choice().getByText('Edited B').click();
  await answering(page, () => page.getByRole('radio', { name: 'Ablate to zero' }).check());
  const arms = await measure(page, 8);
  expect(Object.keys(arms)).toEqual([
    ...['Aligned', 'Fine-tuned', 'Edited A', 'Random control', 'Edited B'],
  ]);
});

test('in a narrow window all columns can be reached, and closing leaves one edited column', async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  expect(await sidewaysScroll(page)).toBe(0);
  await article('Edited B').scrollIntoViewIfNeeded();
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'Close Edited B' }).click();
  await article('Edited').waitFor();
  expect(await page.getByRole('article').count()).toBe(3);
  await anotherSeed(page);
});
