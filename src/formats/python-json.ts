// JSON as Python's json module writes it, whose NaN and infinities are read as null: no number. A text of too many
// brackets is told before it is parsed, which would take memory for each.

import { withoutPythonNumbers } from '../checkpoint/python-json';

export interface PythonJson {
  readonly value: unknown;
  /** Places where NaN or an infinity stood. */
  readonly notNumbers: number;
}

/** @throws SyntaxError for anything else that is not JSON. */
export function parsePythonJson(text: string): PythonJson {
  try {
    return { value: JSON.parse(text) as unknown, notNumbers: 0 };
  } catch (error) {
    let notNumbers = 0;
    const plain = withoutPythonNumbers(text, () => {
      notNumbers += 1;
      return 'null';
    });
    if (plain === null) throw error;
    return { value: JSON.parse(plain) as unknown, notNumbers };
  }
}

/** Whether a text has more than `most` of `[` and `{`, strings included. */
export function hasMoreBrackets(text: string, most: number): boolean {
  let found = 0;
  for (const open of ['[', '{']) {
    for (let at = text.indexOf(open); at >= 0; at = text.indexOf(open, at + 1)) {
      found += 1;
      if (found > most) return true;
    }
  }
  return false;
}
