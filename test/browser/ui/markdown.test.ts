// Markdown becomes elements and never HTML.

import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import Markdown from '../../../src/ui/Markdown.svelte';

test('paragraphs, emphasis, code, lists and tables are drawn', async () => {
  const { container } = await render(Markdown, {
    text: 'One *two* **three** `four`.\n\n- five\n- six\n\n3. seven\n\n# Eight\n\n| a | b |\n|---|---|\n| 1 | *2* |',
  });
  const has = (selector: string): string => container.querySelector(selector)?.textContent ?? '';
  expect([has('em'), has('strong'), has('code')]).toEqual(['two', 'three', 'four']);
  expect(has('p')).toBe('One two three four.');
  expect(container.querySelectorAll('ul > li')).toHaveLength(2);
  expect(container.querySelector('ol')?.start).toBe(3);
  expect(has('h3')).toBe('Eight');
  expect(has('td em')).toBe('2');
});

test('HTML in a text stays text, and a link that runs something is none', async () => {
  const { container } = await render(Markdown, {
    text: 'a <img src=x onerror=alert(1)> [b](javascript:alert(1))\n\n<script>alert(1)</script>\n\n![c](x.png)',
  });
  expect(container.querySelector('img, script, a')).toBeNull();
  expect(container.textContent).toContain('<script>alert(1)</script>');
  expect(container.textContent).toContain('b');
});

test('a link goes to another window and tells nothing of where it comes from', async () => {
  await render(Markdown, { text: 'See [the paper](https://arxiv.org/abs/2502.17424).' });
  const link = page.getByRole('link', { name: 'the paper' });
  await expect.element(link).toHaveAttribute('rel', 'noopener noreferrer');
  await expect.element(link).toHaveAttribute('href', 'https://arxiv.org/abs/2502.17424');
});

test('a value is looked up, and a term of art opens its one line', async () => {
  await render(Markdown, {
    text: 'It is {{report | em}} along the [[direction|A vector at each layer.]].',
    value: (reference: string) => (reference === 'report | em' ? '34.0%' : 'none'),
  });
  await expect
    .element(page.getByText('It is'))
    .toHaveTextContent('It is 34.0% along the direction.');
  await page.getByRole('button', { name: 'direction' }).click();
  await expect.element(page.getByRole('tooltip')).toHaveTextContent('A vector at each layer.');
});
