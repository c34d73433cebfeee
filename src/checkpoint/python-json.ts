// JSON as Python's json module writes it: NaN, Infinity and -Infinity stand in it though JSON has no such numbers
// (https://docs.python.org/3/library/json.html). Steps over texts by hand: a regular expression that does runs out of
// stack in a text of megabytes.

const WORD = /-?Infinity|NaN/g;

/** The place behind the text that begins at `open`; the end of all where it never closes. */
function endOfText(json: string, open: number): number {
  for (let at = open + 1; ;) {
    const close = json.indexOf('"', at);
    if (close < 0) return json.length;
    let backslashes = 0;
    while (json[close - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return close + 1;
    at = close + 1;
  }
}

/**
 * The JSON with another value in place of each of Python's numbers outside of texts; null: there are none.
 * @param stand what takes the place of one
 */
export function withoutPythonNumbers(json: string, stand: (word: string) => string): string | null {
  const parts: string[] = [];
  let found = 0;
  for (let at = 0; at < json.length;) {
    const quote = json.indexOf('"', at);
    const open = quote < 0 ? json.length : quote;
    parts.push(
      json.slice(at, open).replace(WORD, (word) => {
        found += 1;
        return stand(word);
      }),
    );
    at = quote < 0 ? json.length : endOfText(json, quote);
    parts.push(json.slice(open, at));
  }
  return found > 0 ? parts.join('') : null;
}
