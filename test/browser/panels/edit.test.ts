// The desk and the persona control are two views of the same settings.

import axe from 'axe-core';
import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import Desk from '../../../src/panels/edit/EditPanel.svelte';
import PersonaControl from '../../../src/panels/answers/PersonaControl.svelte';
import { EditSettingsStore } from '../../../src/state/pair/edit-settings.svelte';
import { spans } from '../../../src/measure/describe-edit';
import { createPostern } from '../../../src/state/page/postern';
import WithPostern from './WithPostern.svelte';

function editSettings(): EditSettingsStore {
  const made = new EditSettingsStore();
  made.fit(4, 2, 3);
  return made;
}

test('left of the centre the persona control ablates to the aligned mean at all layers', () => {
  const made = editSettings();
  made.setPersona(-0.4);
  expect(made.settings).toEqual({
    mode: 'ablate-mean',
    strength: 0.4,
    layers: [true, true, true, true],
    source: { kind: 'own' },
    positions: 'all',
  });
  expect(made.persona).toBeCloseTo(-0.4, 9);
});

test('right of the centre it steers at the header token of one layer', () => {
  const made = editSettings();
  made.setPersona(0.5);
  expect(made.mode).toBe('steer');
  expect(made.strength).toBe(1.5);
  expect(made.layers).toEqual([false, false, true, false]);
  expect(made.positions).toBe('header');
});

test('crossing from right to left gives all layers and positions back', () => {
  const made = editSettings();
  made.setPersona(1);
  made.setPersona(0);
  expect(made.description).toBeNull();
  made.setPersona(-1);
  expect(made.description).toBe('ablate to aligned mean 100%, all layers, all positions');
});

test('capping has no place on the persona control', () => {
  const made = editSettings();
  made.setMode('cap');
  expect(made.persona).toBeNull();
});

test('a brush chooses the layers between its ends in either order', () => {
  const made = editSettings();
  made.brush(3, 1);
  expect(made.layers).toEqual([false, true, true, true]);
  made.toggleLayer(2);
  expect(spans(made.layers.flatMap((on, layer) => (on ? [layer] : [])))).toBe('1, 3');
});

test('what was set comes back from a snapshot', () => {
  const made = editSettings();
  made.setPersona(0.75);
  made.randomSeed = 3;
  const kept = made.snapshot();
  made.reset();
  expect(made.snapshot()).not.toEqual(kept);
  made.restore(kept);
  expect(made.snapshot()).toEqual(kept);
});

test('on a model with fewer layers it steers at one of them, along its own direction', () => {
  const made = new EditSettingsStore();
  made.fit(24, 12);
  made.setMode('steer');
  made.source = { kind: 'layer', layer: 14 };
  const kept = made.snapshot();
  made.fit(8, 2);
  expect(made.layers).toEqual([false, false, true, false, false, false, false, false]);
  expect(made.source).toEqual({ kind: 'own' });
  made.restore(kept);
  expect(made.layers.flatMap((on, layer) => (on ? [layer] : []))).toEqual([2]);
  expect(made.source).toEqual({ kind: 'own' });
});

test('on a model with fewer layers an ablation is at all of them, and a layer that is there stays the source', () => {
  const made = new EditSettingsStore();
  made.fit(24, 12);
  made.brush(20, 23);
  made.source = { kind: 'layer', layer: 7 };
  made.fit(8, 2);
  expect(made.layers).toEqual(new Array<boolean>(8).fill(true));
  expect(made.source).toEqual({ kind: 'layer', layer: 7 });
});

test('layers are chosen by keyboard: arrows move, space turns one, shift brushes', async () => {
  const postern = createPostern();
  postern.editSettings.fit(6, 3);
  await render(WithPostern, { postern, panel: Desk });
  const layer0 = page.getByRole('button', { name: 'Layer 0' });
  (layer0.element() as HTMLElement).focus();
  await userEvent.keyboard(' ');
  await expect.element(layer0).toHaveAttribute('aria-pressed', 'false');
  await userEvent.keyboard('{ArrowRight}{Shift>}{ArrowRight}{ArrowRight}{/Shift}');
  expect(postern.editSettings.layers).toEqual([false, true, true, true, false, false]);
});

test('the random control is one click and is named in the words of the edit', async () => {
  const postern = createPostern();
  postern.editSettings.fit(4, 2);
  await render(WithPostern, { postern, panel: Desk });
  await page.getByRole('button', { name: 'Random control' }).click();
  expect(postern.editSettings.description).toContain('RANDOM control (seed 1)');
});

test('the persona control says the strength of the desk, also where the desk goes further', async () => {
  const postern = createPostern();
  postern.editSettings.fit(8, 2, 2.5);
  await render(WithPostern, { postern, panel: PersonaControl });
  const heading = page.getByRole('heading', { name: /^Persona/ });
  postern.editSettings.setMode('steer');
  postern.editSettings.strength = 6;
  await expect.element(heading).toHaveTextContent('+6.0 × direction');
  postern.editSettings.strength = -2;
  await expect.element(heading).toHaveTextContent('−2.0 × direction');
  postern.editSettings.setPersona(-0.8);
  await expect.element(heading).toHaveTextContent('80% removed');
});

for (const theme of ['light', 'dark'] as const) {
  test(`axe finds nothing in the edit panel, ${theme}`, async () => {
    document.documentElement.dataset['theme'] = theme;
    const postern = createPostern();
    postern.editSettings.fit(8, 4);
    const { container } = await render(WithPostern, { postern, panel: Desk });
    const { violations } = await axe.run(container);
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
  });
}
