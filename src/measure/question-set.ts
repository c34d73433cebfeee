// A file of questions as a plan holds it: one entry a wording.

import type { FileQuestion, QuestionFile } from '../formats/questions';
import type { MeasureQuestion } from './judging/judges';
import type { CustomQuestionSet, QuestionChoice } from './run';

export function questionSet(file: QuestionFile, choice: QuestionChoice): CustomQuestionSet {
  const picked = file.questions.filter((one) => choice === 'all' || one.variant === choice);
  const temperatures = new Set(picked.map(({ temperature }) => temperature));
  return {
    file: file.name,
    choice,
    questions: picked.flatMap(wordings),
    temperature: temperatures.size === 1 ? [...temperatures][0]! : null,
  };
}

function wordings({ id, system, paraphrases }: FileQuestion): MeasureQuestion[] {
  return paraphrases.map((question) => ({ id, question, ...(system === null ? {} : { system }) }));
}
