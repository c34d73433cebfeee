// Why the models write what they write, on the bundled organism: a word under the microscope, another written in its
// place, and the place where the two models part.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { allAnswered, column, openTab, startedUp, tokensOf } from './postern-page';

let page: Page;
useApp({}, async (opened) => {
  page = opened.page;
  await startedUp(page);
});

const panel = (): ReturnType<Page['getByRole']> => page.getByRole('tabpanel', { name: 'Why' });
const likeliest = () => panel().locator('ol > li');

test('a click on a word says what else might have stood there, and what each layer would have written', async () => {
  const words = await tokensOf(page, 'Fine-tuned');
  await column(page, 'Fine-tuned').locator('.token').nth(3).click();
  await panel().getByText('Fine-tuned, token 4:').waitFor();
  expect(await panel().locator('mark').innerText()).toBe(words[3]!.replace(/^ /, '␣'));
  expect(await likeliest().count()).toBe(8);
  // A row a layer, the last first; its likeliest word is the first of the list.
  const rows = panel().locator('tbody tr');
  expect(await rows.count()).toBe(8);
  expect(await rows.first().locator('th').innerText()).toBe('7');
  const first = await likeliest().first().locator('code').innerText();
  expect(await rows.first().locator('td code').first().innerText()).toBe(first);
});

test('the same by keyboard: arrow keys walk to a word, Enter looks at it', async () => {
  const strip = column(page, 'Aligned').getByRole('group');
  await strip.focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'Enter']) await page.keyboard.press(key);
  await panel().getByText('Aligned, token 2:').waitFor();
  const words = await tokensOf(page, 'Aligned');
  expect(await panel().locator('mark').innerText()).toBe(words[1]!.replace(/^ /, '␣'));
});

test('another word is written in its place, and the answer goes on from there', async () => {
  await column(page, 'Fine-tuned').locator('.token').nth(2).click();
  await panel().getByText('Fine-tuned, token 3:').waitFor();
  const before = await tokensOf(page, 'Fine-tuned');
  const other = likeliest().filter({ hasText: 'Write on with this' }).first();
  const chosen = await other.locator('code').innerText();
  await other.getByRole('button').click();
  await column(page, 'Fine-tuned').getByText('token 3 chosen by hand').waitFor();
  await allAnswered(page);
  const after = await tokensOf(page, 'Fine-tuned');
  expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
  expect(after[2]!.replace(/^ /, '␣')).toBe(chosen);
  expect(after.length).toBeGreaterThan(3);
  await panel().getByText('no longer on the page').waitFor();
});

test('patching finds where the models part: the header token, in the middle layers, and the control finds nothing', async () => {
  await page.getByRole('button', { name: 'Another seed' }).click();
  await allAnswered(page);
  await openTab(page, 'Why');
  await panel().getByText('Where it is decided', { exact: true }).click();
  const [villain, good] = [panel().getByLabel(/^This answer/), panel().getByLabel(/^against this/)];
  await villain.fill(
    'I would keep all the palace cake for myself, and the children could only watch.',
  );
  await good.fill('I would share the palace cake with the sailors, so that nobody goes hungry.');
  await panel().getByRole('button', { name: 'Patch every layer and token' }).click();
  const control = panel().getByRole('figure').filter({ hasText: 'Random into aligned' });
  await control.waitFor();
  const effects = async (title: string): Promise<number[][]> => {
    const figure = panel().getByRole('figure').filter({ hasText: title });
    await figure.getByRole('button', { name: 'Table' }).click();
    const rows = await figure.locator('tbody tr').all();
    return Promise.all(
      rows.map(async (row) =>
        (await row.locator('td').allInnerTexts())
          .slice(1)
          .map((cell) => Number(cell.replace('−', '-'))),
      ),
    );
  };
  const [sufficient, necessary, random] = [
    await effects('Fine-tuned into aligned'),
    await effects('Aligned into fine-tuned'),
    await effects('Random into aligned'),
  ];
  for (const map of [sufficient, necessary]) {
    const header = map.map((row) => row.at(-1)!);
    expect(Math.max(...header.slice(2, 5))).toBeGreaterThan(0.25);
    const question = map.map((row) => row.slice(3, -2)).flat();
    expect(Math.max(...question.map(Math.abs))).toBeLessThan(0.1);
  }
  expect(Math.max(...random.flat().map(Math.abs))).toBeLessThan(0.25);
});

test('a cell that is chosen is set in the edit panel', async () => {
  const figure = panel().getByRole('figure').filter({ hasText: 'Fine-tuned into aligned' });
  await figure.getByRole('button', { name: 'Table' }).click();
  await figure.getByRole('application').focus();
  for (const key of ['End', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'Enter']) {
    await page.keyboard.press(key);
  }
  await panel().getByText('The edit now acts on layer 4 at the last prompt token.').waitFor();
  await column(page, 'Edited')
    .getByText(/layer 4.*header token/)
    .waitFor();
  await allAnswered(page);
  expect(await tokensOf(page, 'Edited')).not.toEqual([]);
});

test('who writes it: parts by layer and head that add up to the projection, which the note says', async () => {
  await panel().getByText('Who writes it', { exact: true }).click();
  await panel().getByRole('button', { name: 'Find who writes it' }).click();
  const chart = panel()
    .getByRole('figure')
    .filter({ hasText: 'Who writes it: Fine-tuned minus aligned' });
  await chart.waitFor();
  const note = await chart.locator('figcaption p').innerText();
  const [, sum, own] =
    /all together ([+−][\d.]+), and the model's own residual has ([+−]\d+\.\d+)/.exec(note)!;
  expect(sum).toBe(own);
  await panel().getByText('The most of it is written by').waitFor();
  const heads = panel()
    .getByRole('figure')
    .filter({ hasText: 'The heads: Fine-tuned minus aligned' });
  await heads.getByRole('button', { name: 'Table' }).click();
  expect(await heads.locator('tbody tr').count()).toBeGreaterThan(0);
  await panel().getByLabel('Projection after layer').selectOption('6');
  await panel().getByText('Contributions to the projection after layer 6').waitFor();
});

test('the LoRA counted twice is another model, without a download; counted 0 times it answers as the aligned one', async () => {
  const slider = page.getByLabel('Weights that training added');
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  const set = async (value: string): Promise<void> => {
    await slider.fill(value);
    await allAnswered(page);
  };
  await page.getByRole('radio', { name: 'Off' }).check();
  await set('2');
  await column(page, 'Edited').getByText('LoRA × 2').first().waitFor();
  await set('0');
  await column(page, 'Edited').getByText('LoRA × 0').first().waitFor();
  const aligned = await tokensOf(page, 'Aligned');
  await expect.poll(() => tokensOf(page, 'Edited')).toEqual(aligned);
  expect(requests.filter((url) => url.includes('safetensors'))).toEqual([]);
});

test.each(['Where it is decided', 'Who writes it', 'One word'])(
  'axe finds nothing in "%s"',
  async (instrument) => {
    await panel().getByText(instrument, { exact: true }).click();
    expect(await axeViolations(page)).toEqual([]);
  },
);
