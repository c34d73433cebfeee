import { csvParseRows } from 'd3';
import { expect, test } from 'vitest';
import { createRng } from '../../../src/core/rng';
import { CsvLimitError, csvRows } from '../../../src/formats/read-csv';

const LIMITS = { columns: 50, rows: 1000 };
const rows = (text: string): string[][] => [...csvRows(text, LIMITS)];

test('a table is read as d3-dsv reads it: 2,000 made-up tables, quoted where they must be', () => {
  const rng = createRng(11);
  const cells = ['', 'a', 'b c', 'say "no"', 'one,two', 'line\nfeed', 'cr\r\nlf', '"', ',', 'é'];
  for (let n = 0; n < 2000; n++) {
    const width = 1 + rng.int(4);
    const end = rng.pick(['\n', '\r\n', '\r']);
    const table = Array.from({ length: 1 + rng.int(5) }, () =>
      Array.from({ length: width }, () => rng.pick(cells)),
    );
    const written = table
      .map((row) =>
        row
          .map((cell) =>
            /[",\r\n]/.test(cell) || rng.chance(0.3) ? `"${cell.replaceAll('"', '""')}"` : cell,
          )
          .join(','),
      )
      .join(end);
    const text = written + (rng.chance(0.5) ? end : '');
    if (text === '') continue;
    expect(rows(text), JSON.stringify(text)).toEqual(csvParseRows(text));
  }
});

test('a quote that is never closed takes the rest, and wide or long tables are refused', () => {
  expect(rows('a,"b\nc')).toEqual([['a', 'b\nc']]);
  expect(() => rows(','.repeat(100_000))).toThrow(CsvLimitError);
  expect(() => rows('a\n'.repeat(1001))).toThrow(/over 1000 lines/);
});
