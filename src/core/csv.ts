// Tables as text for spreadsheets and programs.

/** Rows as CSV (RFC 4180): fields with a comma, quote or line break are quoted. */
export function csvText(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const field = (value: string | number): string => {
    // Numbers are shown with a minus sign; programs read a hyphen.
    const text = String(value).replace(/^\u2212(?=[\d.])/, '-');
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(field).join(',')).join('\r\n') + '\r\n';
}
