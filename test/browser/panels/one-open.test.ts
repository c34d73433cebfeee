// The tools of a tab, one open at a time: by mouse, by keyboard, by what leads to one, and after a reload.

import { clear, get } from 'idb-keyval';
import { beforeEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import MeasurePanel from '../../../src/panels/measure/Panel.svelte';
import { createPostern, type Postern } from '../../../src/state/page/postern';
import WithPostern from './WithPostern.svelte';

const open = (): string[] =>
  page
    .getByRole('button', { expanded: true })
    .elements()
    .map((element) => element.textContent.trim());

async function shown(): Promise<Postern> {
  const postern = createPostern();
  await postern.openTools.restore();
  await render(WithPostern, { postern, panel: MeasurePanel });
  return postern;
}

beforeEach(() => clear());

test('the first tool is open at first, and opening another one closes it', async () => {
  await shown();
  expect(open()).toEqual(['Rates']);
  await page.getByRole('button', { name: 'Dose and response' }).click();
  await expect.poll(open).toEqual(['Dose and response']);
  await expect.element(page.getByLabelText('Largest strength')).toBeVisible();
  await expect.element(page.getByLabelText('Answers for each model')).not.toBeInTheDocument();
});

test('a tool opens and closes by keyboard, and what it controls is named only while it is there', async () => {
  await shown();
  const opener = page.getByRole('heading', { name: 'Class results' }).getByRole('button');
  opener.element().focus();
  expect(opener.element().getAttribute('aria-controls')).toBeNull();
  await userEvent.keyboard('{Enter}');
  await expect.poll(open).toEqual(['Class results']);
  const id = opener.element().getAttribute('aria-controls')!;
  expect(document.getElementById(id)).not.toBeNull();
  expect(document.activeElement).toBe(opener.element());
  await userEvent.keyboard('{Enter}');
  await expect.poll(open).toEqual([]);
});

test('the open tool is there again at the next visit, also where all were closed', async () => {
  const { openTools } = await shown();
  openTools.open('measure', 'transfer');
  openTools.open('layers', null);
  await expect.poll(() => get('postern:open-tools')).toEqual({ measure: 'transfer', layers: null });
  const again = createPostern();
  await again.openTools.restore();
  const tools = [{ id: 'rates' }, { id: 'transfer' }];
  expect(again.openTools.of('measure', tools)).toBe('transfer');
  expect(again.openTools.of('layers', tools)).toBeNull();
  expect(again.openTools.of('organisms', tools)).toBe('rates');
});

test('a tool that this version does not have leaves the first one open', async () => {
  const { openTools } = await shown();
  openTools.open('measure', 'of another version');
  expect(openTools.of('measure', [{ id: 'rates' }])).toBe('rates');
});

test('what a lesson opens before the memory is read stays open', async () => {
  const first = createPostern();
  await first.openTools.restore();
  first.openTools.open('measure', 'dose');
  await expect.poll(() => get('postern:open-tools')).toEqual({ measure: 'dose' });
  const postern = createPostern();
  postern.openTools.open('measure', 'transfer');
  await postern.openTools.restore();
  expect(postern.openTools.of('measure', [{ id: 'rates' }, { id: 'transfer' }])).toBe('transfer');
});
