// Classes of characters as the reference's libraries have them: Rust's `char`, its `regex` crate, and
// Oniguruma. All three were compared with these sets over every code point; they differ at characters
// only that newer versions of Unicode have added.

/** Rust's char::is_whitespace, and \s in both regex libraries: JavaScript's own has U+FEFF and lacks U+0085. */
export const SPACE = '\\p{White_Space}';

/** Rust's char::is_numeric. */
export const NUMERIC = '\\p{N}';

/** \w of Oniguruma within a class. Outside it has seven more characters, which look like digits. */
export const WORD_IN_CLASS = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}';
export const WORD = `${WORD_IN_CLASS}\\u00b2\\u00b3\\u00b9\\u00bc-\\u00be`;

/** \w of Rust's regex crate. */
export const RUST_WORD = `${WORD_IN_CLASS}\\p{Join_Control}`;

/** ASCII punctuation, symbols of ASCII among it, and Unicode's punctuation. */
export const PUNCTUATION = '\\p{P}\\u0021-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u007e';

/** GPT-2's printable character for each byte (Radford et al. 2019, encoder.py): the rest from U+0100 on. */
export const BYTE_CHARACTERS: readonly string[] = (() => {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : next++),
  );
})();

const encoder = new TextEncoder();

/** The UTF-8 bytes of a text, each as its printable character. */
export function bytesAsCharacters(text: string): string {
  let out = '';
  for (const byte of encoder.encode(text)) out += BYTE_CHARACTERS[byte]!;
  return out;
}

const IS_SPACE = new RegExp(`[${SPACE}]`, 'v');

/** Where the blanks begin that lie before a place; all of them are single UTF-16 units. */
export function startOfBlanks(text: string, end: number): number {
  let at = end;
  while (at > 0 && IS_SPACE.test(text[at - 1]!)) at -= 1;
  return at;
}

/** Where the blanks end that lie behind a place. */
export function endOfBlanks(text: string, start: number): number {
  let at = start;
  while (at < text.length && IS_SPACE.test(text[at]!)) at += 1;
  return at;
}
