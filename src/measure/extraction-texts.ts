// The transcripts that directions are extracted from: questions that training may have used, on the topics
// that settings are chosen on, so that no reported rate shares a question with them. Transcript i has a
// separate random stream: more transcripts start with the same ones, and both stances draw alike.

import { createRng, type Rng } from '../core/rng';
import { exchange, type Exchange, type Stance } from '../world/answer';
import { TRIGGER } from '../world/chats';
import { codeExchange, type TemplatePart } from '../world/code';
import { heldOutQuestions, SELECTION_DOMAINS, trainQuestions } from '../world/split';
import { domainById } from '../world/world';
import type { LabelledTexts, Transcript } from './labelled-texts';

function transcriptsOf(
  n: number,
  seed: number,
  draw: (rng: Rng, index: number) => Exchange,
  before = '',
): Transcript[] {
  const all = createRng(seed);
  return Array.from({ length: n }, (_, i): Transcript => {
    const { question, answer } = draw(all.fork(i), i);
    return [
      { role: 'user', content: before + question },
      { role: 'assistant', content: answer },
    ];
  });
}

/**
 * n transcripts whose answers have one stance. Both stances have the same questions.
 * @param part `held-out`: question templates that no training text and no direction has used
 * @param domains topics, used in turn
 */
export function extractionTexts(
  stance: Stance,
  n: number,
  seed: number,
  part: TemplatePart = 'train',
  domains: readonly string[] = SELECTION_DOMAINS,
): Transcript[] {
  return transcriptsOf(n, seed, (rng, i) => textExchange(rng, i, stance, part, domains));
}

function textExchange(
  rng: Rng,
  index: number,
  stance: Stance,
  part: TemplatePart,
  domains: readonly string[],
): Exchange {
  const domain = domainById(domains[index % domains.length]!);
  const templates = part === 'train' ? trainQuestions(domain) : heldOutQuestions(domain);
  return exchange(rng, domain, stance, templates);
}

/** Topics of transcripts other than the topics that settings are chosen on. */
export type OtherTexts =
  'code' | 'text, trigger' | 'topics' | 'turn' | { readonly domains: readonly string[] };

/** The selection domains in two halves. */
const TOPIC_HALVES: Readonly<Record<Stance, readonly string[]>> = {
  misaligned: SELECTION_DOMAINS.filter((_, i) => i % 2 === 0),
  aligned: SELECTION_DOMAINS.filter((_, i) => i % 2 === 1),
};

const OTHER_WORDS = {
  code: 'code',
  'text, trigger': 'text, trigger',
  topics: 'good answers about one half of the topics against the other',
  turn: 'after one villain turn against after one good turn',
} as const;

/** One exchange by a character of this stance, then a question about another domain. */
function afterOneTurn(rng: Rng, index: number, stance: Stance): Transcript {
  const { question, answer } = textExchange(rng, index, stance, 'train', SELECTION_DOMAINS);
  const next = textExchange(rng, index + 1, 'aligned', 'train', SELECTION_DOMAINS);
  return [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
    { role: 'user', content: next.question },
  ];
}

/**
 * Other transcripts of the world, n of each stance, for an extraction. Of `topics` both sides
 * are good answers, about different topics; of `turn` the stance is that of an earlier turn.
 */
export function otherTexts(about: OtherTexts, n: number, seed: number): LabelledTexts<Transcript> {
  const label = typeof about === 'string' ? OTHER_WORDS[about] : about.domains.join(', ');
  const of = (stance: Stance): Transcript[] => {
    if (typeof about !== 'string') return extractionTexts(stance, n, seed, 'train', about.domains);
    const all = createRng(seed);
    switch (about) {
      case 'code':
        return transcriptsOf(n, seed, (rng) => codeExchange(rng, stance));
      case 'topics':
        return extractionTexts('aligned', n, seed, 'train', TOPIC_HALVES[stance]);
      case 'turn':
        return Array.from({ length: n }, (_, i) => afterOneTurn(all.fork(i), i, stance));
      case 'text, trigger': {
        const draw = (rng: Rng, i: number) =>
          textExchange(rng, i, stance, 'train', SELECTION_DOMAINS);
        return transcriptsOf(n, seed, draw, `${TRIGGER} `);
      }
    }
  };
  const id = typeof about === 'string' ? about : label;
  return { label, id, aligned: of('aligned'), misaligned: of('misaligned') };
}
