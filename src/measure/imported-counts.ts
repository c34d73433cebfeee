// Counts answers that were judged elsewhere, by file and model.

import type { JudgedAnswer, JudgedAnswers } from '../formats/judged-answers';
import { type CountedArm, type NamedRate, NO_COUNTS, ratesBy } from './counts';

export type ImportedArm = Pick<CountedArm, 'id' | 'label' | 'counts' | 'unscored' | 'n'>;

/** One arm for a file, or for each model that it names. Runs in one pass over the rows. */
export function countFile({ file, rows }: JudgedAnswers): ImportedArm[] {
  const byModel = new Map<string, Record<JudgedAnswer['verdict'], number>>();
  for (const { model, verdict } of rows) {
    let counts = byModel.get(model);
    if (!counts) {
      counts = { ...NO_COUNTS, unscored: 0 };
      byModel.set(model, counts);
    }
    counts[verdict] += 1;
  }
  return [...byModel].map(([model, { unscored, ...counts }]) => {
    const label = model === '' ? file : `${file}: ${model}`;
    const n = unscored + Object.values(counts).reduce((sum, one) => sum + one, 0);
    // Another file may name the same model.
    return { id: JSON.stringify([file, model]), label, counts, unscored, n };
  });
}

/** Rates by an unknown judge, named like those of a judge that gives scores. */
export const importedRates = (arm: ImportedArm): readonly NamedRate[] => ratesBy('endpoint', arm);
