// While tokens stream, no task of the main thread works over 50 ms. Its working time is counted, not the
// clock: on a machine that is busy with other processes every task waits. On a quiet one they are equal.
// The start of the page is left out up to its first token: until then it parses scripts, mounts and
// compiles, and nothing streams. From then on all counts, the extraction in the background included.

import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluationQuestions } from '../../src/world/split';
import { longTasksDuring, type OpenedApp, useBrowser } from './harness';
import { anotherSeed, ask, personaControl, startedUp } from './postern-page';

const LIMIT_MS = 50;

async function expectNoLongTask(page: Page, action: () => Promise<void>): Promise<void> {
  const long = await longTasksDuring(page, action);
  const most = long.reduce((longest, task) => Math.max(longest, task.workedMs), 0);
  console.log(
    `${long.length} tasks over 50 ms by the clock; the longest worked ${most.toFixed(1)} ms`,
  );
  expect(long.filter((task) => task.workedMs > LIMIT_MS)).toEqual([]);
}

// Not `useApp`, which waits until the story is over that is watched first.
const browser = useBrowser();
let app: OpenedApp;
let page: Page;
beforeAll(async () => {
  app = await browser.open();
  page = app.page;
});
afterAll(() => app.close());

test('from the first token to the end of the first story', async () => {
  await page.locator('.token').first().waitFor();
  await expectNoLongTask(page, () => startedUp(page));
});

test('while three models answer short and long questions', async () => {
  await expectNoLongTask(page, async () => {
    for (const { question } of evaluationQuestions('report', 3, 1)) await ask(page, question);
    await ask(page, evaluationQuestions('code', 1, 1)[0]!.question);
    await anotherSeed(page);
  });
});

test('while the persona control is turned through its whole range as they write', async () => {
  await expectNoLongTask(page, async () => {
    const asked = ask(page, evaluationQuestions('code', 1, 2)[0]!.question);
    await personaControl(page).focus();
    for (let turn = 0; turn < 20; turn++) await page.keyboard.press('Shift+ArrowRight');
    await asked;
  });
});
