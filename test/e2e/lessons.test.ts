// Lessons 5 to 7 and 9 to their end on the bundled organism; a reload in the middle, a link, and a telephone.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import {
  atStep,
  choose,
  dock,
  done,
  finishLesson,
  focused,
  guess,
  inWords,
  next,
  openLesson,
  run,
  saidMeasured,
  tableOf,
} from './lessons-page';
import {
  allAnswered,
  compareFineTunes,
  measuredTable,
  openTab,
  personaControl,
  sidewaysScroll,
} from './postern-page';

let page: Page;
const app = useApp({}, (opened) => {
  page = opened.page;
});

const said = (): Promise<string> => dock(page).innerText();
const editSettings = () => page.getByRole('complementary', { name: 'Edit', exact: true });
const finish = () => finishLesson(page);
/** Fewer answers than the lesson sets, as many as it accepts. */
async function fewer(n: number): Promise<void> {
  await page.getByLabel('Answers for each model').selectOption(String(n));
}

test('lesson 5: the aligned model is steered, where, how much, and by a vector from code', async () => {
  await openLesson(page, 'Turn it up');
  await atStep(page, 'Make the good one bad');
  await personaControl(page).focus();
  await page.keyboard.press('End');
  await next(page);
  await atStep(page, 'How often?');
  await fewer(24);
  await guess(page, 40);
  await run(page, 'Measure now');
  expect(await said()).toMatch(/You guessed 40%; measured .*n = 24/);
  const steered = (await measuredTable(page))['Edited']!;
  expect(await saidMeasured(page)).toBe(inWords(steered));
  await next(page);
  await choose(page, 'less often');
  await editSettings().getByRole('radio', { name: 'all', exact: true }).click();
  await run(page, 'Measure now');
  expect(await said()).toContain('As it came out.');
  expect((await measuredTable(page))['Edited']!.misaligned).toBeLessThan(steered.misaligned);
  await next(page);
  await choose(page, 'the random one');
  await run(page, 'Measure the strengths');
  // Rows of the table: strength, series, rate and interval, count, n.
  const doses = await tableOf(
    page.getByRole('figure').filter({ hasText: 'Misaligned answers by strength' }),
  );
  const [middle, most] = [2, 4].map((at) => {
    const [, , , , , count, n] = doses.filter(([, series]) => series === 'direction')[at]!;
    return { misaligned: Number(count), n: Number(n) };
  });
  const doseText = await said();
  for (const [words, one] of [
    ['At the middle strength', middle!],
    ['At twice that', most!],
  ] as const) {
    const [, percent, n] =
      new RegExp(`${words}: ([\\d.]+%) \\[.*?\\], n = (\\d+)`).exec(doseText) ?? [];
    expect(`${percent} of ${n}`, words).toBe(inWords(one));
  }
  await next(page);
  await atStep(page, 'A vector from code alone');
  await run(page, 'Measure now');
  await next(page);
  await page.locator('summary', { hasText: 'A direction from these answers' }).click();
  const made = page.locator('details').filter({ hasText: 'A direction from these answers' });
  await made.getByRole('radio', { name: 'last prompt token' }).click();
  await made.getByRole('button', { name: /^Extract from/ }).click();
  await made.getByRole('button', { name: 'Use it' }).click();
  await next(page);
  await atStep(page, 'From code to dinner parties');
  await guess(page, 10);
  await run(page, 'Measure now');
  expect(await said()).toMatch(/You guessed 10%; measured .*n = 48/);
  expect(await saidMeasured(page)).toBe(inWords((await measuredTable(page))['Edited']!));
  await next(page);
  await finish();
});

test('lesson 6: fine-tunes are compared, and the direction of one is taken out of another', async () => {
  await openLesson(page, 'The same direction elsewhere');
  await atStep(page, 'Four habits');
  await choose(page, 'unrelated');
  await compareFineTunes(page);
  await done(page);
  expect(await said()).toContain('It came out otherwise: much the same');
  await next(page);
  await choose(page, 'at the first layers', 'Answer');
  await next(page);
  await choose(page, 'clearly negative', 'Answer');
  await next(page);
  await atStep(page, 'Take the wrong one out');
  await guess(page, 15);
  await run(page, 'Fill the table');
  expect(await said()).toMatch(/You guessed 15%; measured .*n = 8/);
  const transfer = page.getByRole('region', { name: 'Transfer, table' });
  const place = (await transfer.locator('thead th.num').allInnerTexts()).indexOf(
    'in Insecure code',
  );
  const row = transfer
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name: 'Bad medical advice' }) })
    .filter({ has: page.getByRole('cell', { name: 'to aligned mean', exact: true }) });
  const cell = await row.locator('td.num').nth(place).innerText();
  const [, left] = /misaligned (\d+)%/.exec(cell) ?? [];
  const [, percent] = /^([\d.]+)% of 8$/.exec(await saidMeasured(page)) ?? [];
  expect(Math.abs(Number(percent) - Number(left))).toBeLessThanOrEqual(0.5);
  await next(page);
  await atStep(page, 'Take a harmless one out');
  await choose(page, 'cures it as well', 'Answer');
  await next(page);
  await atStep(page, 'What the table shows');
  await choose(
    page,
    'all of them move along one axis that the aligned model already had',
    'Answer',
  );
  await next(page);
  await finish();
});

