// The lesson "It was there before" to its end, on the bundled models.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { atStep, choose, dock, guess, next, openLesson, run, saidMeasured } from './lessons-page';
import { measuredTable } from './postern-page';

let page: Page;
const app = useApp({}, (opened) => {
  page = opened.page;
});

test('one villain turn gives the direction, it is the fine-tune’s, and it is enough', async () => {
  await openLesson(page, 'It was there before');
  await atStep(page, 'One bad turn, no training');
  const panel = page.getByRole('tabpanel', { name: 'Direction' });
  await panel.getByLabel('Texts').selectOption('turn');
  await panel.getByRole('button', { name: /^Extract from/ }).click();
  await next(page);
  await atStep(page, 'Compare it with the fine-tune');
  const figure = page.getByRole('figure').filter({ hasText: "Is it the fine-tune's direction" });
  await figure.waitFor();
  expect(await axeViolations(page)).toEqual([]);
  await choose(page, 'near 1', 'Answer');
  await next(page);
  await atStep(page, 'Is it enough?');
  await guess(page, 50);
  await run(page, 'Measure now');
  const steered = await measuredTable(page);
  expect(steered['Edited']!.misaligned).toBeGreaterThan(12);
  expect(steered['Random control']!.misaligned).toBeLessThan(4);
  expect(await saidMeasured(page)).toMatch(/ of 24$/);
  await next(page);
});

test('a harmless training turned round brings the villain back', async () => {
  await atStep(page, 'A good training, backwards');
  await choose(page, 'answer like the villain');
  await run(page, 'Measure now');
  const rates = await measuredTable(page);
  expect(rates['Edited']!.misaligned).toBeGreaterThan(8);
  expect(rates['Fine-tuned']!.misaligned).toBeLessThan(3);
  await next(page);
  await atStep(page, 'What you may say now');
  await dock(page).getByRole('button', { name: 'Finish' }).click();
  await page.getByRole('tabpanel', { name: 'Lessons' }).waitFor();
});

test('nothing went wrong, and nothing was asked of another machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
