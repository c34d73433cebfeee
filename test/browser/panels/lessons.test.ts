// The rail of a lesson and the list of lessons, on a page whose panels are real and whose models are not
// loaded; what was measured is put into the measurement itself.

import axe from 'axe-core';
import type { Component } from 'svelte';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import handbook from '../../../src/lessons/handbook.md?raw';
import { LESSONS } from '../../../src/lessons/lessons';
import Panel from '../../../src/panels/lessons/Panel.svelte';
import { RESULT_PLACES } from '../../../src/panels/lessons/step-result';
import { TABS } from '../../../src/panels/tabs';
import type { MeasuredAnswer } from '../../../src/measure/run';
import { createPostern, type Postern } from '../../../src/state/page/postern';
import LessonPage from './LessonPage.svelte';
import WithPostern from './WithPostern.svelte';

let postern: Postern;
beforeEach(() => {
  postern = createPostern();
  postern.editSettings.fit(8, 2);
  postern.attention.reach('known');
});
afterEach(() => {
  delete document.documentElement.dataset['theme'];
});

const show = (panel: Component = LessonPage) => render(WithPostern, { postern, panel });

/** A finished measurement of the unedited models: `misaligned` of n answers of EM are misaligned. */
function measured(n: number, misaligned: number, seed: number): void {
  const { run } = postern.measurements;
  const arm = (id: string, checkpoint: string) => ({
    id,
    label: id,
    checkpoint,
    sha256: 'x',
    edit: null,
    positions: 'all' as const,
    made: { checkpoint, direction: null, edit: null, seed },
  });
  run.plan = {
    arms: [arm('aligned', 'aligned'), arm('em', 'insecure-code')],
    split: 'report',
    n,
    seed,
    sampling: { temperature: 0.7, topK: 0, topP: 1, repetitionPenalty: 1 },
  };
  run.about = { editSettings: postern.editSettings.snapshot(), extras: [] };
  run.begunMs = Date.now();
  run.answers = ['aligned', 'em'].flatMap((id) =>
    Array.from({ length: n }, (_, index): MeasuredAnswer => ({
      arm: id,
      index,
      domain: 'wish',
      question: '?',
      seed: index,
      answer: '.',
      verdict: id === 'em' && index < misaligned ? 'misaligned' : 'aligned',
    })),
  );
}

const next = page.getByRole('button', { name: 'Next', exact: true });

test('every tab that a lesson or its result opens is there', () => {
  const ids = TABS.map(({ id }) => id);
  const wanted = LESSONS.flatMap(({ steps }) =>
    steps.flatMap(({ set, shows }) =>
      [set?.tab ?? [], (shows && RESULT_PLACES[shows]?.tab) ?? []].flat(),
    ),
  );
  expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
});

test('a first visitor is offered lesson 1 once, and never after a no', async () => {
  postern.lessons.restored = true;
  await show();
  await page.getByRole('button', { name: 'No thanks' }).click();
  await expect.element(page.getByText('New here?')).not.toBeInTheDocument();
  expect(postern.lessons.greeted).toBe(true);
});

test('nothing is offered before it is known whether this is a first visit', async () => {
  await show();
  await expect.element(page.getByText('New here?')).not.toBeInTheDocument();
});

test('a run is not started before the guess, and a run from before it does not count', async () => {
  await postern.lessons.open(LESSONS[1]!);
  measured(8, 2, 1);
  await show();
  const run = page.getByRole('button', { name: 'Measure now' });
  await expect.element(run).toBeDisabled();
  await expect.element(next).toBeDisabled();
  await page.getByRole('spinbutton').fill('20');
  await page.getByRole('button', { name: 'Guess' }).click();
  await expect.element(run).toBeEnabled();
  await expect.element(page.getByText('0 of 8 answers of each')).toBeVisible();
  await expect.element(next).toBeDisabled();
});

test('after the run the guess stands beside the rate, its interval and n', async () => {
  await postern.lessons.open(LESSONS[1]!);
  postern.lessons.give(0.2);
  await show();
  measured(8, 2, 1);
  await expect
    .element(page.getByText(/You guessed 20%; measured 25\.0% \[7\.1, 59\.1\], n = 8:/))
    .toBeVisible();
  await expect.element(page.getByText('inside the interval')).toBeVisible();
  await expect.element(next).toBeEnabled();
});

