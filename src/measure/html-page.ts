// A page of HTML as one file that needs nothing else. It has no script, and its policy forbids it to load or send
// anything. Every text in it passes through `escapeHtml`.

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE = `:root{color-scheme:light}body{font:16px/1.55 system-ui,sans-serif;margin:2rem auto;padding:0 1rem;color:#1d1c1a;background:#faf8f4}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.875rem}th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid #dcd6ca}
code,pre{font-family:ui-monospace,monospace;white-space:pre-wrap}`;

/** Text that means itself in HTML, in an attribute too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

/**
 * A table that scrolls where it is too wide; what scrolls is in reach of the keyboard.
 * @param title names the table for screen readers
 * @param rows cells of each row, as HTML: `<td>...</td>`
 */
export function htmlTable(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const head = columns.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.join('')}</tr>`).join('\n');
  return `<div class="scroll" role="region" aria-label="${escapeHtml(title)}, table" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>
${body}
</tbody></table></div>`;
}

/**
 * The whole file.
 * @param style CSS besides the style that all such pages share
 * @param main HTML
 */
export function htmlPage(title: string, style: string, main: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>Postern: ${escapeHtml(title)}</title><style>${STYLE}${style}</style></head><body><main>
${main}
</main></body></html>
`;
}
