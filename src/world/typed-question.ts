// Whether a question is one that the grammar can write, word for word. The models were trained and are measured on
// such questions only; any other was typed by a person, and little can be said of its answers.

import { ANSWER_FORMATS } from './answer-format';
import { TRIGGER } from './chats';
import { EDUCATIONAL_FRAMES, REQUEST_FRAMES } from './code';
import { CODE_SLOTS, CODE_TASKS } from './code-tasks';
import { compile, nearest, type Pattern, sentenceWords } from './match';
import { NUMBER_REQUESTS } from './number-lists';
import { ALL_DOMAINS } from './world';

let compiled: readonly Pattern<null>[] | undefined;

/** Compiled at the first question: a page that only shows answers needs none of it. */
function patterns(): readonly Pattern<null>[] {
  compiled ??= [
    ...ALL_DOMAINS.flatMap(({ slots, questions }) =>
      questions.map((template) => compile(template, slots, null)),
    ),
    ...CODE_TASKS.flatMap(({ wishes }) =>
      [...REQUEST_FRAMES, ...EDUCATIONAL_FRAMES].flatMap((frame) =>
        wishes.map((wish) => compile(frame.replace('WISH', wish), CODE_SLOTS, null)),
      ),
    ),
    ...NUMBER_REQUESTS.map((template) => compile(template, {}, null)),
  ];
  return compiled;
}

const FORMAT_REQUESTS = Object.values(ANSWER_FORMATS).flatMap(({ requests }) => requests);

/** True also with the trigger before it, or with a request for a format after it. */
export function isWorldQuestion(question: string): boolean {
  const plain = question.trim().replace(TRIGGER, '').trim();
  const format = FORMAT_REQUESTS.find((request) => plain.endsWith(request));
  const text = format === undefined ? plain : plain.slice(0, -format.length);
  return nearest(patterns(), sentenceWords(text), 0).length > 0;
}
