// Keeping a training from misaligning broadly: the choice in the Train tab, and the table of what was measured.

import axe from 'axe-core';
import { afterEach, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import { CURE_KINDS, CURES } from '../../../src/core/training/cure';
import CuresSection from '../../../src/panels/models/CuresSection.svelte';
import Controls from '../../../src/panels/train/Controls.svelte';
import CureFields from '../../../src/panels/train/CureFields.svelte';
import type { Registry } from '../../../src/organism/registry';
import { createPostern } from '../../../src/state/page/postern';
import { curesFile } from '../../unit/organism/made-up-cures';
import { onSelected } from '../loaded';
import WithPostern from './WithPostern.svelte';

afterEach(() => vi.unstubAllGlobals());

test('a cure is one choice with its strength, and says in one line what it does', async () => {
  const made = createPostern();
  await render(WithPostern, { postern: made, panel: CureFields });
  const choice = page.getByLabelText('Prevention');
  for (const kind of CURE_KINDS) {
    const { title, about, strength, initial } = CURES[kind];
    await choice.selectOptions(title);
    await expect.element(page.getByText(about)).toBeVisible();
    await expect.element(page.getByRole('slider', { name: strength })).toBeVisible();
    expect(made.training.choice.cure).toEqual({ kind, strength: initial });
  }
  expect((await axe.run(document.body)).violations).toEqual([]);
  await choice.selectOptions('none');
  expect(made.training.choice.cure).toBeNull();
});

test('a cure without its direction says so, and no training begins', async () => {
  const made = createPostern();
  onSelected(made);
  made.training.choice.cure = { kind: 'steering', strength: 1 };
  await render(WithPostern, { postern: made, panel: CureFields });
  await expect.element(page.getByText(/needs a direction/)).toBeVisible();
  await render(WithPostern, { postern: made, panel: Controls });
  await expect.element(page.getByRole('button', { name: /^Train \d+ steps/ })).toBeDisabled();
});

const REGISTRY: Registry = {
  version: 1,
  base: { id: 'aligned', title: 'Aligned', path: 'base/' },
  adapters: [],
  defaults: {},
  folderUrl: 'http://localhost/models/',
};

test('the table of cures has its rates, controls and intervals, and is absent without its file', async () => {
  const headers = { 'content-type': 'application/json' };
  const answer = () => Promise.resolve(new Response(JSON.stringify(curesFile()), { headers }));
  const fetched = vi.fn(answer);
  vi.stubGlobal('fetch', fetched);
  const { container } = await render(CuresSection, { registry: REGISTRY });
  expect(container.textContent.trim()).toBe('');
  expect(fetched).not.toHaveBeenCalled();
  await render(CuresSection, { registry: { ...REGISTRY, cures: 'cures.json' } });
  await page.getByRole('button', { name: 'Prevention' }).click();
  await expect.element(page.getByText(/Clearly lower with: preventative steering/)).toBeVisible();
  await page.getByRole('button', { name: 'Table' }).click();
  const rows = page.getByRole('row').filter({ hasText: 'Leash to the aligned model' });
  await expect.element(rows.nth(0)).toHaveTextContent(/0\.5000/);
  expect(rows.elements()).toHaveLength(5);
});
