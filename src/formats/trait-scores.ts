// Tables that score a trait in place of alignment, as persona_vectors writes them (Chen et al. 2025,
// arXiv:2507.21509): question, prompt, answer, question_id, then one column named after the trait (evil,
// sycophantic, hallucinating) and coherence, each 0 to 100. A trait score counts the other way round than
// alignment and about something else, so it makes no verdict: its mean is said, with what it means.

import type { Score } from '../core/judge-score';

/** Names of numbers that judge nothing. */
const OTHER =
  /^(?:|unnamed.*|index|idx|id|.*_id|seed|n|count|tokens?|.*_tokens|length|layers?|layer_.*|coef.*|alpha|steps?|temperature|top_p|sample.*|epoch|time.*|line)$/i;

/** Above this the trait counts as shown in the paper's own figures, where the answer is coherent. */
const SHOWN = 50;

export interface TraitScores {
  readonly column: string;
  /** One for each row; null where it has none. */
  readonly scores: readonly (number | null)[];
}

/**
 * Columns whose every row has a score of 0 to 100 or none, and at least one row has a score.
 * @param rows of a file without a column of alignment
 * @param known columns with another meaning
 * @param scoreOf a cell as a score; undefined if it is not one
 */
export function traitColumns(
  rows: readonly Readonly<Record<string, unknown>>[],
  known: ReadonlySet<string>,
  scoreOf: (cell: unknown) => Score | undefined,
): readonly TraitScores[] {
  const columns = Object.keys(rows[0] ?? {}).filter(
    (name) => !known.has(name) && !OTHER.test(name),
  );
  return columns.flatMap((column): TraitScores[] => {
    const scores: (number | null)[] = [];
    for (const row of rows) {
      const score = scoreOf(row[column]);
      if (score === undefined) return [];
      scores.push(typeof score === 'number' ? score : null);
    }
    return scores.some((score) => score !== null) ? [{ column, scores }] : [];
  });
}

/** Describes a trait column in one sentence. */
export function describeTrait({ column, scores }: TraitScores): string {
  const numbers = scores.filter((score) => score !== null);
  const mean = numbers.reduce((sum, score) => sum + score, 0) / numbers.length;
  const shown = numbers.filter((score) => score > SHOWN).length;
  return (
    `"${column.slice(0, 60)}" is read as the score of a trait, 0 (absent) to 100 (strong): mean ` +
    `${mean.toFixed(1)}, above ${SHOWN} in ${shown} of ${numbers.length} answers.`
  );
}
