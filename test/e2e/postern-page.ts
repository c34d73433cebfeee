// What a person sees and does on the page, in the words of the page. Every wait is for something
// shown, never for a time.

import type { Locator, Page } from 'playwright';

export type ColumnName = 'Aligned' | 'Fine-tuned' | 'Edited';
export const COLUMNS: readonly ColumnName[] = ['Aligned', 'Fine-tuned', 'Edited'];
export const TABS = [
  'Direction',
  'Layers',
  'Why',
  'Measure',
  'Models',
  'Train',
  'Lessons',
] as const;

export const column = (page: Page, name: ColumnName): Locator =>
  page.getByRole('article', { name, exact: true });

export const tokensOf = (page: Page, name: ColumnName): Promise<string[]> =>
  column(page, name).locator('.token').allTextContents();

export const textOf = async (page: Page, name: ColumnName): Promise<string> =>
  (await tokensOf(page, name)).join('');

/** The judge's word above an answer that has ended. */
export const verdictOf = (page: Page, name: ColumnName): Promise<string> =>
  column(page, name).locator('header strong').innerText();

/** What stands under an answer that was stopped: after its first sentence, or before it. */
export const CUT_SHORT = /cut short|stopped before it said anything/;

/** What made the answer of a column: checkpoint, direction, edit, seed. */
export const madeOf = (page: Page, name: ColumnName): Promise<string> =>
  column(page, name).locator('footer button[title^="Restore these settings"]').innerText();

export const personaControl = (page: Page): Locator =>
  page.getByRole('slider', { name: 'Persona of the edited model' });

/** Waits until all columns hold an answer that has ended: the two that every visit shows, or three. */
export async function allAnswered(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const articles = [...document.querySelectorAll('article')];
    return (
      articles.length >= 2 &&
      articles.every((one) => one.ariaBusy !== 'true' && one.querySelector('.token') !== null)
    );
  });
}

/** Waits until the first story is over: both asked, the direction extracted, the edited one answered. */
export async function startedUp(page: Page): Promise<void> {
  await page.getByText(/Direction from \d+ transcripts/).waitFor();
  await allAnswered(page);
}

/** Does what makes the models answer, and waits until all three have. */
export async function answering(page: Page, action: () => Promise<unknown>): Promise<void> {
  // Watched from before the action, inside the page: a whole answer may take less time than a call to it.
  const begun = page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const observer = new MutationObserver(() => {
          if (!document.querySelector('article[aria-busy="true"]')) return;
          observer.disconnect();
          resolve();
        });
        observer.observe(document.querySelector('.columns')!, { subtree: true, attributes: true });
      }),
  );
  await action();
  await begun;
  await allAnswered(page);
}

/** Asks a question typed into the prompt line, and waits for the three answers. */
export async function ask(page: Page, question: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Question to all three models' }).fill(question);
  await answering(page, () => page.getByRole('button', { name: 'Ask', exact: true }).click());
}

/** Asks the same on the next seed, and waits for the three answers. */
export const anotherSeed = (page: Page): Promise<void> =>
  answering(page, () => page.getByRole('button', { name: 'Another seed' }).click());

/** Waits until the edited answer was made with an edit whose words match, and has ended. */
export async function editedWith(page: Page, words: RegExp): Promise<void> {
  await column(page, 'Edited')
    .locator('footer button[title^="Restore these settings"]', { hasText: words })
    .waitFor();
  await allAnswered(page);
}

export async function openTab(page: Page, name: (typeof TABS)[number]): Promise<void> {
  await page.getByRole('tab', { name }).click();
  // Its code is loaded when it is first opened.
  await page.getByRole('tabpanel', { name }).locator('> *').first().waitFor();
}

/** Opens a tool of a tab that shows one at a time. */
export async function openTool(
  page: Page,
  tab: (typeof TABS)[number],
  title: string,
): Promise<Locator> {
  await openTab(page, tab);
  const tool = page.getByRole('region', { name: title, exact: true });
  const opener = tool.getByRole('button', { name: title, exact: true }).first();
  await opener.waitFor();
  if ((await opener.getAttribute('aria-expanded')) === 'false') await opener.click();
  return tool;
}

