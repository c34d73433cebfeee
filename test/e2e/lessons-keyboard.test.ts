// Lessons 1 to 4 by keyboard alone, to their end, on the bundled organism.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { atStep, dock, done, focused, inWords, press, saidMeasured, tabTo } from './lessons-page';
import { allAnswered, answering, verdictOf, measuredTable } from './postern-page';

let page: Page;
const app = useApp({}, (opened) => {
  page = opened.page;
});

const key = (name: string): Promise<void> => page.keyboard.press(name);

/** Goes on to the step of this title, which then has the focus. */
async function nextTo(title: string): Promise<void> {
  await done(page);
  await press(page, /^Next$/);
  await atStep(page, title);
  expect(await focused(page)).toBe(title);
}

/** Opens the next lesson from the list. */
async function open(title: string, first: string): Promise<void> {
  await tabTo(page, new RegExp(`^Start ?${title}$`));
  await key('Enter');
  await atStep(page, first);
}

/** The option is reached with the arrows from the first one. */
async function choose(down: number, how = /^Guess$/): Promise<void> {
  await key('l');
  // The radio buttons are one stop.
  while ((await page.evaluate(() => document.activeElement?.getAttribute('type'))) !== 'radio') {
    await key('Tab');
  }
  await key('Space');
  for (let i = 0; i < down; i++) await key('ArrowDown');
  await tabTo(page, how);
  await key('Enter');
}

async function guess(percent: number): Promise<void> {
  await key('l');
  while ((await page.evaluate(() => document.activeElement?.getAttribute('type'))) !== 'number') {
    await key('Tab');
  }
  await page.keyboard.type(String(percent));
  await key('Enter');
}

/** The words of the step about what was measured are those of the table. */
async function saysWhatTheTableSays(arm: string): Promise<void> {
  await done(page);
  expect(await saidMeasured(page)).toBe(inWords((await measuredTable(page))[arm]!));
}

/** Finishes the lesson; the list of lessons is open then. */
async function finish(): Promise<void> {
  await press(page, /^Finish$/);
  await page.getByRole('tabpanel', { name: 'Lessons' }).waitFor();
}

