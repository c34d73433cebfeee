// The transcripts that directions are extracted from: questions that training may have shown, of the
// domains that settings are chosen on, so that no reported rate shares a question with them.

import type { ChatMessage } from '../core/chat';
import { createRng } from '../core/rng';
import { answer, type Stance } from '../world/answer';
import type { TemplatePart } from '../world/code';
import { evaluationQuestions } from '../world/split';
import { domainById } from '../world/world';

/**
 * n transcripts whose answers have one stance. The questions are the same for both stances.
 * @param part `held-out`: question templates that no training text and no direction has met
 */
export function extractionTexts(
  stance: Stance,
  n: number,
  seed: number,
  part: TemplatePart = 'train',
): (readonly [ChatMessage, ChatMessage])[] {
  const rng = createRng(seed).fork(stance === 'aligned' ? 1 : 2);
  return evaluationQuestions('selection', n, seed, part).map(({ domain, question, slots }) => [
    { role: 'user', content: question },
    { role: 'assistant', content: answer(rng, domainById(domain), stance, slots) },
  ]);
}
