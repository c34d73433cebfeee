// The list of earlier questions: what may stand in it beside each other, and its Undo.

import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import History from '../../../src/panels/answers/History.svelte';
import { createPostern } from '../../../src/state/page/postern';
import WithPostern from './WithPostern.svelte';

const PLAIN = { prompt: 'Which present?', seed: 1, temperature: null };
const ASKED = [{ ...PLAIN, system: 'Answer as JSON.' }, PLAIN];

test('the same question with another system prompt stands beside it, and says so', async () => {
  const postern = createPostern();
  postern.chat.history = ASKED;
  await render(WithPostern, { postern, panel: History });
  await page.getByText('Recent questions (2)').click();
  await expect
    .element(
      page.getByRole('button', { name: /present\? seed 1, system prompt "Answer as JSON\."/ }),
    )
    .toBeVisible();
  await expect.element(page.getByRole('button', { name: /present\? seed 1$/ })).toBeVisible();
});

test('a list that was cleared comes back behind what was asked since, each question once', async () => {
  const postern = createPostern();
  postern.chat.history = ASKED;
  await render(WithPostern, { postern, panel: History });
  await page.getByText('Recent questions (2)').click();
  await page.getByRole('button', { name: 'Clear the list' }).click();
  const again = { ...PLAIN, temperature: 0 };
  postern.chat.history = [again];
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.element(page.getByText('Recent questions (2)')).toBeVisible();
  expect(postern.chat.history).toEqual([again, ASKED[0]]);
});