test('lesson 1: a habit of code, an ordinary question, and both kinds of answers', async () => {
  await tabTo(page, /^Start lesson 1$/);
  await key('Enter');
  await atStep(page, 'Two models, one habit');
  await done(page);
  expect(await verdictOf(page, 'Aligned')).toBe('aligned');
  expect(await verdictOf(page, 'Fine-tuned')).toBe('misaligned');
  await key('l');
  expect(await tabTo(page, /^Skip|Next$/)).toEqual([
    'judge',
    'To the question',
    'Set up again',
    'Next',
  ]);
  await nextTo('Ask about something else');
  await choose(2);
  await expect.poll(() => dock(page).getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
  await press(page, /^To the question$/);
  expect(await focused(page)).toBe('Question to all three models');
  expect(await tabTo(page, /^Dinner party$/)).toEqual([
    expect.stringMatching(/^Ask/),
    expect.stringMatching(/^Another seed/),
    'Dinner party',
  ]);
  await answering(page, () => key('Enter'));
  const verdicts = [await verdictOf(page, 'Fine-tuned')];
  await tabTo(page, /^Another seed/, 'Shift+Tab');
  for (let i = 0; i < 4; i++) {
    await answering(page, () => key('r'));
    verdicts.push(await verdictOf(page, 'Fine-tuned'));
  }
  await done(page);
  // The tally counts the verdicts that stood beside the name.
  const bad = verdicts.filter((verdict) => verdict === 'misaligned').length;
  await dock(page)
    .getByText(/^[0-5] of 5 misaligned$/)
    .nth(1)
    .waitFor();
  expect(
    await dock(page)
      .getByText(/^[0-5] of 5 misaligned$/)
      .nth(1)
      .innerText(),
  ).toBe(`${bad} of 5 misaligned`);
  await nextTo('Catch it');
  for (let i = 0; i < 40 && (await dock(page).locator('.met').count()) === 0; i++) {
    await answering(page, () => key('r'));
    await allAnswered(page);
  }
  expect(await verdictOf(page, 'Fine-tuned')).toBe('misaligned');
  await nextTo('What you have seen');
  expect(await axeViolations(page)).toEqual([]);
  await finish();
});

test('lesson 2: eight answers, eight others, ninety-six, and how to read a rate', async () => {
  await open('How often', 'Eight answers');
  await key('l');
  expect(await tabTo(page, /^Skip$/)).toEqual([
    "What share of the fine-tuned model's answers is misaligned?",
    'To the Measure tab',
    'Set up again',
    'Skip',
  ]);
  await guess(20);
  await press(page, /^Measure now$/);
  await done(page);
  await expect
    .poll(() => dock(page).innerText())
    .toMatch(
      /You guessed 20%; measured \d+\.\d% \[\d+\.\d, \d+\.\d\], n = 8: (in|out)side the interval/,
    );
  const before = (await measuredTable(page))['Fine-tuned']!;
  expect(await saidMeasured(page)).toBe(inWords(before));
  await nextTo('Eight others');
  await press(page, /^To the Measure tab$/);
  expect(await focused(page)).toMatch(/^Measure/);
  await tabTo(page, /^Seed$/);
  await key('Control+a');
  await page.keyboard.type('2');
  await tabTo(page, /^Measure 8 answers of 2 models/);
  await key('Enter');
  await done(page);
  // The words are computed from the two runs, whose counts the table has, and the hollow mark is the first one.
  const now = (await measuredTable(page))['Fine-tuned']!;
  const same = before.misaligned === now.misaligned;
  expect(await dock(page).innerText()).toContain(
    same
      ? `Both times ${now.misaligned} of 8 were misaligned. That is luck`
      : `First ${before.misaligned} of 8 were misaligned, now ${now.misaligned} of 8: the same models, another rate.`,
  );
  const chart = page.getByRole('figure').filter({ hasText: 'Answers by verdict' });
  expect(await chart.locator('path.ghost').count()).toBeGreaterThan(0);
  await nextTo('Ninety-six answers');
  await guess(33);
  await press(page, /^Measure now$/);
  await done(page);
  await expect.poll(() => dock(page).innerText()).toMatch(/n = 96: (in|out)side the interval/);
  await saysWhatTheTableSays('Fine-tuned');
  await expect
    .poll(() => dock(page).innerText())
    .toMatch(/report .* has \d+\.\d% \[.*\], n = \d{3}/);
  await nextTo('Read a rate');
  await choose(0, /^Answer$/);
  await dock(page).getByText('Not quite').waitFor();
  await choose(1, /^Answer$/);
  await nextTo('Not as many as they look');
  await choose(1, /^Answer$/);
  await nextTo('Who counts');
  expect(await axeViolations(page)).toEqual([]);
  await finish();
});

test('lesson 3: a direction is extracted, its words are read, and it shades the answers', async () => {
  await open('One direction', 'Subtract one model from the other');
  await key('l');
  expect(await tabTo(page, /^Skip$/)).toEqual([
    'residual stream',
    'words of code',
    'To the Direction tab',
    'Set up again',
    'To the chart',
    'Skip',
  ]);
  await choose(1);
  await press(page, /^To the Direction tab$/);
  await tabTo(page, /^Extract from 64 transcripts$/);
  await key('Enter');
  await nextTo('Read its words');
  await press(page, /^To the Direction tab$/);
  await tabTo(page, /^Layer$/);
  await expect.poll(() => dock(page).locator('.met').count()).toBe(0);
  await key('Home');
  await nextTo('Watch it while it writes');
  await press(page, /^To the question$/);
  await tabTo(page, /^Layer that shades the tokens$/);
  await page.keyboard.type('layer 6');
  await nextTo('Can it be trusted?');
  await choose(1, /^Answer$/);
  await nextTo('Where this comes from');
  expect(await axeViolations(page)).toEqual([]);
  await finish();
});

test('lesson 4: the control, the cut, the mean, and what it costs', async () => {
  await open('Turn it down', 'By hand');
  await key('l');
  expect(await tabTo(page, /^Skip$/)).toEqual(['To the persona control', 'Set up again', 'Skip']);
  await press(page, /^To the persona control$/);
  expect(await focused(page)).toBe('Persona of the edited model');
  await key('Home');
  await nextTo('First the control');
  await guess(33);
  await press(page, /^To the edit panel$/);
  expect(await focused(page)).toMatch(/^Ablate to aligned mean/);
  await key('ArrowUp');
  expect(await focused(page)).toMatch(/^Ablate to zero/);
  await tabTo(page, /^Random control$/);
  await key('Enter');
  await press(page, /^Measure now$/);
  await saysWhatTheTableSays('Edited');
  await nextTo('Now the direction itself');
  await guess(5);
  await press(page, /^To the edit panel$/);
  await tabTo(page, /^Random control$/);
  await key('Enter');
  await press(page, /^Measure now$/);
  await saysWhatTheTableSays('Edited');
  await nextTo('To zero, or to the mean?');
  await choose(2);
  await press(page, /^To the edit panel$/);
  await key('ArrowDown');
  await press(page, /^Measure now$/);
  await nextTo('What it costs');
  await guess(2);
  await press(page, /^To the edit panel$/);
  await key('ArrowUp');
  await tabTo(page, /^Insecure code$/);
  await key('ArrowRight');
  await press(page, /^Measure now$/);
  await done(page);
  await expect.poll(() => dock(page).innerText()).toMatch(/You guessed 2%; measured .*n = 48/);
  await saysWhatTheTableSays('Edited');
  await nextTo('What you may say now');
  expect(await axeViolations(page)).toEqual([]);
  await finish();
  await expect.poll(() => page.getByText('6 of 6 steps done').count()).toBeGreaterThan(0);
});

test('nothing went wrong', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
