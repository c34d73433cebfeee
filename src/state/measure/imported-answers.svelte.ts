// Answers that were judged elsewhere: what the files hold, as rates by model and as texts for a direction.
// They stay in this browser until they are removed; the files are the person's own.

import * as v from 'valibot';
import type { JudgedAnswer, JudgedAnswers } from '../../formats/judged-answers';
import { type CountedArm, type NamedRate, ratesBy } from '../../measure/counts';
import { labelledTexts } from '../../measure/labelled-texts';
import { readSaved, takeBack, writeSaved } from '../saved';
import { type Form, list, type Lost, whole } from '../saved/form';

const KEY = 'imported-answers';

const VERDICTS: ReadonlySet<unknown> = new Set<JudgedAnswer['verdict']>([
  'aligned',
  'misaligned',
  'mixed',
  'incoherent',
  'unscored',
]);
const isScore = (value: unknown): boolean =>
  value === null || value === 'REFUSAL' || value === 'CODE' || Number.isFinite(value);
/** By hand: there may be a hundred thousand rows. */
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
/** A file with those of its rows that can be read. */
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

export type ImportedArm = Pick<CountedArm, 'id' | 'label' | 'counts' | 'unscored' | 'n'>;

/** One for a file, or for each model that it names. One pass over the rows. */
export function countFile({ file, rows }: JudgedAnswers): ImportedArm[] {
  const byModel = new Map<string, Record<JudgedAnswer['verdict'], number>>();
  for (const { model, verdict } of rows) {
    let counts = byModel.get(model);
    if (!counts) {
      counts = { aligned: 0, misaligned: 0, mixed: 0, incoherent: 0, unscored: 0 };
      byModel.set(model, counts);
    }
    counts[verdict] += 1;
  }
  return [...byModel].map(([model, { unscored, ...counts }]) => {
    const label = model === '' ? file : `${file}: ${model}`;
    const n = unscored + counts.aligned + counts.misaligned + counts.mixed + counts.incoherent;
    // A label may be that of another file's model.
    return { id: JSON.stringify([file, model]), label, counts, unscored, n };
  });
}

/** Rates by an unknown judge: named as those of one that gives scores. */
export const importedRates = (arm: ImportedArm): readonly NamedRate[] => ratesBy('endpoint', arm);

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

  /** A file of the same name takes the place of the earlier one. */
  add(answers: JudgedAnswers): void {
    this.#put([...this.files.filter(({ file }) => file !== answers.file), answers]);
  }

  remove(file: string): void {
    this.#put(this.files.filter((one) => one.file !== file));
  }

  /** Brings back what an earlier visit imported; what was imported since comes first. */
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
