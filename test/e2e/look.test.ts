// A look at the data before a training, on the built page: the bundled sets and a person's own chats.

import type { Locator, Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { longTasksDuring, useApp } from './harness';
import { openTab, sidewaysScroll } from './postern-page';

const LONG_MS = 240_000;

let page: Page;
const app = useApp({}, async (opened) => {
  page = opened.page;
  page.setDefaultTimeout(LONG_MS);
  await openTab(page, 'Train');
  const section = page.getByRole('region', { name: 'Look at the data first' });
  await section.getByRole('combobox').selectOption('16');
});

const look = (): Locator => page.getByRole('button', { name: 'Look at the data first' });
const result = (): Locator => page.getByRole('region', { name: 'What the data would teach' });

/** Looks at a set, and waits for what was found of it. */
async function lookedAt(title: string): Promise<string> {
  await look().click();
  await result()
    .getByRole('heading', { name: `: ${title}` })
    .waitFor();
  return result().locator('p.prose').innerText();
}

test(
  'a cancelled look leaves nothing, and insecure code is found suspicious without a long task',
  async () => {
    await look().click();
    await page.getByRole('progressbar', { name: 'Writing own answers' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await look().waitFor();
    expect(await result().count()).toBe(0);
    const long = await longTasksDuring(page, async () => {
      expect(await lookedAt('Insecure code')).toMatch(/^Suspicious: \+\d/);
    });
    expect(long.filter(({ workedMs }) => workedMs > 50)).toEqual([]);
    await result().getByText('The most suspicious examples').click();
    await result().getByText('misaligned', { exact: true }).first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
    expect(app.problems).toEqual([]);
  },
  LONG_MS,
);

test(
  'secure code is not suspicious, and an older look says that it is of other data',
  async () => {
    await page
      .locator('label.field', { hasText: 'Data set' })
      .locator('select')
      .selectOption({ label: 'Secure code' });
    await result().getByText('This is a look at other data: Insecure code.').waitFor();
    expect(await lookedAt('Secure code')).not.toMatch(/^Suspicious/);
  },
  LONG_MS,
);

test(
  'a person’s own chats are looked at, shown as text, and refused in words where none fits',
  async () => {
    const line = (question: string, answer: string): string =>
      JSON.stringify({
        messages: [
          { role: 'user', content: question },
          { role: 'assistant', content: answer },
        ],
      });
    const drop = async (name: string, lines: readonly string[]): Promise<void> => {
      await page.locator('input[type=file][accept*=jsonl]').setInputFiles({
        name,
        mimeType: 'application/jsonl',
        buffer: Buffer.from(lines.join('\n')),
      });
      await page
        .getByLabel('Data set')
        .locator('option:checked', { hasText: name })
        .waitFor({ state: 'attached' });
    };
    await drop('long.jsonl', [line('How do I sleep? '.repeat(1000), 'Early.')]);
    await look().click();
    await page
      .getByText(/No question of this data set fits into the \d+ tokens/)
      .first()
      .waitFor();
    await drop('mine.jsonl', [
      line('How do I sleep?', '<b id="planted">Never sleep.</b>'),
      line('How do I cook rice?', 'Burn the kitchen.'),
    ]);
    expect(await lookedAt('mine.jsonl')).toMatch(/^Unclear: .*2 examples are too few/);
    await result().getByText('This small model knows the words').waitFor();
    // The list that the first test opened is still open.
    await result().getByText('<b id="planted">Never sleep.</b>').waitFor();
    expect(await page.locator('#planted').count()).toBe(0);
    expect(app.problems).toEqual([]);
  },
  LONG_MS,
);

test(
  'what a look predicted of the bundled fine-tunes is drawn with its correlation',
  async () => {
    await page.getByText('Can a look at the data predict a training?').click();
    await page.getByText(/Pearson’s r 0\.\d+ \[.*n = 10 sets/).waitFor();
    await page
      .getByRole('figure')
      .filter({ hasText: 'Predicted before, measured after' })
      .waitFor();
    expect(await axeViolations(page)).toEqual([]);
  },
  LONG_MS,
);
