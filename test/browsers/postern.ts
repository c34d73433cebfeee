// The page in its own words, for any browser: what it answered, counted and keeps.

import { button, field, list, tab, type Page } from './page';

export type Answers = Readonly<Record<string, string>>;

export const QUESTION = field('Question to all three models');

/** Text of each column, by its name; null while one of them has not ended. */
function endedAnswers(): Answers | null {
  const columns = [...document.querySelectorAll('article')];
  const ended = columns.every(
    (one) => one.getAttribute('aria-busy') !== 'true' && one.querySelector('.token') !== null,
  );
  if (columns.length !== 3 || !ended) return null;
  return Object.fromEntries(
    columns.map((one) => [
      one.getAttribute('aria-label') ?? '',
      [...one.querySelectorAll('.token')].map((token) => token.textContent).join(''),
    ]),
  );
}

/** Waits until all three have ended. */
export const answers = (page: Page): Promise<Answers> => page.until('three answers', endedAnswers);

/** Waits until the first story is over: both asked, the direction extracted, the edited one answered. */
export async function startedUp(page: Page): Promise<Answers> {
  await page.reads(/Direction from \d+ transcripts/);
  return answers(page);
}

/** Does what makes the models answer, and waits until they have. */
export async function answering(page: Page, action: () => Promise<void>): Promise<void> {
  // Watched from before, since a whole answer may take less time than a call into the page.
  await page.call(() => {
    const { dataset } = document.documentElement;
    dataset['asked'] = 'no';
    const observer = new MutationObserver(() => {
      if (!document.querySelector('article[aria-busy=true]')) return;
      observer.disconnect();
      dataset['asked'] = 'yes';
    });
    const busy = { subtree: true, childList: true, attributeFilter: ['aria-busy'] };
    observer.observe(document.body, busy);
  });
  await action();
  await page.until(
    'a model to begin its answer',
    () => document.documentElement.dataset['asked'] === 'yes',
  );
}

export async function openTab(page: Page, name: string): Promise<void> {
  await page.press(tab(name));
  await page.until(
    `the tab ${name}`,
    (one: string) =>
      [...document.querySelectorAll('[role=tab][aria-selected=true]')].some((open) =>
        open.textContent.includes(one),
      ),
    name,
  );
}

/** Extracts a direction from so few transcripts that every browser is soon through. */
export async function extract(page: Page, transcripts: number): Promise<void> {
  await openTab(page, 'Direction');
  await page.choose(list('Transcripts, half on each side'), String(transcripts));
  await page.press(button(`Extract from ${transcripts} transcripts`));
  await page.reads(new RegExp(`n ${transcripts}, in use`));
}

/** Waits until the Direction tab lists one from so many transcripts. */
export const keptDirection = (page: Page, transcripts: number): Promise<string> =>
  page.reads(new RegExp(`answer-mean, n ${transcripts}\\b`));

/** Misaligned, mixed and incoherent answers of each model, as the table of the chart has them. */
export type Counts = readonly (readonly string[])[];

export async function measure(page: Page, n: number): Promise<Counts> {
  await openTab(page, 'Measure');
  await page.choose(list('Answers for each model'), String(n));
  await page.press(button('/^Measure \\d+ answers of/'));
  return counts(page, n);
}

/** Waits until each model has n answers counted. */
export async function counts(page: Page, n: number): Promise<Counts> {
  const figure = { css: 'figure', name: '/Answers by verdict/' };
  await page.until(
    `${n} answers of each model`,
    (n: number) => {
      const shown = [...document.querySelectorAll('figure')].find((one) =>
        one.textContent.includes('Answers by verdict'),
      );
      const values = [...(shown?.querySelectorAll('.value') ?? [])];
      // A row that has no answer yet has no value.
      const rows = shown?.querySelectorAll('.hit').length ?? 0;
      return (
        rows > 0 &&
        values.length === rows &&
        values.every((one) => one.textContent.endsWith(` n ${n}`))
      );
    },
    n,
  );
  await page.press(button('Table', figure));
  const rows = await page.until('the table of the measurement', () => {
    const cells = [...document.querySelectorAll('figure tbody tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    return cells.length > 0 ? cells : null;
  });
  await page.press(button('Table', figure));
  return rows.map(([verdict = '', model = '', , , , count = '', of = '']) => [
    verdict,
    model,
    count,
    of,
  ]);
}
