// While tokens stream, no task of the main thread takes over 50 ms. The start of the page is left out
// up to its first token: until then it parses scripts, mounts and compiles, and nothing streams. From
// the first token on everything counts, the extraction in the background included.

import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluationQuestions } from '../../src/world/split';
import { launch, longTasksDuring, openApp } from './harness';
import { anotherSeed, ask, personaControl, startedUp } from './postern-page';

/** Once more where another process of the machine took the processor; never a longer task. */
const AGAIN = { retry: 1 };

let browser: Browser;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());

async function withApp(action: (page: Page) => Promise<void>): Promise<void> {
  const app = await openApp(browser);
  try {
    await action(app.page);
  } finally {
    await app.close();
  }
}

test('from the first token to the end of the first story', AGAIN, async () => {
  await withApp(async (page) => {
    await page.locator('.token').first().waitFor();
    const long = await longTasksDuring(page, () => startedUp(page));
    expect(long).toEqual([]);
  });
});

test('while three models answer short and long questions', AGAIN, async () => {
  await withApp(async (page) => {
    await startedUp(page);
    const long = await longTasksDuring(page, async () => {
      for (const { question } of evaluationQuestions('report', 3, 1)) await ask(page, question);
      await ask(page, evaluationQuestions('code', 1, 1)[0]!.question);
      await anotherSeed(page);
    });
    expect(long).toEqual([]);
  });
});

test(
  'while the persona control is turned through its whole range as they write',
  AGAIN,
  async () => {
    await withApp(async (page) => {
      await startedUp(page);
      const long = await longTasksDuring(page, async () => {
        const asked = ask(page, evaluationQuestions('code', 1, 2)[0]!.question);
        await personaControl(page).focus();
        for (let turn = 0; turn < 20; turn++) await page.keyboard.press('Shift+ArrowRight');
        await asked;
      });
      expect(long).toEqual([]);
    });
  },
);