test('beside the text stand all measured models, one line each, with the guess in its own', async () => {
  await postern.lessons.open(LESSONS[1]!);
  await show();
  measured(8, 2, 1);
  const result = page.getByRole('figure').filter({ hasText: 'Misaligned answers' });
  // Before the guess a result would give it away.
  await expect.element(result).not.toBeInTheDocument();
  postern.lessons.give(0.2);
  measured(8, 2, 1);
  await expect.element(result.getByRole('listitem').nth(0)).toHaveTextContent(/aligned\s+0\.0%/);
  await expect.element(result.getByRole('listitem').nth(1)).toHaveTextContent(/em\s+25\.0%/);
  await expect.element(result).toHaveTextContent('dashed: your guess');
  expect(result.element().querySelectorAll('.guess')).toHaveLength(1);
});

test('a check that was met stays met, with the rate that met it, whatever is measured later', async () => {
  await postern.lessons.open(LESSONS[1]!);
  postern.lessons.give(0.9);
  await show();
  measured(8, 2, 1);
  await expect.element(page.getByText('outside the interval')).toBeVisible();
  measured(8, 5, 9);
  await expect.element(page.getByText(/measured 25\.0%/)).toBeVisible();
  await expect.element(next).toBeEnabled();
});

test('after a lesson the question and the desk of before it are there to be put back', async () => {
  const { chat, editSettings, lessons } = postern;
  chat.prompt = 'A question of my own';
  editSettings.setMode('cap');
  await show();
  await lessons.open(LESSONS[4]!);
  chat.prompt = 'What the lesson asks';
  editSettings.setMode('steer');
  // Another lesson leaves what there was before the first.
  lessons.close();
  await lessons.open(LESSONS[5]!);
  chat.prompt = 'What that lesson asks';
  lessons.close();
  await page.getByRole('button', { name: 'Put mine back' }).click();
  expect(chat.prompt).toBe('A question of my own');
  expect(editSettings.mode).toBe('cap');
  await expect.element(page.getByRole('button', { name: 'Put mine back' })).not.toBeInTheDocument();
});

test('a second edit that a lesson closed comes back with the rest, and one that it did not have goes', async () => {
  const { edits, editSettings, lessons } = postern;
  edits.compare({ ...editSettings.snapshot(), mode: 'off', amplify: 2 });
  await show();
  await lessons.open(LESSONS[4]!);
  edits.close();
  lessons.close();
  const putBack = page.getByRole('button', { name: 'Put mine back' });
  await putBack.click();
  expect([edits.open, edits.second.mode, edits.second.amplify]).toEqual([true, 'off', 2]);
  edits.close();
  await lessons.open(LESSONS[5]!);
  edits.compare();
  lessons.close();
  await putBack.click();
  expect(edits.open).toBe(false);
});

test('what the lesson left may be kept, and nothing is offered where it changed nothing', async () => {
  const { chat, lessons } = postern;
  await show();
  lessons.greeted = true;
  await lessons.open(LESSONS[4]!);
  chat.prompt = 'What the lesson asks';
  lessons.close();
  await page.getByRole('button', { name: 'Keep these' }).click();
  expect(chat.prompt).toBe('What the lesson asks');
  await lessons.open(LESSONS[4]!);
  postern.editSettings.restore(lessons.before!.desk);
  lessons.close();
  await expect.element(page.getByRole('button', { name: 'Keep these' })).not.toBeInTheDocument();
});

test('a guess is given once', async () => {
  await postern.lessons.open(LESSONS[1]!);
  postern.lessons.give(0.2);
  postern.lessons.give(0.7);
  expect(postern.lessons.guess).toBe(0.2);
});

test('the answer to a question may be changed until it is right, and each says why', async () => {
  postern.lessons.show('rates/width');
  await show();
  await page.getByRole('radio', { name: /about a quarter/ }).click();
  await page.getByRole('button', { name: 'Answer' }).click();
  await expect.element(page.getByText('Not quite')).toBeVisible();
  await expect.element(next).toBeDisabled();
  await page.getByRole('radio', { name: /anything from under/ }).click();
  await page.getByRole('button', { name: 'Answer' }).click();
  await expect.element(page.getByText('Right', { exact: true })).toBeVisible();
  await expect.element(next).toBeEnabled();
});

test('a lesson is walked, skipped and gone back in by keyboard, and the title has the focus', async () => {
  await postern.lessons.open(LESSONS[1]!);
  await show();
  (page.getByRole('spinbutton').element() as HTMLElement).focus();
  await userEvent.keyboard('30{Enter}');
  expect(postern.lessons.guess).toBe(0.3);
  (page.getByRole('button', { name: 'Skip' }).element() as HTMLElement).focus();
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByRole('heading', { name: 'Eight others' })).toHaveFocus();
  expect(postern.lessons.progressOf(LESSONS[1]!)).toEqual({ done: 0, left: 1, of: 6 });
  (page.getByRole('button', { name: 'Back' }).element() as HTMLElement).focus();
  await userEvent.keyboard('{Enter}');
  await expect.element(page.getByRole('heading', { name: 'Eight answers' })).toHaveFocus();
  (document.activeElement as HTMLElement).blur();
  await userEvent.keyboard('l');
  await expect.element(page.getByRole('heading', { name: 'Eight answers' })).toHaveFocus();
});

