// The persona latents under a person's hands: the section opens with figures and texts, and a latent is
// put on the desk, whose edited answer is then made along it. The autoencoder is fetched only then.

import type { Page } from 'playwright';
import { expect, test } from 'vitest';
import { axeViolations } from './axe';
import { useApp } from './harness';
import { editedWith, openTool, sidewaysScroll, textOf } from './postern-page';

let page: Page;
const requests: string[] = [];
const app = useApp(
  {
    context: { colorScheme: 'light' },
    prepare: (page, url) =>
      page.on('request', (request) => requests.push(request.url().slice(url.length))),
  },
  (opened) => {
    page = opened.page;
  },
);

const opener = () => page.getByRole('button', { name: 'Persona latents', exact: true });
const section = () =>
  page.getByRole('region', { name: 'The gallery' }).locator('section').filter({ has: opener() });
const table = () => section().getByRole('region', { name: 'The latents that rise most, table' });

test('the section opens by keyboard with claims, rates with intervals, and texts', async () => {
  await openTool(page, 'Models', 'The gallery');
  await opener().focus();
  await page.keyboard.press('Enter');
  await section()
    .getByRole('heading', { name: /^Texts that excite latent \d+ most/ })
    .waitFor();
  const claims = await section().locator('.words > :last-child li').allInnerTexts();
  expect(claims.join(' ')).toMatch(/% \[[\d.]+, [\d.]+\], n = \d+/);
  // Five conditions side by side, seven rows each: one rate, without the incoherent answers.
  await expect.poll(() => section().getByRole('figure').count()).toBe(1);
  await expect.poll(() => section().locator('figure path.interval').count()).toBeGreaterThan(25);
  await expect.poll(() => table().locator('tbody tr').count()).toBeGreaterThan(4);
  await expect.poll(() => section().locator('blockquote mark').count()).toBeGreaterThan(0);
  expect(requests).not.toContain('models/latents/sae.safetensors');
});

test('another latent is chosen by keyboard and shows its own texts', async () => {
  const before = await section().locator('blockquote').allInnerTexts();
  const other = table().locator('tbody button[aria-pressed="false"]').first();
  await other.focus();
  const latent = /\d+/.exec(await other.innerText())![0];
  await page.keyboard.press('Enter');
  await section()
    .getByRole('heading', { name: new RegExp(`^Texts that excite latent ${latent} most`) })
    .waitFor();
  await expect.poll(() => section().locator('blockquote').allInnerTexts()).not.toEqual(before);
});

test('put in the edit panel, the latent is what the edited answer is made along', async () => {
  const button = section().getByRole('button', { name: /^Put latent \d+ in the edit panel/ });
  const latent = /\d+/.exec(await button.innerText())![0];
  const before = await textOf(page, 'Edited');
  await button.press('Enter');
  await section().getByText(`The edit now acts along latent ${latent}`).waitFor();
  expect(requests.filter((request) => request.startsWith('models/latents/')).sort()).toEqual([
    'models/latents/cfg.json',
    'models/latents/sae.safetensors',
  ]);
  await editedWith(page, new RegExp(`latent ${latent}\\b.*ablate to aligned mean`, 's'));
  await page.getByRole('radio', { name: 'Steer', exact: true }).check();
  await editedWith(page, new RegExp(`latent ${latent}\\b.*steer`, 's'));
  expect(await textOf(page, 'Edited')).not.toBe(before);
});

test.each(['Dark', 'Light'])('axe finds nothing in it, %s', async (theme) => {
  await page.getByRole('button', { name: theme, exact: true }).click();
  expect(await axeViolations(page, theme === 'Dark' ? 'all' : 'colours')).toEqual([]);
});

test('nothing scrolls sideways at 390 px', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await expect.poll(() => sidewaysScroll(page)).toBe(0);
});

test('in all this nothing went wrong and no request left this machine', () => {
  expect(app.problems).toEqual([]);
  expect(app.elsewhere).toEqual([]);
});
