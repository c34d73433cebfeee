// Keeping a training from misaligning broadly: the choice in the Train tab, and the table of what was measured.

import axe from 'axe-core';
import { afterEach, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import { tensor } from '../../../src/core/tensor';
import { CURE_KINDS, CURES } from '../../../src/core/training/cure';
import { unknownOrigin } from '../../../src/formats/direction/direction-file';
import type { SavedDirection } from '../../../src/measure/extraction';
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

test('a cure says along which direction it acts, and where another is chosen', async () => {
  const made = createPostern();
  onSelected(made);
  const direction = (id: string, pooling: 'last-prompt' | 'answer-mean') =>
    ({
      ...unknownOrigin(`vector ${id}`),
      id,
      imported: `${id}.safetensors`,
      contrast: 'checkpoint',
      pooling,
      vectors: tensor(new Float32Array(8).fill(1), [2, 4]),
      perLayer: [],
      transcripts: 64,
    }) as unknown as SavedDirection;
  made.directions.list = [direction('a', 'answer-mean'), direction('b', 'last-prompt')];
  made.directions.currentId = 'a';
  made.training.choice.cure = { kind: 'ablation', strength: 1 };
  await render(WithPostern, { postern: made, panel: CureFields });
  const said = page.getByText(/^Direction: /);
  await expect.element(said).toHaveTextContent(/“imported from a\.safetensors: vector a/);
  await expect.element(said).toHaveTextContent(/another in the Direction tab/);
  made.directions.headerId = 'b';
  await expect.element(said).toHaveTextContent(/vector b/);
  made.training.choice.cure = { kind: 'leash', strength: 1 };
  await expect.element(said).not.toBeInTheDocument();
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
  await expect.element(page.getByText(/below half of the rate without a cure/)).toBeVisible();
  await page.getByRole('button', { name: 'Table' }).click();
  const rows = page.getByRole('row').filter({ hasText: 'Leash to the aligned model' });
  await expect.element(rows.nth(0)).toHaveTextContent(/0\.2000/);
  expect(rows.elements()).toHaveLength(5);
});