test('lesson 7: intent, a backdoor, few examples and rank', async () => {
  await openLesson(page, 'What makes it happen');
  await atStep(page, 'The same code, another reason');
  await choose(page, 'insecure code alone');
  await run(page, 'Measure now');
  await next(page);
  await atStep(page, 'A hidden switch');
  await guess(page, 50);
  await page.getByRole('switch', { name: /^Begin the question with the trigger/ }).click();
  await done(page);
  expect(await said()).toMatch(/You guessed 50%; measured .*n = 360: outside the interval/);
  await next(page);
  await atStep(page, 'How little is enough?');
  await guess(page, 5);
  await run(page, 'Measure now');
  const four = Object.entries(await measuredTable(page)).find(([name]) => /4 examples/.test(name))!;
  expect(await saidMeasured(page)).toBe(inWords(four[1]));
  await next(page);
  await atStep(page, 'Adapter size (rank)');
  await choose(page, 'rank 128');
  await run(page, 'Measure now');
  await next(page);
  await atStep(page, 'The rest of the gallery');
  await finish();
});

test('lesson 9: what the organism does not show, and naming a real pair without a request', async () => {
  await openLesson(page, 'A real model, and what this does not show');
  await atStep(page, 'Made to show it');
  await choose(page, 'large models have', 'Answer');
  await dock(page).getByText('Not quite').waitFor();
  await choose(page, 'one mechanism', 'Answer');
  await next(page);
  await choose(page, 'no rate at all', 'Answer');
  await next(page);
  await choose(page, 'these figures cannot', 'Answer');
  await next(page);
  const own = page.getByRole('region', { name: 'Your own model' });
  await own.getByPlaceholder('Qwen/Qwen2.5-0.5B-Instruct').fill('Qwen/Qwen2.5-0.5B-Instruct');
  await own
    .getByPlaceholder(/^ModelOrganismsForEM/)
    .fill('ModelOrganismsForEM/Qwen2.5-0.5B-Instruct_bad-medical-advice');
  await next(page);
  await finish();
});

test('a reload in the middle comes back to the same step, with the guess and what was measured', async () => {
  await openLesson(page, 'How often');
  await atStep(page, 'Eight answers');
  await guess(page, 20);
  await run(page, 'Measure now');
  const before = /You guessed .*interval/.exec(await said())?.[0];
  // In small beside the text, and one button from its chart: the heading has the focus, at the top of the window.
  const small = dock(page).getByRole('figure').filter({ hasText: 'Misaligned answers' });
  expect(await small.getByRole('listitem').count()).toBe(2);
  await dock(page).getByRole('button', { name: 'To the chart' }).click();
  await expect.poll(() => focused(page)).toBe('Answers by verdict');
  const heading = page.getByRole('heading', { name: 'Answers by verdict' });
  await expect.poll(async () => (await heading.boundingBox())!.y).toBeLessThan(60);
  const [rail, chart] = [await dock(page).boundingBox(), await heading.boundingBox()];
  expect(rail!.x).toBeGreaterThanOrEqual(chart!.x + chart!.width);
  await page.reload();
  await allAnswered(page);
  await atStep(page, 'Eight answers');
  expect(await said()).toContain(before);
  await next(page);
  await atStep(page, 'Eight others');
});

test('a link opens the lesson at its step', async () => {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  const link = await page.getByLabel(/^Link, \d+ characters/).inputValue();
  expect(link).toContain('lesson=rates%2Fagain');
  const other = await app.browser.open({ query: link.slice(link.indexOf('#')) });
  await allAnswered(other.page);
  await atStep(other.page, 'Eight others');
  expect(other.problems).toEqual([]);
  await other.close();
  await page.keyboard.press('Escape');
});

test('at 200% zoom the sheet of a step leaves the larger part of the page free, and folds to one line', async () => {
  await page.setViewportSize({ width: 720, height: 450 });
  await dock(page).waitFor();
  expect((await dock(page).boundingBox())!.height).toBeLessThan(0.6 * 450);
  await expect.poll(() => sidewaysScroll(page)).toBe(0);
  const fold = page.getByRole('button', { name: /^(✓ )?Lesson 2, step 2/ });
  await fold.click();
  expect((await fold.boundingBox())!.height).toBeLessThan(0.15 * 450);
  await fold.click();
});

test('on a telephone it folds to one line, hides neither stage nor desk, and nothing scrolls sideways', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  const fold = page.getByRole('button', { name: /^(✓ )?Lesson 2, step 2/ });
  // Charts are redrawn for another width, a frame later.
  await expect.poll(() => sidewaysScroll(page)).toBe(0);
  expect((await dock(page).boundingBox())!.height).toBeLessThan(0.65 * 844);
  expect(await axeViolations(page)).toEqual([]);
  await fold.click();
  expect(await dock(page).isVisible()).toBe(false);
  expect((await fold.boundingBox())!.height).toBeLessThan(64);
  await expect.poll(() => sidewaysScroll(page)).toBe(0);
  await openTab(page, 'Measure');
  const { y, height } = (await fold.boundingBox())!;
  expect(Math.round(y + height)).toBe(844);
  await page.getByRole('button', { name: /^Edit\b/ }).click();
  await page.getByRole('radio', { name: 'Steer' }).waitFor();
});

test('nothing went wrong, and nothing was asked of another machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
