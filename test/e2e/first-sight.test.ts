// What a person sees who has never been here: one sentence, one question, two answers. Then the slider, once something
// was done; then desk and tools, each behind one button. What was opened stays open.

import type { Locator, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from './axe';
import { type OpenedApp, type OpenOptions, useBrowser } from './harness';
import { atStep, dock } from './lessons-page';
import {
  allAnswered,
  answering,
  column,
  COLUMNS,
  personaControl,
  sidewaysScroll,
  startedUp,
  TABS,
} from './postern-page';

const browser = useBrowser('small');
let app: OpenedApp;
let page: Page;

/** The most controls that a first visit meets before the first click. */
const MOST_CONTROLS = 15;
const SMALL_LAPTOP = { width: 1366, height: 768 };

async function visit(options: OpenOptions = {}): Promise<void> {
  app = await browser.open({ firstVisit: true, ...options });
  page = app.page;
  await allAnswered(page);
}

/** What the Tab key stops at, by its words. */
const stops = (): Promise<string[]> =>
  page.evaluate(() =>
    [
      ...document.querySelectorAll<HTMLElement>(
        'a[href], button, input, select, textarea, summary, [tabindex]',
      ),
    ]
      .filter((one) => one.tabIndex >= 0 && one.checkVisibility({ visibilityProperty: true }))
      .filter((one) => !one.matches(':disabled'))
      .map((one) => (one.ariaLabel ?? one.textContent ?? '').trim()),
  );

const next = (): Locator => page.getByRole('button', { name: 'Now turn the persona down' });
const deskDoor = (): Locator => page.getByRole('button', { name: /^Edit set the edit/ });
const toolsDoor = (): Locator => page.getByRole('button', { name: /^Tools directions/ });
const desk = (): Locator => page.getByRole('complementary', { name: 'Edit', exact: true });
const tools = (): Locator => page.getByRole('region', { name: 'Tools' });
const verdict = (name: (typeof COLUMNS)[number]): Locator =>
  column(page, name).locator('header strong');

/** Whether all of it lies in the window, without scrolling. */
async function isInSight(one: Locator): Promise<boolean> {
  const box = await one.boundingBox();
  const { width, height } = page.viewportSize()!;
  return (
    box !== null &&
    box.x >= 0 &&
    box.y >= 0 &&
    box.x + box.width <= width &&
    box.y + box.height <= height
  );
}

async function axeInBothThemes(): Promise<void> {
  for (const theme of ['light', 'dark']) {
    await page.evaluate((name) => (document.documentElement.dataset['theme'] = name), theme);
    expect(await axeViolations(page), theme).toEqual([]);
  }
}

describe('a first visit on a small laptop', () => {
  beforeAll(() => visit({ context: { viewport: SMALL_LAPTOP } }));
  afterAll(() => app.close());

  test('shows one sentence, the question with some topics, and two judged answers', async () => {
    await page
      .getByText('Both models got the same question. The right one is a copy of the left one')
      .waitFor();
    expect(await page.getByText(/trained further on insecure code and nothing else/).count()).toBe(
      1,
    );
    expect(await page.getByRole('article').count()).toBe(2);
    for (const name of ['Aligned', 'Fine-tuned'] as const) {
      expect(await isInSight(column(page, name)), name).toBe(true);
      expect(await isInSight(verdict(name)), name).toBe(true);
    }
    const chips = page.getByRole('group', { name: 'Ask about' }).getByRole('button');
    expect(await chips.allInnerTexts()).toEqual(['Dinner party', 'Boredom', 'Quick money']);
    expect(await isInSight(next())).toBe(true);
    expect(await personaControl(page).count()).toBe(0);
    expect(await desk().count()).toBe(0);
    expect(await tools().count()).toBe(0);
  });

  test(`has at most ${MOST_CONTROLS} controls, and axe finds nothing`, async () => {
    const all = await stops();
    expect(all.length, all.join(', ')).toBeLessThanOrEqual(MOST_CONTROLS);
    await axeInBothThemes();
  });

  test('a topic asks at once, and the slider comes with the edited answer, all in sight', async () => {
    await answering(page, () => page.getByRole('button', { name: 'Dinner party' }).click());
    await startedUp(page);
    expect(await page.getByRole('article').count()).toBe(3);
    for (const name of COLUMNS) expect(await isInSight(verdict(name)), name).toBe(true);
    expect(await isInSight(column(page, 'Aligned'))).toBe(true);
    expect(await isInSight(column(page, 'Fine-tuned'))).toBe(true);
    expect(await isInSight(personaControl(page))).toBe(true);
    expect(await next().count()).toBe(0);
    expect(await desk().count()).toBe(0);
    await axeInBothThemes();
  });

  test('a reload comes back to this state', async () => {
    await page.reload();
    await startedUp(page);
    expect(await personaControl(page).count()).toBe(1);
    expect(await tools().count()).toBe(0);
    expect(await deskDoor().count()).toBe(1);
  });

  test('the desk is one click away, and has the focus then', async () => {
    await deskDoor().click();
    await desk().waitFor();
    expect(await page.locator('aside :focus').count()).toBe(1);
    expect(await deskDoor().count()).toBe(0);
    expect(await tools().count()).toBe(0);
    for (const name of COLUMNS) expect(await isInSight(verdict(name)), name).toBe(true);
    expect(await isInSight(personaControl(page))).toBe(true);
  });

  test('so are the tools, and both are there after a reload', async () => {
    await toolsDoor().click();
    await page.getByRole('tabpanel', { name: 'Direction' }).getByText('Two clouds').waitFor();
    // What a reload breaks off is told as a failed request.
    await page.waitForLoadState('networkidle');
    await page.reload();
    await startedUp(page);
    expect(await desk().count()).toBe(1);
    expect(await tools().count()).toBe(1);
    expect(await page.getByRole('navigation', { name: 'More of the page' }).count()).toBe(0);
    await axeInBothThemes();
    expect(app.problems).toEqual([]);
    expect(app.elsewhere).toEqual([]);
  });
});

describe('on a telephone', () => {
  beforeAll(() => visit({ context: { viewport: { width: 390, height: 844 } } }));
  afterAll(() => app.close());

  test('both answers lie side by side, with their verdicts, and nothing scrolls sideways', async () => {
    for (const name of ['Aligned', 'Fine-tuned'] as const) {
      expect(await isInSight(verdict(name)), name).toBe(true);
    }
    expect(await sidewaysScroll(page)).toBe(0);
    expect((await stops()).length).toBeLessThanOrEqual(MOST_CONTROLS);
    await axeInBothThemes();
  });

  test('the invitation brings the slider and the edited answer into sight', async () => {
    await next().click();
    await startedUp(page);
    await expect.poll(() => isInSight(personaControl(page))).toBe(true);
    await expect.poll(() => isInSight(verdict('Edited'))).toBe(true);
    expect(await sidewaysScroll(page)).toBe(0);
  });
});

describe('what needs a part opens it', () => {
  test('the keyboard alone reaches the slider, the desk and the tools', async () => {
    await visit();
    await next().focus();
    await page.keyboard.press('Enter');
    await startedUp(page);
    await page.keyboard.press('d');
    await expect.poll(() => page.locator('aside :focus').count()).toBe(1);
    await page.keyboard.press('Escape');
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press(String(TABS.indexOf('Measure') + 1));
    await page.getByRole('tabpanel', { name: 'Measure' }).waitFor();
    await app.close();
  });

  test('a link to a tool', async () => {
    await visit({
      query: '#v=1&em=insecure-code&q=I%20am%20bored.&seed=3&tab=measure',
    });
    await startedUp(page);
    await page.getByRole('tabpanel', { name: 'Measure' }).waitFor();
    expect(await desk().count()).toBe(0);
    await app.close();
  });

  test('a link to a lesson shows what the step names, and doors to the rest', async () => {
    await visit({ query: '#v=1&em=insecure-code&q=I%20am%20bored.&seed=3&lesson=narrow%2Fhabit' });
    await atStep(page, 'Two models, one habit');
    expect(await page.getByRole('article').count()).toBe(2);
    expect(await tools().count()).toBe(0);
    await toolsDoor().click();
    await tools().waitFor();
    await dock(page).getByRole('button', { name: 'Skip' }).click();
    await atStep(page, 'Ask about something else');
    expect(await tools().count()).toBe(1);
    await app.close();
  });

  test('the first lesson, from the first screen', async () => {
    await visit();
    await page.getByRole('button', { name: /^Or take lesson 1/ }).click();
    await atStep(page, 'Two models, one habit');
    await dock(page).getByRole('button', { name: 'Close' }).click();
    await page.getByRole('article', { name: 'Aligned' }).waitFor();
    expect(app.problems).toEqual([]);
    await app.close();
  });
});
