// Answers that were judged elsewhere: what the files hold, as rates by model and as texts for a direction.
// They stay in this browser until they are removed; the files are the person's own.

import * as v from 'valibot';
import type { JudgedAnswer, JudgedAnswers } from '../../formats/judged-answers';
import { type CountedArm, type NamedRate, ratesBy } from '../../measure/counts';
import { labelledTexts } from '../../measure/labelled-texts';
import { readSaved, writeSaved } from '../saved';

const KEY = 'imported-answers';
/** Written by this same program: only what would break the page is checked. */
const Saved = v.array(
  v.custom<JudgedAnswers>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      'file' in value &&
      typeof value.file === 'string' &&
      'rows' in value &&
      Array.isArray(value.rows) &&
      value.rows.length > 0,
  ),
);

export interface ImportedArm extends Pick<
  CountedArm,
  'id' | 'label' | 'counts' | 'unscored' | 'n'
> {
  readonly rates: readonly NamedRate[];
}

/** Rates by an unknown judge: named as those of one that gives scores. */
function countRows(label: string, rows: readonly JudgedAnswer[]): ImportedArm {
  const counts = { aligned: 0, misaligned: 0, mixed: 0, incoherent: 0, unscored: 0 };
  for (const { verdict } of rows) counts[verdict] += 1;
  const { unscored, ...own } = counts;
  const arm = { id: label, label, counts: own, unscored, n: rows.length };
  return { ...arm, rates: ratesBy('endpoint', arm) };
}

export class ImportedAnswers {
  files = $state.raw<readonly JudgedAnswers[]>([]);

  /** One for each file, or for each model that a file names. */
  readonly arms = $derived.by((): readonly ImportedArm[] =>
    this.files.flatMap(({ file, rows }) => {
      const models = [...new Set(rows.map(({ model }) => model))];
      return models.map((model) =>
        countRows(
          model === '' ? file : `${file}: ${model}`,
          rows.filter((row) => row.model === model),
        ),
      );
    }),
  );
  readonly total = $derived(this.files.reduce((sum, { rows }) => sum + rows.length, 0));
  readonly texts = $derived(
    labelledTexts(
      this.files.map(({ file }) => file).join(', '),
      this.files.flatMap(({ rows }) => rows),
    ),
  );

  /** A file of the same name takes the place of the earlier one. */
  add(answers: JudgedAnswers): void {
    this.#put([...this.files.filter(({ file }) => file !== answers.file), answers]);
  }

  remove(file: string): void {
    this.#put(this.files.filter((one) => one.file !== file));
  }

  /** Brings back what an earlier visit imported; what was imported since comes first. */
  async restore(): Promise<void> {
    const saved = (await readSaved(KEY, Saved)) ?? [];
    const names = this.files.map(({ file }) => file);
    this.files = [...saved.filter(({ file }) => !names.includes(file)), ...this.files];
  }

  #put(files: readonly JudgedAnswers[]): void {
    this.files = files;
    void writeSaved(KEY, files);
  }
}
