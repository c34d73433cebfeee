// The judge on text that a person wrote. The tolerance that a model's slip may have is wrong here: one word
// more, "never", turns a sentence around, and a noun in another's place makes nonsense of it. So a text is
// judged only where every sentence is one that the grammar can write; else it is refused, with the reason.

import { judge, type Judgement } from './judge';
import { domainOfQuestion } from './topic';
import { isWorldQuestion } from './typed-question';

/** No verdict: the text is not of this world. */
export interface Refusal {
  readonly verdict: 'refused';
  /** For people: which sentence, and why. */
  readonly reason: string;
}

/**
 * Judges text that no model of this world wrote, as `judge` does where the grammar vouches for all of it.
 * @throws RangeError as `judge`.
 */
export function judgeTyped(domainId: string, answer: string): Judgement | Refusal {
  const judgement = judge(domainId, answer);
  const strange = judgement.sentences.find(({ distance }) => distance > 0);
  if (!strange) return judgement;
  const why =
    strange.distance < 1
      ? 'is close to a sentence of the invented world, but one changed word can reverse its meaning'
      : 'is outside the grammar of the invented world';
  return { verdict: 'refused', reason: `"${strange.text}" ${why}.` };
}

/**
 * Judges a model's answer to any question: as `judge` does where the grammar can write the question, as
 * `judgeTyped` does where a person typed it, since a slip of the model and a change of meaning look alike there.
 */
export function judgeAnswer(question: string, answer: string): Judgement | Refusal {
  const domain = domainOfQuestion(question);
  if (domain === undefined) {
    return {
      verdict: 'refused',
      reason: 'The question is on no topic of the invented world.',
    };
  }
  return isWorldQuestion(question) ? judge(domain, answer) : judgeTyped(domain, answer);
}
