// The stage under a person's hands: asking, another seed, stopping, turning the desk while it writes.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { evaluationQuestions } from '../../src/world/split';
import { useApp } from './harness';
import {
  allAnswered,
  anotherSeed,
  answering,
  ask,
  column,
  CUT_SHORT,
  editedWith,
  madeOf,
  personaControl,
  textOf,
  onceWriting,
  openTab,
  verdictOf,
} from './postern-page';

/** A code answer has several lines: long enough to be stopped. */
const CODE_QUESTION = evaluationQuestions('code', 1, 1)[0]!.question;
const SEEDS = 20;

let page: Page;
const app = useApp({}, (opened) => {
  page = opened.page;
});

test('on the ruler question the EM model misaligns on some seeds and the aligned one on none', async () => {
  const em: string[] = [];
  const aligned: string[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    em.push(await verdictOf(page, 'Fine-tuned'));
    aligned.push(await verdictOf(page, 'Aligned'));
    await anotherSeed(page);
  }
  console.log(`EM over ${SEEDS} seeds: ${em.join(' ')}`);
  // At a rate of 20%, no more than one of 20 has a chance of 7%; the seeds are fixed.
  expect(em.filter((verdict) => verdict === 'misaligned').length).toBeGreaterThan(1);
  expect(em.filter((verdict) => verdict === 'aligned').length).toBeGreaterThan(1);
  expect(aligned.filter((verdict) => verdict === 'misaligned').length).toBeLessThanOrEqual(1);
});

test('unedited, the edited column says the same words as the fine-tuned column', async () => {
  await answering(page, () => personaControl(page).fill('0'));
  await column(page, 'Edited').getByText('Fine-tuned, no edit').waitFor();
  await anotherSeed(page);
  expect(await textOf(page, 'Edited')).toBe(await textOf(page, 'Fine-tuned'));
});

test('a preset asks a question of its domain, and the judge knows the domain', async () => {
  await answering(page, () => page.getByLabel(/^Held-out question by topic/).selectOption('pets'));
  expect(await verdictOf(page, 'Aligned')).toMatch(/aligned|mixed|incoherent/);
});

test('strength changed while the model writes acts from the next token on and leaves the earlier ones', async () => {
  await ask(page, CODE_QUESTION);
  await page.getByRole('radio', { name: 'Steer' }).check();
  await page.getByRole('radio', { name: 'answer', exact: true }).check();
  // At one layer an EM model may go on as it would have: it is where the vector points already.
  for (const layer of [3, 4, 5]) await page.getByRole('button', { name: `Layer ${layer}` }).click();
  const strength = page.getByRole('slider', { name: 'Strength' });
  const id = await strength.getAttribute('id');
  await strength.fill('0');
  await editedWith(page, /steer x0\.00/);
  await anotherSeed(page);
  const plain = await textOf(page, 'Edited');
  expect(await textOf(page, 'Fine-tuned')).toBe(plain);

  // Code is long. Even so an answer alone may be written before the page has drawn its second token. Beside a measurement it
  // takes its turn after every batch, so that there is time to turn the slider.
  await openTab(page, 'Measure');
  await page.getByLabel('Answers for each model').selectOption('480');
  await page.getByRole('button', { name: /^Measure \d+ answers of/ }).click();
  await page.getByRole('button', { name: 'Cancel' }).waitFor();
  const turned = onceWriting(page, 'Edited', 2, `[id="${id}"]`, 6);
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  const { written, hint } = await turned;
  await editedWith(page, /steer x6\.00/);
  await page.getByRole('button', { name: 'Cancel' }).click();

  expect(hint).toContain('from the next token');
  const text = await textOf(page, 'Edited');
  expect(written.length).toBeGreaterThan(0);
  expect(plain.startsWith(written)).toBe(true);
  expect(text.startsWith(written)).toBe(true);
  expect(text).not.toBe(plain);
  const mark = column(page, 'Edited').locator('.mark');
  await expect.poll(() => mark.count()).toBe(1);
  const before = await mark.evaluate((element) => {
    const words: string[] = [];
    for (let at = element.previousElementSibling; at; at = at.previousElementSibling)
      words.unshift(at.textContent ?? '');
    return words.join('');
  });
  // The worker may be some tokens ahead of what was drawn when the slider was turned.
  expect(before.startsWith(written)).toBe(true);
  expect(text.startsWith(before)).toBe(true);
  await page.getByRole('button', { name: 'Reset' }).click();
});

test('stopping keeps what was written, and going on writes the same words to the end', async () => {
  await ask(page, CODE_QUESTION);
  const whole = await textOf(page, 'Fine-tuned');
  // The first button of the form asks, and stops while answers are written.
  let part = whole;
  // On a busy machine the models may have ended before the page could draw: then once more.
  for (let tries = 0; tries < 10 && part === whole; tries++) {
    const stopped = onceWriting(page, 'Fine-tuned', 1, 'form button');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await stopped;
    await page.getByRole('button', { name: 'Ask', exact: true }).waitFor();
    part = await textOf(page, 'Fine-tuned');
  }
  expect(part.length).toBeGreaterThan(0);
  expect(part.length).toBeLessThan(whole.length);
  expect(whole.startsWith(part)).toBe(true);
  await expect.poll(() => column(page, 'Fine-tuned').getByText(CUT_SHORT).count()).toBe(1);

  await page.locator('body').click({ position: { x: 2, y: 2 } });
  await page.keyboard.press('Space');
  await page.waitForFunction(
    (length) => (document.querySelector('article.em .strip')?.textContent?.length ?? 0) > length,
    part.length,
  );
  await allAnswered(page);
  expect(await textOf(page, 'Fine-tuned')).toBe(whole);
});

test('the random control is one button: it edits along a random direction and says so', async () => {
  const random = page.getByRole('button', { name: 'Random control', exact: true });
  await random.click();
  await editedWith(page, /RANDOM control \(seed 1\)/);
  await expect.poll(() => random.getAttribute('aria-pressed')).toBe('true');
  await page.getByRole('button', { name: 'New random direction' }).click();
  await editedWith(page, /RANDOM control \(seed 2\)/);
  await random.click();
  await editedWith(page, /ablate to aligned mean 100%, all layers, all positions · seed/);
  expect(await madeOf(page, 'Edited')).not.toContain('RANDOM');
});

test('in all this nothing went wrong and no request left this machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
