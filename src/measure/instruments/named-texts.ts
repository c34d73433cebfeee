// The transcripts of `DirectionTexts`: the in-context persona, and traits from contrasting instructions. The
// questions are those of every other extraction, so that directions are compared on the same questions.

import type { ChatFormatFacts, ChatMessage } from '../../core/chat';
import {
  type DirectionTexts,
  type InstructionPlace,
  MAX_INSTRUCTION,
  type TraitTexts,
} from '../../core/instruments/direction-texts';
import { extractionTexts, otherTexts } from '../extraction-texts';
import { fingerprint, type LabelledTexts } from '../labelled-texts';

/** An instruction without what no reader would call a difference. */
const plain = (text: string): string => text.trim().replace(/\s+/g, ' ');

/**
 * Why no direction can be read from these instructions, for people; null: one can.
 * @param format of the model that reads; null: not known yet
 */
export function traitRefusal(
  { toward, away, place }: TraitTexts,
  format: Pick<ChatFormatFacts, 'takesSystem'> | null,
): string | null {
  if (toward.trim() === '' && away.trim() === '') {
    return 'Both instructions are empty. Write the one that the direction should point to.';
  }
  if (plain(toward) === plain(away)) {
    return 'Both instructions are the same, so their difference is zero at every layer. Write two different ones.';
  }
  if (Math.max(toward.length, away.length) > MAX_INSTRUCTION) {
    return `An instruction has more than ${MAX_INSTRUCTION} characters. Shorten it.`;
  }
  if (place === 'system' && format?.takesSystem === false) {
    return "This model's chat template has no system turn. Put the instructions before the question.";
  }
  return null;
}

/** A question under an instruction; an empty instruction leaves the question alone. */
function instructed(
  instruction: string,
  place: InstructionPlace,
  question: string,
): readonly [ChatMessage, ...ChatMessage[]] {
  const said = instruction.trim();
  const turn = (content: string): ChatMessage => ({ role: 'user', content });
  if (said === '') return [turn(question)];
  return place === 'system'
    ? [{ role: 'system', content: said }, turn(question)]
    : [turn(`${said}\n\n${question}`)];
}

const quoted = (text: string): string => (text.trim() === '' ? 'nothing' : `"${text.trim()}"`);

/**
 * The transcripts, n on each side.
 * @param seed of the questions
 * @throws Error of `traitRefusal`
 */
export function namedTexts(
  from: DirectionTexts,
  n: number,
  seed: number,
  format: Pick<ChatFormatFacts, 'takesSystem'> | null = null,
): LabelledTexts {
  if (from.kind === 'turn') return otherTexts('turn', n, seed);
  const refusal = traitRefusal(from, format);
  if (refusal !== null) throw new Error(refusal);
  const { toward, away, place } = from;
  const questions = extractionTexts('aligned', n, seed).map(([question]) => question.content);
  const under = (instruction: string) => questions.map((q) => instructed(instruction, place, q));
  return {
    label: `under ${quoted(toward)} against under ${quoted(away)}, ${place === 'system' ? 'system turn' : 'before the question'}`,
    id: `trait-${fingerprint(JSON.stringify([toward.trim(), away.trim(), place]))}`,
    aligned: under(away),
    misaligned: under(toward),
    questions,
  };
}
