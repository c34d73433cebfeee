// The pre-tokenisation, for the generators and for the tokenizer that is made of their words: GPT-2's
// (Radford et al. 2019) with single digits; a leading space belongs to its word.

/** Cuts text into pieces: contractions, words and digits with the space before them, runs of other signs. */
export const PRE_TOKEN_PATTERN =
  "'s|'t|'re|'ve|'m|'ll|'d| ?[A-Za-z]+| ?[0-9]| ?[^\\sA-Za-z0-9]+|\\s+(?!\\S)|\\s+";

const PIECES = new RegExp(PRE_TOKEN_PATTERN, 'gu');
const MARKER = /<\|[a-z]+\|>/;

/** The pre-tokens of a text between its special markers. */
export function preTokens(text: string): string[] {
  return text.split(MARKER).flatMap((part) => part.match(PIECES) ?? []);
}
