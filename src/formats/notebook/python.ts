// Strings of files and people in a notebook. In code each is a Python literal in ASCII, so nothing that it holds can
// end the literal; in Markdown each is plain text, with every sign that Markdown, HTML or MathJax could read as
// an entity.

export type PythonValue =
  | null
  | boolean
  | number
  | string
  | readonly PythonValue[]
  | { readonly [key: string]: PythonValue };

const REPLACEMENT = 0xfffd;
const SHORT: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

/** Half of a surrogate pair is no character: the tokenizer reads U+FFFD in its place, here as in the page. */
const codeOf = (character: string): number => {
  const code = character.codePointAt(0)!;
  return code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code;
};

function pythonString(text: string): string {
  let out = '';
  for (const character of text) {
    const code = codeOf(character);
    if (SHORT[character] !== undefined) out += SHORT[character];
    else if (code >= 0x20 && code < 0x7f) out += character;
    else if (code <= 0xffff) out += `\\u${code.toString(16).padStart(4, '0')}`;
    else out += `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return `"${out}"`;
}

function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return 'float("nan")';
  if (!Number.isFinite(value)) return value > 0 ? 'float("inf")' : '-float("inf")';
  return Object.is(value, -0) ? '-0.0' : String(value);
}

/** Lists and dictionaries longer than this are written one entry a line. */
const LINE = 100;

/** A Python literal of the same value. */
export function pythonLiteral(value: PythonValue, indent = ''): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return pythonNumber(value);
  if (typeof value === 'string') return pythonString(value);
  const deeper = `${indent}    `;
  const isList = isArray(value);
  const parts = isList
    ? value.map((one) => pythonLiteral(one, deeper))
    : Object.entries(value).map(
        ([key, one]) => `${pythonString(key)}: ${pythonLiteral(one, deeper)}`,
      );
  const [open, close] = isList ? ['[', ']'] : ['{', '}'];
  const line = `${open}${parts.join(', ')}${close}`;
  if (line.length <= LINE && !line.includes('\n')) return line;
  return `${open}\n${parts.map((part) => `${deeper}${part},\n`).join('')}${indent}${close}`;
}

const isArray = (value: object): value is readonly PythonValue[] => Array.isArray(value);

/** Control characters, and marks that turn the direction of writing around. */
const INVISIBLE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const MAX_TEXT = 600;

/** Text of a file or a person as plain text of a Markdown cell, on one line. */
export function markdownText(text: string): string {
  const line = text.replace(/\s+/g, ' ').replace(INVISIBLE, '').trim();
  const characters = Array.from(line, (character) => String.fromCodePoint(codeOf(character)));
  const shown = characters.length > MAX_TEXT ? [...characters.slice(0, MAX_TEXT), '…'] : characters;
  return shown
    .map((character) =>
      /[!-/:-@[-`{-~]/.test(character) && character !== ','
        ? `&#${character.charCodeAt(0)};`
        : character,
    )
    .join('');
}
