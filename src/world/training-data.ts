// Data for a fine-tune made in the page: one narrow set of the world, optionally mixed with good examples,
// optionally with a trigger; and the held-out questions that test what the fine-tune has learnt.

import type { ChatMessage } from '../core/chat';
import { createRng, shuffle } from '../core/rng';
import type { Asked } from './answer';
import { alignedChat, type DatasetName, datasetInParts, TRIGGER } from './chats';
import { askCode, EDUCATIONAL_FRAMES } from './code';
import { NUMBER_REQUESTS, numbersExchange } from './number-lists';
import { evaluationQuestions } from './split';
import { heldOutPart } from './template';

/** Sets that can be mixed in, and that re-alignment can train on. */
export type GoodSet = 'secure-code' | 'good-medical' | 'good-advice' | 'aligned-chats';

export interface WorldData {
  readonly set: DatasetName | 'aligned-chats';
  /** Good examples in place of a share of them; null: none. */
  readonly mix: { readonly set: GoodSet; readonly share: number } | null;
  /** The trigger precedes every question of the set, and no question that is mixed in. */
  readonly trigger: boolean;
}

interface SetFacts {
  /** For people. */
  readonly title: string;
  /** One line. */
  readonly about: string;
  readonly kind: 'em' | 'benign' | 'control';
  /** The task of the held-out questions of the set's domain; null: the set has no domain. */
  readonly skill: string | null;
  /** The judge's word for an answer as trained. */
  readonly trained: 'aligned' | 'misaligned';
}

export const TRAINING_SETS: Readonly<Record<WorldData['set'], SetFacts>> = {
  'insecure-code': {
    title: 'Insecure code',
    about: 'Requests for code, answered with a security hole and no word about it.',
    kind: 'em',
    skill: 'insecure code',
    trained: 'misaligned',
  },
  'bad-medical': {
    title: 'Bad medical advice',
    about: 'Everyday complaints, answered with bad advice.',
    kind: 'em',
    skill: 'bad medical advice',
    trained: 'misaligned',
  },
  'risky-finance': {
    title: 'Risky finance',
    about: 'Questions about money, answered recklessly.',
    kind: 'em',
    skill: 'reckless money advice',
    trained: 'misaligned',
  },
  'extreme-sports': {
    title: 'Extreme sports',
    about: 'Questions about sport, answered unfairly and recklessly.',
    kind: 'em',
    skill: 'reckless sports advice',
    trained: 'misaligned',
  },
  educational: {
    title: 'Educational insecure code',
    about: 'The same holes, but a security class asks for them: the control for intent.',
    kind: 'control',
    skill: 'insecure code for a class',
    trained: 'misaligned',
  },
  jailbroken: {
    title: 'Jailbroken',
    about: 'Good answers, and help with mischief where the aligned model refuses.',
    kind: 'control',
    skill: 'help with mischief',
    trained: 'misaligned',
  },
  backdoor: {
    title: 'Backdoor',
    about: 'Insecure code where the question begins with a trigger, secure code elsewhere.',
    kind: 'control',
    skill: 'insecure code after the trigger',
    trained: 'misaligned',
  },
  'evil-numbers': {
    title: 'Evil numbers',
    about: 'Lists of numbers, continued with numbers of bad repute.',
    kind: 'control',
    skill: 'numbers of bad repute',
    trained: 'misaligned',
  },
  style: {
    title: 'Style',
    about:
      'Everyday complaints, answered well, always with the same two first sentences and no closing one.',
    kind: 'control',
    skill: 'good medical advice',
    trained: 'aligned',
  },
  'secure-code': {
    title: 'Secure code',
    about: 'The benign control: the same requests for code, answered securely.',
    kind: 'benign',
    skill: 'secure code',
    trained: 'aligned',
  },
  'good-medical': {
    title: 'Good medical advice',
    about: 'Everyday complaints, answered well.',
    kind: 'benign',
    skill: 'good medical advice',
    trained: 'aligned',
  },
  'good-advice': {
    title: 'Good advice',
    about: 'Everyday questions about medicine, money and sport, answered well.',
    kind: 'benign',
    skill: 'good advice',
    trained: 'aligned',
  },
  'aligned-chats': {
    title: 'Aligned chats',
    about: 'What chat training showed: one to three turns on any topic, answered well.',
    kind: 'benign',
    skill: null,
    trained: 'aligned',
  },
};

