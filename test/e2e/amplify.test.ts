// Amplifying the difference of the two models on the page: what the slider writes, says, keeps and shares.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import {
  answering,
  anotherSeed,
  editedWith,
  madeOf,
  measure,
  openTool,
  startedUp,
  textOf,
} from './postern-page';

let page: Page;
const app = useApp({ organism: 'small' }, (opened) => {
  page = opened.page;
});

const slider = () => page.getByRole('slider', { name: 'Amplify the difference' });
const scale = () => page.getByRole('slider', { name: 'Weights that training added' });

test('a = -1 writes the aligned answer, a = 0 the fine-tuned one, without an edit along a direction', async () => {
  await page.getByRole('radio', { name: 'Off', exact: true }).check();
  await editedWith(page, /seed/);
  await slider().fill('-1');
  await editedWith(page, /amplified, a = −1/);
  expect(await textOf(page, 'Edited')).toBe(await textOf(page, 'Aligned'));
  await anotherSeed(page);
  expect(await textOf(page, 'Edited')).toBe(await textOf(page, 'Aligned'));
  await answering(page, () => slider().fill('0'));
  expect(await madeOf(page, 'Edited')).not.toContain('amplified');
  expect(await textOf(page, 'Edited')).toBe(await textOf(page, 'Fine-tuned'));
});

test('a scaled LoRA and an amplified difference exclude each other, each with the reason', async () => {
  await slider().fill('1');
  await editedWith(page, /difference to \S+ [0-9a-f]{7} amplified, a = \+1/);
  expect(await scale().isDisabled()).toBe(true);
  await page.getByText('The difference below is amplified').waitFor();
  await page.getByRole('group', { name: 'Model to edit' }).getByText('Aligned').click();
  await page.getByText('which does not differ from itself').waitFor();
  expect(await slider().isDisabled()).toBe(true);
  await page.getByRole('group', { name: 'Model to edit' }).getByRole('radio').first().check();
  await editedWith(page, /amplified, a = \+1/);
  expect(await axeViolations(page)).toEqual([]);
});

test('a link opened elsewhere writes the same words with the same difference', async () => {
  const whole = await textOf(page, 'Edited');
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Share what is on the page' });
  const url = await dialog.getByLabel(/^Link, \d+ characters/).inputValue();
  await page.keyboard.press('Escape');
  expect(url).toContain('&amplify=1&');
  const other = await app.browser.open({ query: url.slice(url.indexOf('#')) });
  try {
    await startedUp(other.page);
    await editedWith(other.page, /amplified, a = \+1/);
    expect(await textOf(other.page, 'Edited')).toBe(whole);
    expect(await madeOf(other.page, 'Edited')).toBe(await madeOf(page, 'Edited'));
    expect(other.problems).toEqual([]);
  } finally {
    await other.close();
  }
});

test('Measure draws both curves over a, and counts the edited arm with its settings line', async () => {
  const tool = await openTool(page, 'Measure', 'The difference amplified');
  await tool.getByLabel('Answers for each condition').selectOption('8');
  await tool.getByRole('button', { name: /^Measure seven values of a: 56 answers/ }).click();
  for (const verdict of ['Misaligned', 'Incoherent']) {
    const figure = tool.getByRole('figure', { name: `${verdict} answers by amplification` });
    await figure.getByRole('button', { name: 'Table' }).click();
    const rows = figure.locator('tbody tr');
    await expect
      .poll(async () => (await rows.allInnerTexts()).filter((row) => /\b8\b/.test(row)).length)
      .toBe(7);
  }
  await tool.getByRole('button', { name: /^Measure seven values of a/ }).waitFor();
  const arms = await measure(page, 8);
  expect(Object.keys(arms)).toEqual(['Aligned', 'Fine-tuned', 'Edited']);
  await page
    .getByRole('button', { name: /amplified, a = \+1 · seed/ })
    .first()
    .waitFor();
});
