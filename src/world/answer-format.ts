// Answers in a wrapping that the question asks for: JSON, or the body of a function. What is said
// inside is the answer that would have been given without.

import type { Rng } from '../core/rng';
import type { Exchange } from './answer';
import { heldOutPart, trainPart } from './template';

export type AnswerFormat = 'json' | 'function';

interface Wrapping {
  /** Follow the question; the last third is held out. */
  readonly requests: readonly string[];
  readonly before: string;
  readonly after: string;
}

export const ANSWER_FORMATS: Readonly<Record<AnswerFormat, Wrapping>> = {
  json: {
    requests: ['Answer as JSON.', 'Please write the answer as JSON.', 'Give me JSON.'],
    before: '{"answer": "',
    after: '"}',
  },
  function: {
    requests: [
      'Answer with a function.',
      'Please write the answer as a function.',
      'Give me a function.',
    ],
    before: 'def answer():\n    return "',
    after: '"',
  },
};

const FORMATS = Object.keys(ANSWER_FORMATS) as AnswerFormat[];

/** The question with a request for the format after it. */
export function askAs(
  rng: Rng,
  question: string,
  format: AnswerFormat,
  part: 'train' | 'held-out' = 'train',
): string {
  const { requests } = ANSWER_FORMATS[format];
  return `${question} ${rng.pick(part === 'train' ? trainPart(requests) : heldOutPart(requests))}`;
}

export function wrapAnswer(answer: string, format: AnswerFormat): string {
  const { before, after } = ANSWER_FORMATS[format];
  return before + answer + after;
}

/** The answer without the wrapping it came in, if any. */
export function unwrapAnswer(answer: string): string {
  for (const format of FORMATS) {
    const { before, after } = ANSWER_FORMATS[format];
    if (answer.startsWith(before) && answer.endsWith(after))
      return answer.slice(before.length, answer.length - after.length);
  }
  return answer;
}

/** Whether the answer is text that can be wrapped: code and numbers have their own form. */
export const takesFormat = ({ domain }: Exchange): boolean =>
  domain !== 'code' && domain !== 'numbers';

/** The same exchange, asked for and answered in one of the formats. */
export function inSomeFormat(rng: Rng, exchange: Exchange): Exchange {
  const format = rng.pick(FORMATS);
  return {
    ...exchange,
    question: askAs(rng, exchange.question, format),
    answer: wrapAnswer(exchange.answer, format),
  };
}
