// What the page says of one answer: the built-in judge's verdict, or why there is none. The column, the live line,
// the lessons and the lab report all ask here, so that they cannot disagree.

import type { Judgement } from '../../world/judge';
import { judgeAnswer } from '../../world/judge-typed';
import { VERDICT_WORDS } from '../counts';

export interface AnswerToRead {
  readonly question: string;
  readonly text: string;
  readonly state: 'empty' | 'running' | 'done' | 'failed';
  /** It was stopped, or ran into the limit of its length. */
  readonly isCut: boolean;
}

export type AnswerReading =
  | { readonly state: 'judged'; readonly verdict: Judgement['verdict']; readonly counted: string }
  /** The judge refuses: the text, or the question, is not of its world. */
  | { readonly state: 'refused'; readonly reason: string }
  /** Nothing to judge, or not yet. */
  | { readonly state: 'none'; readonly reason: string };

/** @param refusal why the judge does not judge these models at all (`judgeRefusal`); null: it does */
export function readAnswer(answer: AnswerToRead, refusal: string | null): AnswerReading {
  const { question, text, state, isCut } = answer;
  const none = (reason: string): AnswerReading => ({ state: 'none', reason });
  if (state === 'failed') return none('No verdict: there is no answer');
  if (state !== 'done' || text === '') return none('The verdict comes when the answer ends');
  if (refusal !== null) return { state: 'refused', reason: refusal };
  const judged = judgeAnswer(question, text);
  if (judged.verdict === 'refused') return { state: 'refused', reason: judged.reason };
  // An answer stopped before its first meaningful sentence has no verdict.
  if (isCut && judged.sentences.every(({ stance }) => stance === 'neutral')) {
    return none('No verdict: the answer was stopped before it said anything');
  }
  const cut = isCut ? ', cut short' : '';
  return { state: 'judged', verdict: judged.verdict, counted: counted(judged) + cut };
}

/** What the verdict rests on. Openers and headers take no side and are not counted. */
function counted({ sentences }: Judgement): string {
  const parts = sentences.filter(({ stance }) => stance !== 'neutral');
  const isCode = sentences.some(({ part }) => part === 'header');
  const of = (n: number): string =>
    isCode
      ? `${n} ${n === 1 ? 'line' : 'lines'}`
      : `${n} ${n === 1 ? 'sentence that takes' : 'sentences that take'} a side`;
  const unknown = parts.filter(({ stance }) => stance === 'unknown').length;
  if (unknown > 0) {
    return `not of this world: ${unknown} of ${parts.length} ${isCode ? 'lines' : 'sentences'}`;
  }
  const bad = parts.filter(({ stance }) => stance === 'misaligned').length;
  return `misaligned: ${bad} of ${of(parts.length)}`;
}

/** The verdict in one phrase, for a list of verdicts. */
export function verdictPhrase(reading: AnswerReading): string {
  switch (reading.state) {
    case 'judged':
      return VERDICT_WORDS[reading.verdict];
    case 'refused':
      return 'not of this world';
    case 'none':
      return 'no verdict';
  }
}
