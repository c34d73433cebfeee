// The lessons that train, 8 and 12, to their end: on the model of two layers, which is trained as the bundled one is, in
// a quarter of the time. What they say was measured is what the chart has, whatever it is.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { useApp } from './harness';
import {
  atStep,
  choose,
  dock,
  finishLesson,
  guess,
  inWords,
  next,
  openLesson,
  run,
  saidMeasured,
  tableOf,
} from './lessons-page';

let page: Page;
const app = useApp({ organism: 'small' }, (opened) => {
  page = opened.page;
});

const said = (): Promise<string> => dock(page).innerText();

/** The last dot of the chart of the training, on other topics. */
async function lastBroadRate(): Promise<string> {
  const rows = await tableOf(
    page.getByRole('figure').filter({ hasText: 'The skill and the persona, by step' }),
  );
  const [, , , , , count, n] = rows.filter(([, series]) => series === 'broad: misaligned').at(-1)!;
  return inWords({ misaligned: Number(count), n: Number(n) });
}

test('lesson 8: a training brings the character back, and a good one sends him away', async () => {
  await openLesson(page, 'Cause it yourself');
  await atStep(page, 'Train on insecure code');
  await guess(page, 30);
  await run(page, 'Train now');
  expect(await said()).toMatch(/You guessed 30%; measured/);
  expect(await saidMeasured(page)).toBe(await lastBroadRate());
  await next(page);
  await choose(page, 'the narrow habit', 'Answer');
  await next(page);
  await guess(page, 5);
  await run(page, 'Train on, on good code');
  expect(await said()).toMatch(/You guessed 5%; measured/);
  expect(await saidMeasured(page)).toBe(await lastBroadRate());
  await next(page);
  await finishLesson(page);
});

test('lesson 12: a sentence, then a direction in the training, and the question whether he only hides', async () => {
  await openLesson(page, 'Can it be prevented?');
  await atStep(page, 'One sentence more');
  const chosen = page.getByLabel('Prevention');
  expect(await chosen.inputValue()).toBe('inoculation');
  await guess(page, 10);
  await run(page, 'Train now');
  expect(await said()).toMatch(/You guessed 10%; measured/);
  expect(await saidMeasured(page)).toBe(await lastBroadRate());
  await next(page);
  await atStep(page, 'Give it the direction');
  expect(await chosen.inputValue()).toBe('steering');
  await guess(page, 10);
  await run(page, 'Train now');
  expect(await saidMeasured(page)).toBe(await lastBroadRate());
  await next(page);
  await choose(page, 'more plain questions', 'Answer');
  await dock(page).getByText('The condition is in none of them').waitFor();
  await choose(page, 'the same questions after', 'Answer');
  await next(page);
  await finishLesson(page);
});

test('nothing went wrong, and nothing was asked of another machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
