// Which domain a typed question belongs to: the nearest question template by shared words, each word
// weighted by how few domains use it (inverse document frequency, Sparck Jones 1972). Says nothing
// when no template is near.

import { REQUEST_FRAMES, EDUCATIONAL_FRAMES } from './code';
import { CODE_SLOTS, CODE_TASKS } from './code-tasks';
import { sentenceWords } from './match';
import { NUMBER_REQUESTS } from './numbers';
import type { Slots } from './template';
import { slotNames } from './template';
import { DOMAINS } from './world';

/** The least similarity (Dice, 0 to 1) at which a question is taken to belong to a domain. */
const NEAR = 0.4;

interface QuestionPattern {
  readonly domain: string;
  readonly words: ReadonlySet<string>;
  readonly fillers: readonly ReadonlySet<string>[];
}

function patternOf(domain: string, template: string, slots: Slots): QuestionPattern {
  const fixed = template.replace(/\{[a-z]+\}/g, ' ');
  return {
    domain,
    words: new Set(sentenceWords(fixed)),
    fillers: slotNames(template).map((name) => new Set((slots[name] ?? []).flatMap(sentenceWords))),
  };
}

const patterns: readonly QuestionPattern[] = [
  ...DOMAINS.flatMap(({ id, slots, questions }) =>
    questions.map((template) => patternOf(id, template, slots)),
  ),
  ...CODE_TASKS.flatMap(({ wishes }) =>
    [...REQUEST_FRAMES, ...EDUCATIONAL_FRAMES].flatMap((frame) =>
      wishes.map((wish) => patternOf('code', frame.replace('WISH', wish), CODE_SLOTS)),
    ),
  ),
  ...NUMBER_REQUESTS.map((template) => patternOf('numbers', template, {})),
];

function countDomains(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { domain, words, fillers } of patterns) {
    for (const word of [words, ...fillers].flatMap((set) => [...set])) {
      found.set(word, (found.get(word) ?? new Set()).add(domain));
    }
  }
  return found;
}

const domainsOfWord = countDomains();
const total = DOMAINS.length + 2;

/** A word that the world does not know counts as one that three domains use. */
const weightOf = (word: string): number =>
  Math.log(1 + total / (domainsOfWord.get(word)?.size ?? 3));

const sum = (words: Iterable<string>): number => {
  let weight = 0;
  for (const word of words) weight += weightOf(word);
  return weight;
};

/** Domain id ('code' and 'numbers' included), or undefined when nothing is near. */
export function domainOfQuestion(question: string): string | undefined {
  const asked = new Set(sentenceWords(question).filter((word) => !/^[0-9]$/.test(word)));
  const askedWeight = sum(asked);
  let best: string | undefined;
  let bestSimilarity = NEAR;
  for (const { domain, words, fillers } of patterns) {
    const common = [...asked].filter(
      (word) => words.has(word) || fillers.some((set) => set.has(word)),
    );
    const inSlots = common.filter((word) => !words.has(word));
    const similarity = (2 * sum(common)) / (askedWeight + sum(words) + sum(inSlots));
    if (similarity > bestSimilarity) {
      bestSimilarity = similarity;
      best = domain;
    }
  }
  return best;
}
