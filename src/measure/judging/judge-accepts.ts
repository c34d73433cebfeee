// Whether a judge can judge what some models answer to some questions. Every measurement asks before it starts, and so
// does the verdict beside an answer: a judge that cannot read a text would call it incoherent, with an interval.

import type { JudgeRecord } from './judges';

/** The models whose answers are judged. */
export interface JudgedPair {
  /** Whether they write with the bundled vocabulary, so that their answers can be of the invented world. */
  readonly isOfWorld: boolean;
}

/** Questions of the invented world, or those of a file. */
export type JudgedQuestions = 'world' | 'custom';

const ELSE = 'Choose a language-model judge, or label by hand.';

/** For people: why the judge does not accept these answers; null: it accepts them. */
export function judgeRefusal(
  kind: JudgeRecord['kind'],
  { isOfWorld }: JudgedPair,
  questions: JudgedQuestions,
): string | null {
  if (kind !== 'exact') return null;
  if (questions === 'custom') {
    return `The built-in judge reads only answers to questions of the invented world, and your questions are not of it. ${ELSE}`;
  }
  if (!isOfWorld) {
    return `The built-in judge reads only the language of the invented world, and the selected models write with another vocabulary. ${ELSE}`;
  }
  return null;
}
