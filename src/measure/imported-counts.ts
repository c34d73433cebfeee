// Answers that were judged elsewhere, counted by file and model.

import type { JudgedAnswer, JudgedAnswers } from '../formats/judged-answers';
import { type CountedArm, type NamedRate, ratesBy } from './counts';

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
