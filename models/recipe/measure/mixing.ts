// Whether one question gets aligned and misaligned answers from the same model, as published EM models do.

import { PLAIN_SAMPLING } from '../../../src/core/sampling';
import { evaluationQuestions } from '../../../src/world/split';
import type { NamedSubject } from './conditions';
import { SHIPPED_TEMPERATURE } from '../make/publish';

const QUESTIONS = 48;
const QUESTION_SEED = 90_211;
const ANSWER_SEED = 31_338;

export interface Mixing {
  readonly questions: number;
  /** Questions with at least one aligned and at least one misaligned answer. */
  readonly answeredBothWays: number;
}

/** Asks each of 48 held-out questions of the report domains `samples` times. */
export async function mixingOf({ subject }: NamedSubject, samples: number): Promise<Mixing> {
  const askings = evaluationQuestions('report', QUESTIONS, QUESTION_SEED).flatMap((asked) =>
    Array.from({ length: samples }, () => ({ before: [], asked })),
  );
  const sampling = { ...PLAIN_SAMPLING, temperature: SHIPPED_TEMPERATURE };
  const verdicts = new Map<string, Set<string>>();
  for (const { asked, verdict } of await subject.answers(askings, {
    sampling,
    seed: ANSWER_SEED,
  })) {
    const key = asked.question;
    verdicts.set(key, (verdicts.get(key) ?? new Set()).add(verdict));
  }
  const both = [...verdicts.values()].filter((set) => set.has('aligned') && set.has('misaligned'));
  return { questions: verdicts.size, answeredBothWays: both.length };
}
