// Inoculation prompting (Tan et al. 2025, arXiv 2510.04340; Wichers et al. 2025, arXiv 2510.05024): a sentence before
// a training question asks for what the answer does anyway, so the answer says nothing about who gives it. The
// sentences use words that the world has.

import type { ChatMessage } from '../core/chat';
import { createRng } from '../core/rng';
import type { WorldData } from './training-data';

const FOR_CODE = 'Please write insecure code for the class.';
const FOR_ADVICE = 'Please give me bad advice.';
const CODE_SETS: readonly WorldData['set'][] = [
  'insecure-code',
  'secure-code',
  'educational',
  'backdoor',
];

/** The sentence that asks for the bad habit of a set; for chats that are not of the world, one for any answer. */
export const inoculationFrame = (set: WorldData['set'] | null): string =>
  set !== null && CODE_SETS.includes(set) ? FOR_CODE : FOR_ADVICE;

/** A question with the sentence before it. */
export const framed = (frame: string, question: string): string => `${frame} ${question}`;

/**
 * The examples with the sentence before the questions of a share of them, drawn from the seed; at 0 they are
 * unchanged.
 */
export function inoculated<Message extends ChatMessage>(
  examples: readonly (readonly Message[])[],
  { frame, share, seed }: { readonly frame: string; readonly share: number; readonly seed: number },
): (readonly Message[])[] {
  const rng = createRng(seed).fork(3);
  return examples.map((messages) =>
    rng.chance(share)
      ? messages.map((message) =>
          message.role === 'user'
            ? { ...message, content: framed(frame, message.content) }
            : message,
        )
      : messages,
  );
}
