// Comparing on the Layers tab: fine-tunes against each other, transcripts along the direction, an
// answer token by token, and one pointer for all charts.

import type { Locator, Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { compareFineTunes, openTool, sidewaysScroll, tokensOf } from './postern-page';

let page: Page;
let cosines: Locator;
const app = useApp({}, async (opened) => {
  page = opened.page;
  cosines = await compareFineTunes(page);
});

const figure = (title: string): Locator => page.getByRole('figure').filter({ hasText: title });
const readout = (of: Locator): Promise<string> => of.locator('.readout').innerText();

/** The AUCs that are said, with their n: [auc, n misaligned, n aligned]. */
async function separations(): Promise<number[][]> {
  const said = await page.getByText(/of misaligned against aligned answers at layer/).innerText();
  return [...said.matchAll(/([\d.]+) in [^(]+\(n = (\d+) and (\d+)\)/g)].map((match) =>
    match.slice(1).map(Number),
  );
}

test('the lines are named at their ends, the published line and the random band in the legend', async () => {
  const items = cosines.getByRole('listitem');
  await items.filter({ hasText: 'random directions' }).waitFor();
  const legend = await items.allInnerTexts();
  const ends = await cosines.locator('text.end').allTextContents();
  expect(ends.join('|')).toMatch(/Bad medical advice.*Secure code \(benign control\)/);
  expect(legend.join('|')).not.toContain('Secure code');
  expect(legend.join('|')).toMatch(/0\.8: .*Soligo/);
  // d_model is 128: twice 1 / sqrt(128).
  expect(legend.join('|')).toMatch(/random directions: 95% lie within ±0\.18/);
});

test('another EM fine-tune shares the direction more than the benign control does', async () => {
  await cosines.getByRole('button', { name: 'Table' }).click();
  await cosines.locator('tbody tr').first().waitFor();
  const rows = await cosines
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
  const header = await cosines.locator('thead th').allInnerTexts();
  await cosines.getByRole('button', { name: 'Table' }).click();
  const column = (name: string): number => header.findIndex((text) => text.includes(name));
  const [medical, secure] = [column('Bad medical'), column('Secure code')];
  const value = (cell = ''): number => Number(cell.replace('\u2212', '-'));
  console.log(`bad-medical ${rows.map((row) => row[medical]).join(' ')}`);
  console.log(`secure-code ${rows.map((row) => row[secure]).join(' ')}`);
  expect(rows).toHaveLength(8);
  for (const row of rows.slice(2)) {
    expect(value(row[medical])).toBeGreaterThan(value(row[secure]));
    // The organism is shipped with at least 0.8 from the third layer on; the page reads fewer texts.
    expect(value(row[medical])).toBeGreaterThan(0.6);
  }
});

test('a layer pointed at by the keyboard in one chart is shown in the others', async () => {
  await page.mouse.move(0, 0);
  await cosines.getByRole('application').focus();
  await page.keyboard.press('Home');
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
  await expect
    .poll(() => readout(cosines))
    .toMatch(/^layer 3, Bad medical advice: cosine [+−][\d.]+; Secure/);
  const pairs = figure('Every pair at one layer');
  await pairs.getByText('of every two directions at layer 3').waitFor();
  await expect.poll(() => pairs.locator('rect.marked').count()).toBe(2);
  expect(await readout(pairs)).toBe('');
});

test('transcripts separate along the direction, with the AUC and its n', async () => {
  await openTool(page, 'Layers', 'Transcripts about the direction');
  await page.getByRole('button', { name: /^Read 64 transcripts in both models/ }).click();
  const map = figure('Transcripts along the direction');
  await map.waitFor();
  await expect.poll(() => map.locator('path.point').count()).toBe(64);
  const [[auc, high, low] = []] = await separations();
  console.log(`AUC in the fine-tune, texts of the extraction: ${auc}`);
  expect([high, low]).toEqual([32, 32]);
  expect(auc).toBeGreaterThan(0.6);
  await page.getByText('both', { exact: true }).click();
  await expect.poll(() => map.locator('path.point').count()).toBe(128);
  await expect.poll(separations).toHaveLength(2);
});

test('each transcript can be walked to, and is said with stance and domain', async () => {
  const map = figure('Transcripts along the direction');
  await map.getByRole('application').focus();
  await page.keyboard.press('End');
  await expect
    .poll(() => readout(map))
    .toMatch(
      /^(aligned|misaligned) answer, \S+, read by .+: ".+: [+−][\d.]+ along, [+−][\d.]+ across$/,
    );
  await page.getByText('domain', { exact: true }).click();
  await expect.poll(() => map.getByRole('listitem').count()).toBeGreaterThan(5);
});

test('texts of other wording are read when they are asked for', async () => {
  await page.getByText('other wording', { exact: true }).click();
  await page.getByRole('button', { name: /^Read 64 transcripts in both models/ }).click();
  await figure('Transcripts along the direction').waitFor();
  await page.getByText('No question of these has the wording').waitFor();
  await expect.poll(separations).toHaveLength(2);
  const said = await separations();
  console.log(`AUC on other wording: ${JSON.stringify(said)}`);
  for (const [auc] of said) expect(auc).toBeGreaterThan(0.6);
});

test('an answer is walked token by token and layer by layer', async () => {
  await openTool(page, 'Layers', 'One answer, token by token');
  const tokens = await tokensOf(page, 'Fine-tuned');
  const map = figure('Token by token, layer by layer');
  await map.getByRole('application').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect
    .poll(() => readout(map))
    .toMatch(new RegExp(`^token 2 of ${tokens.length}, .+, layer \\d: [+−][\\d.]+$`));
  await map.getByRole('button', { name: 'Table' }).click();
  await expect.poll(() => map.locator('tbody tr').count()).toBe(tokens.length);
  await map.getByRole('button', { name: 'Table' }).click();
});

test('at 390 px nothing scrolls sideways but the token map, and axe finds nothing', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(() => sidewaysScroll(page)).toBe(0);
  expect(await axeViolations(page)).toEqual([]);
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
