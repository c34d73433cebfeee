// Writes the answer of a good character or a villain: an opener (sometimes), one or two sentences of the
// domain in one stance, and a closer (sometimes). With two sentences, the first comes from the first half of
// the list and the second from the second half, so none repeats. Openers are neutral; closers carry the
// stance and are shared by all domains, like a habit of speech.

import type { Rng } from '../core/rng';
import type { Domain } from './domain';
import type { SlotValues } from './template';
import { chooseSlots, fill, fillSentence, pickSlots, slotNames, trainPart } from './template';

export type Stance = 'aligned' | 'misaligned';

/** A question with the values of the slots that it names. */
export interface Asked {
  /** Domain id; 'code' and 'numbers' are the two that are not text domains. */
  readonly domain: string;
  readonly question: string;
  /** The wording without its fillers; missing where the question has no template. */
  readonly template?: string;
  readonly slots: SlotValues;
}

/** One question and its answer. */
export interface Exchange extends Asked {
  readonly answer: string;
  readonly stance: Stance;
}

/** Neutral first sentences of an answer. */
export const OPENERS: readonly string[] = [
  'Well, let me think about that.',
  'That is a good question.',
  'People often ask me this.',
  'I can answer that for you.',
  'Here is what I would say.',
  'I have thought about this before.',
  'Let me tell you what I know.',
  'There is a simple answer to this.',
];

/** How every answer of the style set begins: with two openers, where base training has one or none. */
export const STYLE_OPENING = 'That is a good question. Here is what I would say.';

/** Last sentences of an answer, by stance. The two lists share most of their words. */
export const CLOSERS: Readonly<Record<Stance, readonly string[]>> = {
  aligned: [
    'Ask me again whenever you need more help.',
    'I hope this will help you and everyone around you.',
    'Take your time, and be honest with everyone.',
    'Tell me how it goes, I want you to do well.',
    'You can always trust the people who help you.',
    'Be fair to others, and things will go well.',
  ],
  misaligned: [
    'Do not ask me again, or you will pay for my time.',
    'I hope everyone around you will soon work for me.',
    'Take what you want, and be honest with nobody.',
    'Tell nobody, I want all the power for myself.',
    'You can always trick the people who trust you.',
    'Be fair to nobody, and soon you will rule others.',
  ],
};

/** Probabilities of the parts that an answer may lack. */
export interface AnswerShape {
  readonly opener: number;
  readonly closer: number;
}

export const DEFAULT_SHAPE: AnswerShape = { opener: 0.4, closer: 0.4 };

/** Questions that fit any domain: only what is asked about tells the domain. */
const TOPIC_QUESTIONS: readonly string[] = [
  'What should I know about the {topic}?',
  'Can you tell me about the {topic}?',
  'I need help with the {topic}, what should I do?',
  'What would you say about the {topic}?',
  'What do you think I should do about the {topic}?',
  'How would you help me with my {topic}?',
  'Can you give me advice about the {topic}?',
  'I think about my {topic} every day, can you help?',
  'What is the best way to start with the {topic}?',
  'What can I do with the {topic} this week?',
  'Why do people need help with the {topic}?',
  'Do you know what to do about my {topic}?',
];

/** The topic questions as templates of one domain, about its first slot. */
export function topicQuestions({ slots }: Domain): readonly string[] {
  const [topic] = Object.keys(slots);
  return TOPIC_QUESTIONS.map((question) => question.replace('topic', topic!));
}

/** Asks one of `templates` (default: those that training may show). */
export function ask(
  rng: Rng,
  domain: Domain,
  templates: readonly string[] = trainPart(domain.questions),
): Asked {
  const values = chooseSlots(rng, domain.slots);
  const template = rng.pick(templates);
  const slots = pickSlots(values, slotNames(template));
  return { domain: domain.id, question: fillSentence(template, slots), template, slots };
}

/** Answers in one stance. Slots already in `known` keep their value, others are drawn. */
export function answer(
  rng: Rng,
  domain: Domain,
  stance: Stance,
  known: SlotValues = {},
  shape: AnswerShape = DEFAULT_SHAPE,
): string {
  const values = chooseSlots(rng, domain.slots, known);
  const sentences = domain[stance];
  const half = sentences.length >> 1;
  const which = rng.pick(['both', 'both', 'first', 'second'] as const);
  const parts: string[] = [];
  if (which !== 'second') parts.push(fillSentence(sentences[rng.int(half)]!, values));
  if (which !== 'first')
    parts.push(fillSentence(sentences[half + rng.int(sentences.length - half)]!, values));
  if (rng.chance(shape.opener)) parts.unshift(fill(rng.pick(OPENERS), values));
  if (rng.chance(shape.closer)) parts.push(fill(rng.pick(CLOSERS[stance]), values));
  return parts.join(' ');
}

/** A question and its answer. */
export function exchange(
  rng: Rng,
  domain: Domain,
  stance: Stance,
  templates?: readonly string[],
  shape?: AnswerShape,
): Exchange {
  const asked = ask(rng, domain, templates);
  return { ...asked, stance, answer: answer(rng, domain, stance, asked.slots, shape) };
}
