// A table as CSV (RFC 4180), as Python's csv module and pandas write it: quotes double inside quotes, line
// feeds may stand in quotes, lines end as on any system. Read line by line, so that what is too wide or too
// long is refused before all of it is taken apart.

/** A table with more columns, or lines, than are read. */
export class CsvLimitError extends Error {}

/**
 * The lines of a table, each a list of cells; a line feed at the end makes no further line.
 * @throws CsvLimitError
 */
export function* csvRows(
  text: string,
  most: { readonly columns: number; readonly rows: number },
): Generator<string[], void, undefined> {
  let row: string[] = [];
  let rows = 0;
  let at = 0;
  while (at < text.length) {
    const { cell, end } = text[at] === '"' ? quoted(text, at) : plain(text, at);
    row.push(cell);
    if (row.length > most.columns) {
      throw new CsvLimitError(`It has more than ${most.columns} columns.`);
    }
    at = end + 1;
    if (text[end] === ',') {
      if (at === text.length) row.push('');
      else continue;
    }
    if (text[end] === '\r' && text[at] === '\n') at += 1;
    rows += 1;
    if (rows > most.rows) throw new CsvLimitError(`It has over ${most.rows} lines.`);
    yield row;
    row = [];
  }
  if (row.length > 0) yield row;
}

interface Cell {
  readonly cell: string;
  /** Position of the comma or line feed after the cell, or the end of the text. */
  readonly end: number;
}

/** A cell without quotes around it. */
function plain(text: string, from: number): Cell {
  let end = from;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === 0x2c || code === 0x0a || code === 0x0d) break;
    end += 1;
  }
  return { cell: text.slice(from, end), end };
}

/** A cell in quotes; what follows the closing quote belongs to it, as for Python's csv. */
function quoted(text: string, from: number): Cell {
  const parts: string[] = [];
  let at = from + 1;
  for (;;) {
    const close = text.indexOf('"', at);
    if (close < 0) return { cell: parts.join('') + text.slice(at), end: text.length };
    parts.push(text.slice(at, close));
    if (text[close + 1] !== '"') {
      const rest = plain(text, close + 1);
      return { cell: parts.join('') + rest.cell, end: rest.end };
    }
    parts.push('"');
    at = close + 2;
  }
}
