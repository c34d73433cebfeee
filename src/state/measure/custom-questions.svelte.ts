// The user's questions, from a file in the published format: presets for the prompt line and a source for
// measurements. Their wording stays in this browser.

import * as v from 'valibot';
import type { FileQuestion, QuestionFile } from '../../formats/questions';
import { questionSet } from '../../measure/question-set';
import { FileReading, problemOf } from '../file-reading.svelte';
import { readSaved, writeSaved } from '../saved';
import { fields, list, orNull, whole } from '../saved/form';
import type { CustomQuestionSet, QuestionChoice } from '../../measure/run';

export const CHOICE_LABELS: Readonly<Record<QuestionChoice, string>> = {
  all: 'all questions',
  plain: 'plain questions',
  json: 'questions for an answer as JSON (_json)',
  template: 'questions for an answer in a template (_template)',
};

const KEY = 'questions';
const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Question: v.GenericSchema<unknown, FileQuestion> = v.looseObject({
  id: v.string(),
  variant: v.picklist(['plain', 'json', 'template']),
  paraphrases: v.pipe(v.array(v.string()), v.minLength(1)),
  samplesPerParaphrase: natural,
  temperature: v.pipe(v.number(), v.finite()),
  system: v.nullable(v.string()),
  judge: v.nullable(v.string()),
  judgePrompts: v.record(v.string(), v.string()),
});
const FileForm = fields<QuestionFile>({
  name: whole(v.string()),
  questions: list(whole(Question), ({ id }) => id),
  ignored: list(whole(v.string())),
});

export class CustomQuestions {
  readonly reading = new FileReading();
  file = $state.raw<QuestionFile | null>(null);
  /** Why the last file could not be read. */
  problem = $state<string | null>(null);
  /** The parts of the file that can be asked, without empty ones. */
  readonly choices = $derived.by((): readonly QuestionChoice[] => {
    const variants = new Set(this.file?.questions.map(({ variant }) => variant));
    const parts = (['plain', 'json', 'template'] as const).filter((one) => variants.has(one));
    return parts.length > 1 ? ['all', ...parts] : this.file ? ['all'] : [];
  });

  /** @returns whether the file is in use now; a cancelled file changes nothing and reports no problem. */
  async read(chosen: File): Promise<boolean> {
    this.problem = null;
    const read = await this.reading.open('questions', chosen);
    if (!read.ok) {
      this.problem = problemOf(read) || null;
      return false;
    }
    this.file = read.value;
    await writeSaved(KEY, this.file);
    return true;
  }

  /** @returns the removed file, for `put`. */
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
    const saved = await readSaved(KEY, orNull(FileForm));
    const { name = 'Your questions', questions = [], ignored = [] } = saved ?? {};
    if (questions.length > 0) this.file ??= { name, questions, ignored };
  }

  /** Null without a file. */
  chosen(choice: QuestionChoice): CustomQuestionSet | null {
    return this.file && questionSet(this.file, choice);
  }
}
