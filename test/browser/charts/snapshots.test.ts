// What every gallery example draws, kept as a file so that a change is seen in the diff.

import { describe, expect, test } from 'vitest';
import { render } from 'vitest-browser-svelte';
import '../../../src/app.css';
import { EXAMPLES } from '../../gallery/examples';

/** The marks without what the compiler adds: comments, generated class names and ids. */
function plain(root: Element): string {
  const html = root.outerHTML
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/ ?svelte-[a-z0-9]+/g, '')
    .replace(/ class=""/g, '')
    .replace(/(\d+\.\d{2})\d+/g, '$1')
    .replace(/></g, '>\n<');
  return `${html}\n`;
}

describe('the gallery', () => {
  for (const [name, Example] of Object.entries(EXAMPLES)) {
    test(`draws ${name} as before`, async () => {
      const { container } = await render(Example);
      const drawing = container.querySelector('.plot svg') ?? container.firstElementChild!;
      await expect(plain(drawing)).toMatchFileSnapshot(`./drawings/${name}.svg.txt`);
    });
  }
});
