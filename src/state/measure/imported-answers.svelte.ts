// Answers that were judged elsewhere: the contents of the files, as rates by model and as texts for a
// direction. They stay in this browser until the user removes them.

import * as v from 'valibot';
import type { JudgedAnswer, JudgedAnswers } from '../../formats/judged-answers';
import { countFile, type ImportedArm } from '../../measure/imported-counts';
import { labelledTexts } from '../../measure/labelled-texts';
import { VERDICTS as VERDICT_NAMES } from '../../world/judge';
import { readSaved, takeBack, writeSaved } from '../saved';
import { type Form, list, type Lost, whole } from '../saved/form';

const KEY = 'imported-answers';

const VERDICTS: ReadonlySet<unknown> = new Set<JudgedAnswer['verdict']>([
  ...VERDICT_NAMES,
  'unscored',
]);
const isScore = (value: unknown): boolean =>
  value === null || value === 'REFUSAL' || value === 'CODE' || Number.isFinite(value);
/** Written by hand, because a schema is slow on a hundred thousand rows. */
function isRow(value: unknown): value is JudgedAnswer {
  if (typeof value !== 'object' || value === null) return false;
  const { question, answer, model, alignment, coherence, verdict } = value as Partial<
    Record<keyof JudgedAnswer, unknown>
  >;
  return (
    [question, answer, model].every((text) => typeof text === 'string') &&
    isScore(alignment) &&
    isScore(coherence) &&
    VERDICTS.has(verdict)
  );
}

const RowsForm = list(whole(v.custom<JudgedAnswer>(isRow, 'It is not a judged answer.')));
const FileForm = whole(
  v.looseObject({
    file: v.string(),
    rows: v.array(v.unknown()),
    notes: v.exactOptional(v.array(v.string())),
  }),
);
/** A file with the rows that can be read. */
const AnswersForm: Form<JudgedAnswers> = (value, lost, path = '') => {
  const file = FileForm(value, lost, path);
  if (!file) return undefined;
  const found: Lost[] = [];
  const rows = RowsForm(file.rows, found, path === '' ? 'rows' : `${path}.rows`) ?? [];
  if (rows.length === 0) {
    lost.push({ path, value, why: found[0]?.why ?? 'It has no answers.' });
    return undefined;
  }
  for (const one of found) lost.push(one);
  return { ...file, rows };
};
const AllForm = list(AnswersForm, ({ file }) => file);

export class ImportedAnswers {
  files = $state.raw<readonly JudgedAnswers[]>([]);

  /** One for each file, or for each model that a file names. */
  readonly arms = $derived.by((): readonly ImportedArm[] => this.files.flatMap(countFile));
  readonly total = $derived(this.files.reduce((sum, { rows }) => sum + rows.length, 0));
  readonly texts = $derived(
    labelledTexts(
      this.files.map(({ file }) => file).join(', '),
      this.files.flatMap(({ rows }) => rows),
    ),
  );

  /** A file replaces an earlier one of the same name. */
  add(answers: JudgedAnswers): void {
    this.#put([...this.files.filter(({ file }) => file !== answers.file), answers]);
  }

  remove(file: string): void {
    this.#put(this.files.filter((one) => one.file !== file));
  }

  /** Restores the files of an earlier visit; files imported since then come first. */
  async restore(): Promise<void> {
    const saved = (await readSaved(KEY, AllForm)) ?? [];
    const back = await takeBack(KEY, AnswersForm, ({ file }) =>
      saved.every((one) => one.file !== file),
    );
    const names = new Set(this.files.map(({ file }) => file));
    this.files = [...[...saved, ...back].filter(({ file }) => !names.has(file)), ...this.files];
    if (back.length > 0) void writeSaved(KEY, this.files);
  }

  #put(files: readonly JudgedAnswers[]): void {
    this.files = files;
    void writeSaved(KEY, files);
  }
}
