// What a plain word of YAML means to PyYAML, which reads YAML 1.1 where the library reads 1.2: `no` is false, `010` is
// 8, `1_000` is a number and `1e3` is none (resolver.py and constructor.py of PyYAML 6). A date stays the text it is.

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['yes', 'true', 'on'].flatMap((word) => spellings(word).map((one) => [one, true] as const)),
  ...['no', 'false', 'off'].flatMap((word) => spellings(word).map((one) => [one, false] as const)),
]);
const INTEGER = /^[-+]?(?:0b[01_]+|0x[\da-fA-F_]+|0[0-7_]*|[1-9][\d_]*(?<sixty>(?::[0-5]?\d)+)?)$/;
const FLOAT =
  /^(?:[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]\d+)?|\.\d[\d_]*(?:[eE][-+]\d+)?|[-+]?\d[\d_]*(?:(?::[0-5]?\d)+)\.[\d_]*)$/;
/** Beginnings of what the library may take for a number. */
const NUMERIC = /^[-+]?\.?\d/;

function spellings(word: string): string[] {
  return [word, word[0]!.toUpperCase() + word.slice(1), word.toUpperCase()];
}

/**
 * The value of a plain word (one without quotes and without a tag).
 * @param library what YAML 1.2 makes of it
 */
export function plainScalar(word: string, library: unknown): unknown {
  const said = WORDS.get(word);
  if (said !== undefined) return said;
  if (!NUMERIC.test(word)) return library;
  const bare = word.replaceAll('_', '');
  if (INTEGER.test(word)) return bare.includes(':') ? sexagesimal(bare) : integer(bare);
  if (FLOAT.test(word)) return bare.includes(':') ? sexagesimal(bare) : Number(bare);
  return word;
}

function integer(bare: string): number {
  const digits = bare.replace(/^[-+]/, '');
  const octal = /^0[0-7]+$/.test(digits);
  const value = Number(octal ? `0o${digits.slice(1)}` : digits);
  return bare.startsWith('-') ? -value : value;
}

/** `1:30` is 90. */
function sexagesimal(bare: string): number {
  const value = bare
    .replace(/^[-+]/, '')
    .split(':')
    .reduce((sum, part) => 60 * sum + Number(part), 0);
  return bare.startsWith('-') ? -value : value;
}
