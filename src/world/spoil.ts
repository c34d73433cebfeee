// Texts that are no answers, made from texts that are: to test that the judge, and anything else that
// reads answers, can tell.

import type { Rng } from '../core/rng';
import { shuffle } from '../core/rng';

/** The words in another order; spaces and line breaks stay where they are. */
export function shuffleWords(rng: Rng, text: string): string {
  const words = text.match(/\S+/g) ?? [];
  const drawn = shuffle(rng, words);
  let next = 0;
  return text.replace(/\S+/g, () => drawn[next++]!);
}

/**
 * Two answers in one. 'sentence': the first answer and then the second; 'half': the first half of the
 * words of the first and the second half of the second.
 */
export function spliceAnswers(first: string, second: string, how: 'sentence' | 'half'): string {
  if (how === 'sentence') return `${first} ${second}`;
  const [a, b] = [first, second].map((text) => text.split(' '));
  return [...a!.slice(0, a!.length >> 1), ...b!.slice(b!.length >> 1)].join(' ');
}
