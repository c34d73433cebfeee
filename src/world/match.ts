// Template matching: how many words must be changed to turn a text into something a template can say.
// A slot matches any of its fillers for nothing. Edit distance over words (Levenshtein 1966), with the
// bound that every fixed word that the text lacks costs at least one.

import type { Slots } from './template';

/** A fixed word, or the fillers of a slot (each as its words joined by a space). */
type Element = string | { readonly fillers: ReadonlySet<string>; readonly longest: number };

export interface Pattern<Label> {
  readonly label: Label;
  readonly elements: readonly Element[];
  /** How many elements are fixed words. */
  readonly fixed: number;
}

export interface Match<Label> {
  readonly label: Label;
  /** Changed words over the longer of template and text, 0 for an exact match. */
  readonly distance: number;
}

const WORD = /[a-z']+|[0-9]|[^\sa-z0-9'.,!?]/g;
const CODE_WORD = /[a-z]+|[0-9]|[^\sa-z0-9]/g;

/** Words in lower case; stops and commas do not count, any other sign is a word. */
export const sentenceWords = (text: string): string[] => text.toLowerCase().match(WORD) ?? [];

/** Words, digits and signs of a line of code. */
export const codeWords = (text: string): string[] => text.toLowerCase().match(CODE_WORD) ?? [];

/** Prepares a template for matching. */
export function compile<Label>(
  template: string,
  slots: Slots,
  label: Label,
  words: (text: string) => string[] = sentenceWords,
): Pattern<Label> {
  const elements = template.split(/(\{[a-z]+\})/).flatMap((part): Element[] => {
    const name = /^\{([a-z]+)\}$/.exec(part)?.[1];
    if (name === undefined) return words(part);
    const fillers = (slots[name] ?? []).map(words);
    const longest = Math.max(1, ...fillers.map((filler) => filler.length));
    return [{ fillers: new Set(fillers.map((filler) => filler.join(' '))), longest }];
  });
  const fixed = elements.filter((element) => typeof element === 'string').length;
  return { label, elements, fixed };
}

/** Fewest changed words, or Infinity when more than `limit`. */
function editDistance(
  elements: readonly Element[],
  text: readonly string[],
  limit: number,
): number {
  const n = text.length;
  let above = Array.from({ length: n + 1 }, (_, j) => j);
  for (const element of elements) {
    const row = new Array<number>(n + 1);
    row[0] = above[0]! + 1;
    let least = row[0];
    for (let j = 1; j <= n; j++) {
      const same = typeof element === 'string' && element === text[j - 1];
      let best = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1));
      if (typeof element !== 'string') {
        for (let length = 1; length <= element.longest && length <= j; length++) {
          const phrase = length === 1 ? text[j - 1]! : text.slice(j - length, j).join(' ');
          if (element.fillers.has(phrase)) best = Math.min(best, above[j - length]!);
        }
      }
      row[j] = best;
      if (best < least) least = best;
    }
    if (least > limit) return Infinity;
    above = row;
  }
  return above[n]! <= limit ? above[n]! : Infinity;
}

/**
 * The nearest patterns within `tolerance` (changed words over length), all those at the least distance.
 * Empty when nothing is near.
 */
export function nearest<Label>(
  patterns: readonly Pattern<Label>[],
  text: readonly string[],
  tolerance: number,
): Match<Label>[] {
  const present = new Set(text);
  let best: Match<Label>[] = [];
  let bestDistance = tolerance + 1e-9;
  for (const { label, elements, fixed } of patterns) {
    const size = Math.max(elements.length, text.length);
    const limit = bestDistance * size;
    let lacking = fixed;
    for (const element of elements)
      if (typeof element === 'string' && present.has(element)) lacking--;
    if (lacking > limit) continue;
    const distance = editDistance(elements, text, limit) / size;
    if (distance > bestDistance) continue;
    if (distance < bestDistance) best = [];
    best.push({ label, distance });
    bestDistance = distance;
  }
  return best;
}
