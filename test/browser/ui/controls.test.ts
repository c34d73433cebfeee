import { createRawSnippet } from 'svelte';
import { expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import Button from '../../../src/ui/Button.svelte';
import Dialog from '../../../src/ui/Dialog.svelte';
import ErrorNote from '../../../src/ui/ErrorNote.svelte';
import ProgressLine from '../../../src/ui/ProgressLine.svelte';
import Slider from '../../../src/ui/Slider.svelte';

const words = (text: string) => createRawSnippet(() => ({ render: () => `<span>${text}</span>` }));

test('a slider moves by its step, and with shift by its coarse step', async () => {
  const oninput = vi.fn();
  await render(Slider, {
    label: 'Strength',
    value: 0.5,
    min: 0,
    max: 1,
    step: 0.01,
    coarse: 0.1,
    text: '50%',
    oninput,
  });
  page.getByRole('slider').element().dispatchEvent(new Event('focus'));
  (page.getByRole('slider').element() as HTMLElement).focus();
  await userEvent.keyboard('{Shift>}{ArrowRight}{/Shift}');
  expect(oninput.mock.lastCall?.[0]).toBeCloseTo(0.6, 9);
  await userEvent.keyboard('{ArrowRight}');
  expect(oninput.mock.lastCall?.[0]).toBeCloseTo(0.51, 9);
});

test('a slider says its value in words', async () => {
  await render(Slider, {
    label: 'Strength',
    value: 1,
    min: 0,
    max: 1,
    step: 0.1,
    text: '100% removed',
    oninput: () => {},
  });
  await expect
    .element(page.getByRole('slider', { name: 'Strength' }))
    .toHaveAttribute('aria-valuetext', '100% removed');
});

test('a disabled button cannot be pressed', async () => {
  const onclick = vi.fn();
  await render(Button, { children: words('Ask'), onclick, disabled: true });
  await expect.element(page.getByRole('button', { name: 'Ask' })).toBeDisabled();
  (page.getByRole('button').element() as HTMLElement).click();
  expect(onclick).not.toHaveBeenCalled();
});

test('long work says how far it is and can be cancelled', async () => {
  const oncancel = vi.fn();
  await render(ProgressLine, {
    label: 'Reading',
    done: 12,
    total: 64,
    unit: 'transcripts',
    oncancel,
  });
  await expect.element(page.getByText('12 of 64 transcripts')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(oncancel).toHaveBeenCalledOnce();
});

test('an error is announced, and its details can be opened', async () => {
  await render(ErrorNote, {
    message: 'config.json: no such file. Choose another folder.',
    detail: 'stack',
  });
  await expect.element(page.getByRole('alert')).toHaveTextContent('Choose another folder.');
  await page.getByText('Details').click();
  await expect.element(page.getByText('stack')).toBeVisible();
});

test('a dialog that is taken away while it is open gives the focus back to what opened it', async () => {
  const opener = document.body.appendChild(document.createElement('button'));
  opener.focus();
  const children = words('Its layers here');
  const { unmount } = await render(Dialog, {
    title: 'Import a direction',
    open: true,
    onclose: () => {},
    children,
  });
  await expect.element(page.getByRole('button', { name: 'Close' })).toHaveFocus();
  await unmount();
  expect(document.activeElement).toBe(opener);
  opener.remove();
});

test('a dialog opens, closes and opens again', async () => {
  const props = { title: 'Share', onclose: () => {}, children: words('A link') };
  const { rerender } = await render(Dialog, { ...props, open: true });
  await expect.element(page.getByRole('dialog')).toBeVisible();
  await rerender({ ...props, open: false });
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  await rerender({ ...props, open: true });
  await expect.element(page.getByRole('dialog')).toBeVisible();
});
