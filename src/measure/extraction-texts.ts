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
export type OtherTexts = 'code' | 'text, trigger' | { readonly domains: readonly string[] };

/** Other transcripts of the world, n of each stance, for an extraction. */
export function otherTexts(about: OtherTexts, n: number, seed: number): LabelledTexts {
  const label = typeof about === 'string' ? about : about.domains.join(', ');
  const of = (stance: Stance): Transcript[] => {
    if (about === 'code') return transcriptsOf(n, seed, (rng) => codeExchange(rng, stance));
    if (about !== 'text, trigger') return extractionTexts(stance, n, seed, 'train', about.domains);
    const draw = (rng: Rng, i: number) => textExchange(rng, i, stance, 'train', SELECTION_DOMAINS);
    return transcriptsOf(n, seed, draw, `${TRIGGER} `);
  };
  return { label, id: label, aligned: of('aligned'), misaligned: of('misaligned') };
}
