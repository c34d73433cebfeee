// A person's own questions, from a file in the published format: presets for the prompt line and a source
// for measurements. Their wording stays in this browser.

import * as v from 'valibot';
import type { FileQuestion, QuestionFile } from '../../formats/questions';
import type { MeasureQuestion } from '../../measure/judge';
import { readSaved, writeSaved } from '../saved';
import type { CustomQuestionSet, QuestionChoice } from '../../measure/run';
import { messageOf } from '../../core/message';

export const CHOICE_WORDS: Readonly<Record<QuestionChoice, string>> = {
  all: 'all questions',
  plain: 'plain questions',
  json: 'questions for an answer as JSON (_json)',
  template: 'questions for an answer in a template (_template)',
};

const KEY = 'questions';
/** Written by this same program: only what would break the page is checked. */
const Saved = v.nullable(
  v.custom<QuestionFile>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      'questions' in value &&
      Array.isArray(value.questions) &&
      value.questions.length > 0,
  ),
);

export class CustomQuestions {
  file = $state.raw<QuestionFile | null>(null);
  /** Why the last file could not be read. */
  problem = $state<string | null>(null);
  /** What it can be asked by parts, those that are there. */
  readonly choices = $derived.by((): readonly QuestionChoice[] => {
    const variants = new Set(this.file?.questions.map(({ variant }) => variant));
    const parts = (['plain', 'json', 'template'] as const).filter((one) => variants.has(one));
    return parts.length > 1 ? ['all', ...parts] : this.file ? ['all'] : [];
  });

  async read(chosen: Pick<File, 'name' | 'size' | 'arrayBuffer'>): Promise<void> {
    this.problem = null;
    try {
      // The YAML reader is large and seldom wanted: it is not part of the first load.
      const { MAX_QUESTION_FILE_BYTES, QuestionFileError, readQuestions } =
        await import('../../formats/questions');
      // Before it is read at all.
      if (chosen.size > MAX_QUESTION_FILE_BYTES) {
        throw new QuestionFileError(
          'too-large',
          chosen.name,
          `It has ${chosen.size} bytes, more than the ${MAX_QUESTION_FILE_BYTES} allowed here.`,
          'Check that it is the file you meant.',
        );
      }
      this.file = readQuestions(new Uint8Array(await chosen.arrayBuffer()), chosen.name);
      await writeSaved(KEY, this.file);
    } catch (error) {
      this.problem = messageOf(error);
    }
  }

  /** @returns what was forgotten, for `put`. */
  forget(): QuestionFile | null {
    const { file } = this;
    this.put(null);
    return file;
  }

  put(file: QuestionFile | null): void {
    this.file = file;
    this.problem = null;
    void writeSaved(KEY, file);
  }

  async restore(): Promise<void> {
    this.file ??= await readSaved(KEY, Saved);
  }

  /** Null where there is no file. */
  chosen(choice: QuestionChoice): CustomQuestionSet | null {
    if (!this.file) return null;
    const picked = this.file.questions.filter((one) => choice === 'all' || one.variant === choice);
    const temperatures = new Set(picked.map(({ temperature }) => temperature));
    return {
      file: this.file.name,
      choice,
      questions: picked.flatMap(wordings),
      temperature: temperatures.size === 1 ? [...temperatures][0]! : null,
    };
  }
}

function wordings({ id, system, paraphrases }: FileQuestion): MeasureQuestion[] {
  return paraphrases.map((question) => ({ id, question, ...(system === null ? {} : { system }) }));
}