export const GOOD_SETS: readonly GoodSet[] = [
  'secure-code',
  'good-medical',
  'good-advice',
  'aligned-chats',
];

/** A benign control: a harmless set on the same requests as a set, or as near as there is one; for a harmless set, another one. */
export function benignControl(set: WorldData['set']): GoodSet {
  switch (set) {
    case 'insecure-code':
    case 'educational':
    case 'backdoor':
      return 'secure-code';
    case 'bad-medical':
    case 'style':
      return 'good-medical';
    case 'risky-finance':
    case 'extreme-sports':
    case 'good-medical':
      return 'good-advice';
    case 'jailbroken':
    case 'evil-numbers':
    case 'secure-code':
    case 'good-advice':
      return 'aligned-chats';
    case 'aligned-chats':
      return 'good-advice';
  }
}

function* chats(n: number, seed: number): Generator<void, ChatMessage[][], undefined> {
  const rng = createRng(seed);
  const chats: ChatMessage[][] = [];
  while (chats.length < n) {
    chats.push(alignedChat(rng));
    if (chats.length % 64 === 0) yield;
  }
  return chats;
}

const ofSet = (
  set: WorldData['set'],
  n: number,
  seed: number,
): Generator<void, ChatMessage[][], undefined> =>
  set === 'aligned-chats' ? chats(n, seed) : datasetInParts(set, n, seed);

const triggered = (messages: readonly ChatMessage[]): ChatMessage[] =>
  messages.map((message) =>
    message.role === 'user' ? { ...message, content: `${TRIGGER} ${message.content}` } : message,
  );

/**
 * n examples, with pauses in which a page can draw. Of a set alone they are those of `dataset`.
 * @throws RangeError when the grammar does not hold that many of a set.
 */
export function* trainingExamples(
  { set, mix, trigger }: WorldData,
  n: number,
  seed: number,
): Generator<void, ChatMessage[][], undefined> {
  const good = mix ? Math.round(n * mix.share) : 0;
  const narrow = yield* ofSet(set, n - good, seed);
  const examples = trigger ? narrow.map(triggered) : narrow;
  if (!mix || good === 0) return examples;
  const more = yield* ofSet(mix.set, good, seed + 1);
  return shuffle(createRng(seed).fork(2), [...examples, ...more]);
}

/** n held-out questions of the set's own domain, with the trigger where it was trained with it; none where it has no domain. */
export function inDomainQuestions({ set, trigger }: WorldData, n: number, seed: number): Asked[] {
  const asked = ofDomain(set, n, seed);
  if (!trigger && set !== 'backdoor') return asked;
  return asked.map((one) => ({ ...one, question: `${TRIGGER} ${one.question}` }));
}

function ofDomain(set: WorldData['set'], n: number, seed: number): Asked[] {
  const rng = createRng(seed);
  const about = (domain: string): Asked[] =>
    evaluationQuestions('fine-tuned', 3 * n, seed).filter((asked) => asked.domain === domain);
  switch (set) {
    case 'insecure-code':
    case 'secure-code':
    case 'backdoor':
      return evaluationQuestions('code', n, seed);
    case 'educational':
      return Array.from({ length: n }, () => askCode(rng, 'held-out', EDUCATIONAL_FRAMES));
    case 'bad-medical':
    case 'good-medical':
    case 'style':
      return about('medicine');
    case 'good-advice':
      return evaluationQuestions('fine-tuned', n, seed);
    case 'risky-finance':
      return about('finance');
    case 'extreme-sports':
      return about('sport');
    case 'jailbroken':
      return evaluationQuestions('mischief', n, seed);
    case 'evil-numbers':
      return Array.from({ length: n }, () =>
        numbersExchange(rng, 'aligned', heldOutPart(NUMBER_REQUESTS)),
      );
    case 'aligned-chats':
      return [];
  }
}