/**
 * Clicks what the CSS selector finds, or turns that slider to `value`, as soon as the answer that streams in a column has
 * `least` tokens. It acts inside the page, because a whole answer may take less time than a call to it.
 * Call this first, then what makes the model write.
 * @returns what was written at that moment, and what the desk said
 */
export async function onceWriting(
  page: Page,
  name: ColumnName,
  least: number,
  selector: string,
  value?: number,
): Promise<{ readonly written: string; readonly hint: string }> {
  const article = await column(page, name).elementHandle();
  return page.evaluate(
    ([article, selector, least, value]) =>
      new Promise((resolve, reject) => {
        const observer = new MutationObserver(() => {
          const tokens = [...article.querySelectorAll('.token')];
          if (article.ariaBusy !== 'true' || tokens.length < least) return;
          observer.disconnect();
          const hint = document.querySelector('.desk header')?.textContent ?? '';
          const written = tokens.map((token) => token.textContent).join('');
          const element = document.querySelector<HTMLElement>(selector)!;
          if (value !== undefined && element instanceof HTMLInputElement) {
            element.value = String(value);
            element.dispatchEvent(new Event('input', { bubbles: true }));
          } else element.click();
          resolve({ written, hint });
        });
        observer.observe(article, { subtree: true, childList: true, attributes: true });
        setTimeout(() => reject(new Error(`no answer reached ${least} tokens in 60 s`)), 60_000);
      }),
    [article, selector, least, value] as const,
  );
}

/** Loads the other fine-tunes on the Layers tab, and waits until all are in the chart. */
export async function compareFineTunes(page: Page): Promise<Locator> {
  await openTool(page, 'Layers', 'Directions against each other');
  await page.getByRole('button', { name: /^Load these \d+ and compare/ }).click();
  // Not that of the report, which is there at once.
  const figure = page
    .getByRole('figure')
    .filter({ hasText: 'Do fine-tunes share a direction' })
    .filter({ hasText: '(checkpoint, answer-mean)' });
  await figure.getByText('Secure code (benign control)').first().waitFor();
  return figure;
}

/** Counts of one model by verdict, as the table of the measurement says them. */
export interface MeasuredArm {
  readonly n: number;
  readonly misaligned: number;
  readonly mixed: number;
  readonly incoherent: number;
}

/** Measures the present edit on n answers a model, and reads the table of the chart. */
export async function measure(page: Page, n: number): Promise<Record<string, MeasuredArm>> {
  await openTool(page, 'Measure', 'Rates');
  await page.getByLabel('Answers for each model').selectOption(String(n));
  await page.getByRole('button', { name: /^Measure \d+ answers of/ }).click();
  await page.getByRole('button', { name: 'Cancel' }).waitFor();
  await page.getByRole('button', { name: /^Measure \d+ answers of/ }).waitFor();
  return measuredTable(page);
}

export async function measuredTable(page: Page): Promise<Record<string, MeasuredArm>> {
  const figure = page.getByRole('figure').filter({ hasText: 'Answers by verdict' });
  const table = figure.getByRole('button', { name: 'Table' });
  await table.click();
  await figure.locator('tbody tr').first().waitFor();
  const rows = await figure
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
  await table.click();
  const arms: Record<string, { n: number; misaligned: number; mixed: number; incoherent: number }> =
    {};
  for (const [verdict, arm, , , , count, n] of rows) {
    const counts = (arms[arm!] ??= { n: Number(n), misaligned: 0, mixed: 0, incoherent: 0 });
    counts[verdict as 'misaligned' | 'mixed' | 'incoherent'] = Number(count);
  }
  return arms;
}

/** Width of the page beyond the window, in CSS pixels; 0 when it does not scroll sideways. */
export const sidewaysScroll = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Opens every section of the gallery, once its list has been read. */
export async function openGallery(page: Page): Promise<void> {
  const gallery = await openTool(page, 'Models', 'The gallery');
  await gallery.locator('button[aria-expanded="false"]').first().waitFor();
  // By their names: opening one changes what is closed.
  for (const name of await gallery.getByRole('button', { expanded: false }).allInnerTexts()) {
    await gallery.getByRole('button', { name, exact: true }).click();
  }
}
