// The page without a mouse.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { evaluationQuestions } from '../../src/world/split';
import { useApp } from './harness';
import {
  allAnswered,
  answering,
  ask,
  CUT_SHORT,
  editedWith,
  openTab,
  personaControl,
  startedUp,
  TABS,
  textOf,
} from './postern-page';

let page: Page;
const app = useApp({ organism: 'small' }, (opened) => {
  page = opened.page;
});

const nameOfFocus = (): Promise<string> =>
  page.evaluate(() => {
    const at = document.activeElement as HTMLInputElement | null;
    return (at?.ariaLabel ?? at?.labels?.[0]?.textContent ?? at?.textContent ?? '').trim();
  });

test('Tab alone reaches the persona control, and the arrows turn it', async () => {
  const path: string[] = [];
  while (path.at(-1) !== 'Persona of the edited model' && path.length < 40) {
    await page.keyboard.press('Tab');
    path.push(await nameOfFocus());
  }
  expect(path).toContain('Persona of the edited model');
  await expect.poll(() => personaControl(page).inputValue()).toBe('-1');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => personaControl(page).inputValue()).toBe('-0.99');
  await page.keyboard.press('Shift+ArrowRight');
  await expect.poll(() => personaControl(page).inputValue()).toBe('-0.89');
  await editedWith(page, /ablate to aligned mean 89%/);
  await page.keyboard.press('End');
  await editedWith(page, /steer x\d+\.\d\d/);
  await page.keyboard.press('Home');
  await editedWith(page, /ablate to aligned mean 100%/);
});

test('D leads from anywhere to the desk, and so does the first stop of the page', async () => {
  await personaControl(page).focus();
  await page.keyboard.press('d');
  await expect.poll(() => page.locator('aside :focus').count()).toBe(1);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.reload();
  await startedUp(page);
  await page.keyboard.press('Tab');
  expect(await nameOfFocus()).toBe('Skip to the edit panel');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('aside :focus').count()).toBe(1);
});

test('Space stops the answers and lets them run again, with the hand still on the control', async () => {
  await ask(page, evaluationQuestions('code', 1, 1)[0]!.question);
  // A measurement takes turns with the answers, so that a real key comes while they are written.
  await openTab(page, 'Measure');
  await page.getByLabel('Answers for each model').selectOption('960');
  await page.getByRole('button', { name: /^Measure 960 answers/ }).click();
  await page.getByText(/^[1-9]\d* of 3840 answers/).waitFor();
  await personaControl(page).focus();
  await page.keyboard.press('Space');
  await page.waitForFunction(
    () => document.querySelectorAll('article[aria-busy="true"] .token').length > 2,
  );
  await page.keyboard.press('Space');
  await page.getByText(CUT_SHORT).first().waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: /^Measure 960 answers/ }).waitFor();
  await personaControl(page).focus();
  await page.keyboard.press('Space');
  await page.getByText(CUT_SHORT).first().waitFor({ state: 'detached' });
  await allAnswered(page);
  await expect.poll(() => page.getByText(CUT_SHORT).count()).toBe(0);
});

test('Space asks the same again, and leaves a question that is typed and not sent', async () => {
  const prompt = page.getByRole('textbox', { name: 'Question to all three models' });
  const asked = await prompt.inputValue();
  const before = await textOf(page, 'Fine-tuned');
  await prompt.fill('What is typed here?');
  await personaControl(page).focus();
  await answering(page, () => page.keyboard.press('Space'));
  await expect.poll(() => prompt.inputValue()).toBe('What is typed here?');
  expect(await textOf(page, 'Fine-tuned')).toBe(before);
  await prompt.fill(asked);
});

test('the button that asks keeps the focus while it is answered, and after', async () => {
  await page.getByRole('button', { name: 'Ask', exact: true }).focus();
  await answering(page, () => page.keyboard.press('Enter'));
  await expect.poll(nameOfFocus).toBe('Ask');
});

test('R asks on another seed', async () => {
  const before = await page.getByText(/^seed \d+, temperature/).innerText();
  await answering(page, () => page.keyboard.press('r'));
  const seed = (text: string): number => Number(/seed (\d+)/.exec(text)?.[1]);
  expect(seed(await page.getByText(/^seed \d+, temperature/).innerText())).toBe(seed(before) + 1);
});

test.each(TABS.map((name, i) => [String(i + 1), name] as const))(
  '%s opens %s',
  async (key, name) => {
    await page.keyboard.press(key);
    await expect.poll(() => page.getByRole('tab', { selected: true }).innerText()).toContain(name);
    await page.getByRole('tabpanel', { name }).waitFor();
  },
);

test('keys typed into the prompt line are text and nothing else', async () => {
  await page.keyboard.press('1');
  const prompt = page.getByRole('textbox', { name: 'Question to all three models' });
  await prompt.fill('');
  await prompt.pressSequentially('r 2 ?');
  await expect.poll(() => prompt.inputValue()).toBe('r 2 ?');
  await expect
    .poll(() => page.getByRole('tab', { selected: true }).innerText())
    .toContain('Direction');
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
});

test('? lists the keys, and Escape closes the list', async () => {
  await page.getByRole('tab', { selected: true }).focus();
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await expect.poll(() => dialog.innerText()).toContain('another seed');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
});

test('the arrows walk the tokens of an answer and the values of a chart, which are said', async () => {
  const strip = page.getByRole('group', { name: /^Fine-tuned: answer/ });
  await strip.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect
    .poll(() => strip.locator('[aria-live]').innerText())
    .toMatch(/: [+−-]\d+\.\d\d at layer \d/);
  await page.keyboard.press('Escape');
  const figure = page.getByRole('figure').filter({ hasText: 'Can it be trusted' });
  await figure.getByRole('application').focus();
  await page.keyboard.press('End');
  const readout = figure.locator('[aria-live]');
  await expect.poll(() => readout.innerText()).toMatch(/layer \d+: /);
});

test('nothing went wrong', () => {
  expect(app.problems).toEqual([]);
});
