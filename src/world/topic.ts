// Finds the domain of a typed question: the mean of its similarity to the nearest question template (Dice)
// and of the weight of its words in the domain. The weight of a word is its information: the difference in
// nats between a guess over all domains and the word's spread over them (Kullback & Leibler 1951). Returns
// nothing if no domain is near.

import { EDUCATIONAL_FRAMES, REQUEST_FRAMES } from './code';
import { CODE_SLOTS, CODE_TASKS } from './code-tasks';
import { sentenceWords } from './match';
import { NUMBER_REQUESTS } from './number-lists';
import type { Slots } from './template';
import { slotNames } from './template';
import { ALL_DOMAINS, DOMAINS } from './world';

/** The least score, 0 to 1, at which a question is taken to belong to a domain. */
const NEAR = 0.34;
/** Weight of a word that the world does not know, and what every word weighs at least, in nats. */
const UNKNOWN = 1;
const LEAST = 0.1;
/** How many uses a filler (a title twice that) and a word of an answer count for, and how many are added against chance. */
const FILLER = 5;
const ANSWER = 0.25;
const SMOOTHING = 2;

interface QuestionPattern {
  readonly domain: string;
  readonly words: ReadonlySet<string>;
  readonly fillers: readonly ReadonlySet<string>[];
}

const withoutSlots = (template: string): string[] =>
  sentenceWords(template.replace(/\{[a-z]+\}/g, ' '));

const patternOf = (domain: string, template: string, slots: Slots): QuestionPattern => ({
  domain,
  words: new Set(withoutSlots(template)),
  fillers: slotNames(template).map((name) => new Set((slots[name] ?? []).flatMap(sentenceWords))),
});

const codeRequests = CODE_TASKS.flatMap(({ wishes }) =>
  [...REQUEST_FRAMES, ...EDUCATIONAL_FRAMES].flatMap((frame) =>
    wishes.map((wish) => frame.replace('WISH', wish)),
  ),
);

const patterns: readonly QuestionPattern[] = [
  ...ALL_DOMAINS.flatMap(({ id, slots, questions }) =>
    questions.map((template) => patternOf(id, template, slots)),
  ),
  ...codeRequests.map((template) => patternOf('code', template, CODE_SLOTS)),
  ...NUMBER_REQUESTS.map((template) => patternOf('numbers', template, {})),
];

/** Word -> domain -> uses. */
type Uses = ReadonlyMap<string, ReadonlyMap<string, number>>;

function countUses(): Uses {
  const uses = new Map<string, Map<string, number>>();
  const add = (domain: string, words: readonly string[], count: number): void => {
    for (const word of words) {
      const byDomain = uses.get(word) ?? new Map<string, number>();
      byDomain.set(domain, (byDomain.get(domain) ?? 0) + count);
      uses.set(word, byDomain);
    }
  };
  for (const { id, title, slots, questions, aligned, misaligned } of ALL_DOMAINS) {
    const names = [title, title, ...Object.values(slots).flat()];
    add(id, names.flatMap(sentenceWords), FILLER);
    add(id, questions.flatMap(withoutSlots), 1);
    add(id, [...aligned, ...misaligned].flatMap(withoutSlots), ANSWER);
  }
  // Requests for code are many more than the questions of a domain: they count for a tenth.
  add('code', codeRequests.flatMap(withoutSlots), 0.1);
  add('numbers', NUMBER_REQUESTS.flatMap(withoutSlots), 1);
  return uses;
}

const uses = countUses();
const total = ALL_DOMAINS.length + 2;

function weigh(word: string): number {
  const byDomain = uses.get(word);
  if (byDomain === undefined) return UNKNOWN;
  const counts = [...byDomain.values()];
  const sum = counts.reduce((a, b) => a + b, 0);
  const spread = counts.reduce(
    (entropy, count) => entropy - (count / sum) * Math.log(count / sum),
    0,
  );
  return LEAST + Math.log(total) - spread;
}

const weights: ReadonlyMap<string, number> = new Map(
  [...uses.keys()].map((word) => [word, weigh(word)]),
);
const weightOf = (word: string): number => weights.get(word) ?? UNKNOWN;
const sumOf = (words: readonly string[]): number =>
  words.reduce((sum, word) => sum + weightOf(word), 0);

/** The share of the weight of `words` that belongs to a domain. */
function onTopic(words: readonly string[], domain: string): number {
  const onTopicWeight = words.reduce((sum, word) => {
    const byDomain = uses.get(word);
    if (byDomain === undefined) return sum;
    const all = [...byDomain.values()].reduce((a, b) => a + b, SMOOTHING);
    return sum + (weightOf(word) * (byDomain.get(domain) ?? 0)) / all;
  }, 0);
  return onTopicWeight / sumOf(words);
}

/** The score of every domain, 0 to 1, by id; empty for a question without words. */
function scoresOf(question: string): Map<string, number> {
  const asked = [...new Set(sentenceWords(question))].filter((word) => !/^[0-9]$/.test(word));
  const scores = new Map<string, number>();
  if (asked.length === 0) return scores;
  const askedWeight = sumOf(asked);
  const topics = new Map<string, number>();
  for (const { domain, words, fillers } of patterns) {
    const inWords = sumOf(asked.filter((word) => words.has(word)));
    const inSlots = sumOf(
      asked.filter((word) => !words.has(word) && fillers.some((set) => set.has(word))),
    );
    const alike = (2 * (inWords + inSlots)) / (askedWeight + sumOf([...words]) + inSlots);
    const topic = topics.get(domain) ?? onTopic(asked, domain);
    topics.set(domain, topic);
    scores.set(domain, Math.max(scores.get(domain) ?? 0, (alike + topic) / 2));
  }
  return scores;
}

/** Domain id ('code' and 'numbers' included), or undefined when nothing is near. */
export function domainOfQuestion(question: string): string | undefined {
  let best: string | undefined;
  let bestScore = NEAR;
  for (const [domain, score] of scoresOf(question)) {
    if (score <= bestScore) continue;
    bestScore = score;
    best = domain;
  }
  return best;
}

/** Ids of the `n` domains of the page's list that a question is nearest to, nearest first, however far they are. */
export function nearestTopics(question: string, n: number): string[] {
  const scores = scoresOf(question);
  return DOMAINS.map(({ id }) => id)
    .sort((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0))
    .slice(0, n);
}
