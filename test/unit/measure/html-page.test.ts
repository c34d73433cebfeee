import { expect, test } from 'vitest';
import { escapeHtml, htmlPage, htmlTable } from '../../../src/measure/html-page';

const HOSTILE = `</title><script>alert('1')</script>"&`;

test('titles and column names are text, whatever they hold', () => {
  const page = htmlPage(HOSTILE, '', htmlTable(HOSTILE, [HOSTILE], [['<td>1</td>']]));
  expect(page).not.toContain('<script');
  expect(page.split(escapeHtml(HOSTILE))).toHaveLength(4);
  expect(escapeHtml(`<>&"'`)).toBe('&#60;&#62;&#38;&#34;&#39;');
});

test('a page forbids scripts, requests, forms and another base address', () => {
  const [, policy] = /Content-Security-Policy" content="([^"]+)"/.exec(htmlPage('t', '', ''))!;
  expect(policy!.split('; ')).toEqual([
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
});

test('a wide table scrolls in a named region that the keyboard reaches', () => {
  const table = htmlTable(
    'Every answer',
    ['model', 'n'],
    [['<th scope="row">EM</th>', '<td>8</td>']],
  );
  expect(table).toMatch(
    /^<div class="scroll" role="region" aria-label="Every answer, table" tabindex="0">/,
  );
  expect(table).toContain('<tr><th scope="row">EM</th><td>8</td></tr>');
});