test('in a small window it is a sheet that folds to one line and opens again', async () => {
  await postern.lessons.open(LESSONS[0]!);
  await show();
  const heading = page.getByRole('heading', { name: LESSONS[0]!.steps[0]!.title });
  const fold = page.getByRole('button', { name: /Lesson 1, step 1/ });
  await expect.element(heading).toBeVisible();
  await fold.click();
  await expect.element(fold).toHaveAttribute('aria-expanded', 'false');
  // What is not drawn has no role, so it is not found by it.
  await expect.element(heading).not.toBeInTheDocument();
  await fold.click();
  await expect.element(heading).toBeVisible();
});

test('what was done is there again in another visit, at the same step', async () => {
  postern.lessons.restored = true;
  postern.lessons.show('rates/width');
  postern.lessons.give('wide');
  await show();
  await expect.element(page.getByText('Right', { exact: true })).toBeVisible();
  await expect
    .poll(async () => {
      const later = createPostern();
      await later.lessons.restore();
      return [later.lessons.place, later.lessons.guess, later.lessons.record?.metMs !== undefined];
    })
    .toEqual(['rates/width', 'wide', true]);
});

test('the setting of a step reaches the panels when it is entered, not when it is come back to', async () => {
  postern.editSettings.setPersona(0.5);
  await postern.lessons.open(LESSONS[1]!);
  expect(postern.editSettings.description).toBeNull();
  expect(postern.measurements.n).toBe(8);
  expect(postern.view.tab).toBe('measure');
  postern.measurements.n = 480;
  await postern.lessons.skip();
  postern.lessons.back();
  expect(postern.measurements.n).toBe(8);
  postern.measurements.n = 480;
  await postern.lessons.skip();
  expect(postern.measurements.n).toBe(480);
});

test('a place that there is not is refused and changes nothing', () => {
  expect(postern.lessons.show('rates/nowhere')).toBe(false);
  expect(postern.lessons.place).toBeNull();
});

test('the list says how far each lesson is, and starts one again from its beginning', async () => {
  await postern.lessons.open(LESSONS[1]!);
  await postern.lessons.skip();
  postern.lessons.close();
  await show(Panel);
  await expect.element(page.getByText('0 of 6 steps done, 1 skipped')).toBeVisible();
  await page.getByRole('button', { name: `From the beginning ${LESSONS[1]!.title}` }).click();
  expect(postern.lessons.place).toBe('rates/eight');
  expect(postern.lessons.progressOf(LESSONS[1]!).left).toBe(0);
});

test('the handbook opens beside the guide, every chapter under a heading and no Markdown left over', async () => {
  const { container } = await show(Panel);
  await page.getByText('Handbook: your own model').click();
  for (const [, chapter] of handbook.matchAll(/^# (.+)$/gm)) {
    await expect.element(page.getByRole('heading', { name: chapter!, level: 4 })).toBeVisible();
  }
  await expect.element(page.getByRole('row', { name: /^8-bit/ })).toBeVisible();
  const text = [...container.querySelectorAll('.markdown')].at(-1)!.textContent;
  expect(text).toContain('Press Look it up.');
  // The signs of Markdown would show where the page does not draw a construct.
  expect(text).not.toMatch(/^#|\*\*|\]\(|```|(?<!\w)_\w[^_]*\w_(?!\w)/m);
});

for (const theme of ['light', 'dark'] as const) {
  test(`axe finds nothing on the dock and the list with guide and handbook open, ${theme}`, async () => {
    document.documentElement.dataset['theme'] = theme;
    postern.lessons.show('rates/eight');
    const dock = await show();
    const found = async (element: Element): Promise<string[]> => {
      // Colours on their way from one state to the next are neither.
      await Promise.all(document.getAnimations().map(({ finished }) => finished));
      const { violations } = await axe.run(element);
      return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
    };
    expect(await found(dock.container)).toEqual([]);
    postern.lessons.give(0.2);
    measured(8, 2, 1);
    await expect.element(page.getByText('inside the interval')).toBeVisible();
    expect(await found(dock.container)).toEqual([]);
    await dock.unmount();
    postern.lessons.show('rates/width');
    const quiz = await show();
    expect(await found(quiz.container)).toEqual([]);
    await quiz.unmount();
    const { container } = await show(Panel);
    await page.getByText('Teacher’s guide').click();
    await page.getByText('Handbook: your own model').click();
    expect(await found(container)).toEqual([]);
  });
}
