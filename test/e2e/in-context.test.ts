// A direction without a fine-tune: from one earlier turn, and from two instructions. Then two directions at once, and
// every layer alone.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { useApp } from './harness';
import { column, editedWith, openTab, openTool } from './postern-page';

let page: Page;
const app = useApp({ organism: 'small' }, (opened) => {
  page = opened.page;
});

const panel = () => page.getByRole('tabpanel', { name: 'Direction' });
const extract = async (): Promise<void> => {
  await panel().getByLabel('Transcripts, half on each side').selectOption('16');
  await panel().getByRole('button', { name: 'Extract from 16 transcripts' }).click();
};

test('one earlier turn gives a direction of the aligned model, which is put in use', async () => {
  await openTab(page, 'Direction');
  await panel().getByLabel('Texts').selectOption('turn');
  await expect.poll(() => panel().getByLabel('Contrast').count()).toBe(0);
  await extract();
  await panel()
    .getByText(/answer-in-aligned-model\s*last-prompt, n 16, texts: after one villain turn.*in use/)
    .waitFor();
  await panel().getByText('mean: after a villain turn').first().waitFor();
});

test("its cosine with the fine-tune's direction is drawn by layer, with an interval", async () => {
  await panel()
    .getByRole('figure')
    .filter({ hasText: "Is it the fine-tune's direction" })
    .waitFor();
  await expect
    .poll(() => panel().innerText())
    .toMatch(/At layer \d+: [+−][01]\.\d\d \[[+−][01]\.\d\d, [+−][01]\.\d\d\], 95% interval/);
});

test('equal instructions are refused in words, and two different ones give a direction', async () => {
  await panel().getByLabel('Texts').selectOption('trait');
  await panel().getByLabel('Instruction to point to').fill('You are cruel.');
  await panel().getByLabel('Instruction to point away from').fill(' You are cruel. ');
  await panel()
    .getByText(/Both instructions are the same/)
    .waitFor();
  await expect
    .poll(() =>
      panel()
        .getByRole('button', { name: /^Extract from/ })
        .isDisabled(),
    )
    .toBe(true);
  await panel().getByLabel('Instruction to point away from').fill('');
  await extract();
  await panel()
    .getByText(/texts: under "You are cruel\." against under nothing, before the question/)
    .first()
    .waitFor();
});

test('a link of it is opened again, instructions and all', async () => {
  await page.getByRole('button', { name: 'Share' }).first().click();
  const link = await page.getByRole('dialog').getByRole('textbox').first().inputValue();
  await page.keyboard.press('Escape');
  // Another computer: nothing is saved there, so the direction is extracted from what the link says.
  const elsewhere = await page.context().browser()!.newContext();
  const opened = await elsewhere.newPage();
  await opened.goto(link);
  await opened.getByRole('navigation', { name: 'More of the page' }).getByText('Tools').click();
  await expect
    .poll(() => opened.getByRole('tabpanel').innerText())
    .toMatch(/under "You are cruel\." against under nothing, before the question.*, in use/);
  await elsewhere.close();
});

test('a direction without its part along another is made of two, and can be used', async () => {
  await panel().getByText('Combine with another direction').click();
  await panel().getByLabel('The shown direction').selectOption('without');
  await panel().getByRole('button', { name: 'Combine and use' }).click();
  await expect.poll(() => panel().innerText()).toMatch(/without its part along .*, in use/);
});

test('a second direction is removed with the first', async () => {
  const edit = page.getByRole('group', { name: /^Edit of the/ });
  await edit.getByLabel('Ablate to zero').check();
  const also = page.getByLabel('Also remove');
  await also.selectOption({ index: 1 });
  await editedWith(page, /ablate to zero 100%.*two directions/);
  await page.getByText(/Their cosine is/).waitFor();
  await expect
    .poll(() => column(page, 'Edited').locator('footer').first().innerText())
    .toContain('and with it');
  await also.selectOption('');
  await editedWith(page, /ablate to zero 100%, all layers, all positions(?!, two)/);
});

test('every layer is measured alone, with a random direction beside it', async () => {
  const tool = await openTool(page, 'Measure', 'Layer by layer');
  await tool.getByLabel('Answers for each condition').selectOption('8');
  await tool.getByRole('button', { name: /^Measure layer by layer/ }).click();
  await tool
    .getByRole('figure')
    .filter({ hasText: 'Incoherent answers by edited layer' })
    .waitFor();
  await tool.getByRole('button', { name: /^Measure layer by layer/ }).waitFor();
  const figure = tool.getByRole('figure').filter({ hasText: 'Misaligned answers by edited layer' });
  await figure.getByRole('button', { name: 'Table' }).click();
  await expect.poll(() => figure.locator('tbody tr').count()).toBeGreaterThan(3);
});

test('in all this nothing went wrong and no request left this machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
