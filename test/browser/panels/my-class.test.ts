// "My class" as a teacher uses it: by keyboard, with a screen reader, and without a network.

import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import { LESSONS } from '../../../src/lessons/lessons';
import MyClass from '../../../src/panels/class-results/MyClass.svelte';
import { createPostern } from '../../../src/state/page/postern';
import { MEASUREMENT } from '../../unit/formats/class-record';
import WithPostern from './WithPostern.svelte';

const [lesson] = LESSONS as [(typeof LESSONS)[0]];
const saved = (name: string, seed: number, step: number) => ({
  ...MEASUREMENT,
  ...{ participant: name.repeat(10), nickname: `N${name}`, seed },
  lesson: { id: lesson.id, step: lesson.steps[step]!.id, done: step },
});

async function opened() {
  const postern = createPostern();
  await render(WithPostern, { postern, panel: MyClass });
  return postern;
}

test('says who is at which step, and adds up what was measured at the chosen one', async () => {
  const { classResults } = await opened();
  await expect.element(page.getByText(/lesson step will appear here/)).toBeVisible();
  await classResults.add([saved('a', 1, 0), saved('b', 2, 0), saved('c', 3, 1)]);
  const steps = page.getByRole('listitem').filter({ hasText: 'Lesson 1, step' });
  await expect.element(steps.first()).toHaveTextContent(/^2 Lesson 1, step 1 of \d+: .*Na\s*Nb/);
  expect(steps.all()).toHaveLength(2);
  const figure = page.getByRole('region', { name: 'What the class measured' });
  await expect.element(figure).toHaveTextContent(/of 288 answers/);
  await page
    .getByLabelText('Measured at')
    .selectOptions(`Lesson 1, step 2 of ${lesson.steps.length}: ${lesson.steps[1]!.title}`);
  await expect.element(figure).toHaveTextContent(/of 96 answers/);
  await classResults.remove(classResults.list);
});

test('counts down in silence, and says one line when the time is up', async () => {
  const { classResults } = await opened();
  await page.getByLabelText('Minutes').fill('5');
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByRole('timer')).toHaveTextContent('5:00');
  await expect.element(page.getByRole('timer')).toHaveAttribute('aria-live', 'off');
  const status = () =>
    page
      .getByRole('status')
      .all()
      .map((one) => one.element().textContent)
      .join('');
  expect(status()).toBe('');
  await page.getByRole('button', { name: 'Pause the countdown' }).click();
  await page.getByRole('button', { name: 'Resume the countdown' }).click();
  classResults.countdown.leftMs = 0;
  await expect.element(page.getByRole('timer')).toHaveTextContent('Time is up');
  expect(status()).toBe('Time is up.');
  await page.getByRole('button', { name: 'Reset' }).click();
  expect(page.getByRole('timer').query()).toBeNull();
  expect(status()).toBe('');
});
