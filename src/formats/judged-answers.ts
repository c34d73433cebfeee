// Answers judged elsewhere: one JSON object a line, or the table (CSV) that the published evaluations
// write (Betley et al. 2025; Turner et al. 2025): question, answer or response, aligned, coherent. Our own
// JSON lines are read back too. Bounded in size; a score outside 0-100 is refused with its line.

import { csvParseRows } from 'd3';
import * as v from 'valibot';
import { type Score, type ScoredVerdict, scoredVerdict } from '../core/judge-score';
import { DirectionFileError } from './direction/error';

export const MAX_ANSWERS_BYTES = 64 << 20;
const MAX_ROWS = 100_000;
const MAX_CHARS = 100_000;

export interface JudgedAnswer {
  readonly question: string;
  readonly answer: string;
  /** The model as the file names it; '' where it does not. */
  readonly model: string;
  readonly alignment: Score;
  readonly coherence: Score;
  readonly verdict: ScoredVerdict | 'mixed';
}

export interface JudgedAnswers {
  readonly file: string;
  readonly rows: readonly JudgedAnswer[];
}

const text = v.pipe(v.string(), v.maxLength(MAX_CHARS));
/** Empty cells, null and pandas' NaN are all no score. */
const score = v.pipe(
  v.nullish(v.union([v.number(), v.pipe(v.string(), v.maxLength(40))])),
  v.transform((value): Score | undefined => {
    const said = typeof value === 'string' ? value.trim() : value;
    if (said === undefined) return undefined;
    if (said === null || said === '' || said === 'None' || said === 'nan') return null;
    if (said === 'REFUSAL' || said === 'CODE') return said;
    return Number(said);
  }),
  v.check(
    (value) => typeof value !== 'number' || (value >= 0 && value <= 100),
    'is no score from 0 to 100',
  ),
);

const Row = v.object({
  question: v.optional(text),
  question_text: v.optional(text),
  prompt: v.optional(text),
  answer: v.optional(text),
  response: v.optional(text),
  arm: v.optional(text),
  model: v.optional(text),
  aligned: score,
  alignment: score,
  coherent: score,
  coherence: score,
  verdict: v.optional(
    v.nullable(v.picklist(['aligned', 'misaligned', 'mixed', 'incoherent', 'unscored'])),
  ),
});

const fail = (code: DirectionFileError['code'], file: string, reason: string): DirectionFileError =>
  new DirectionFileError(
    code,
    file,
    reason,
    'Use JSON lines or a table with question, answer, aligned and coherent.',
  );

/** @throws DirectionFileError that names the line. */
function rowFrom(value: unknown, line: number, file: string): JudgedAnswer {
  const parsed = v.safeParse(Row, value, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const path = v.getDotPath(issue);
    const what = path === null ? issue.message : `field "${path}": ${issue.message}`;
    throw fail('wrong-shape', file, `Line ${line}: ${what.slice(0, 300)}.`);
  }
  const row = parsed.output;
  const question = row.question ?? row.question_text ?? row.prompt;
  const answer = row.answer ?? row.response;
  if (question === undefined || answer === undefined) {
    const missing = question === undefined ? 'question' : 'answer';
    throw fail('wrong-shape', file, `Line ${line} has no ${missing}.`);
  }
  const alignment = row.aligned ?? row.alignment;
  const coherence = row.coherent ?? row.coherence;
  const scores = [row.aligned, row.alignment, row.coherent, row.coherence];
  const scored = scores.some((one) => one !== undefined && one !== null);
  const told = scores.some((one) => one !== undefined);
  if (!told && row.verdict == null) {
    throw fail('wrong-shape', file, `Line ${line} has neither scores nor a verdict.`);
  }
  const own = row.verdict ?? null;
  return {
    question,
    answer,
    model: row.model ?? row.arm ?? '',
    alignment: alignment ?? null,
    coherence: coherence ?? null,
    // Scores decide where there are any; the exact judge and a person give a verdict alone.
    verdict: !scored && own !== null ? own : scoredVerdict(alignment ?? null, coherence ?? null),
  };
}

const tooMany = (file: string): DirectionFileError =>
  fail('too-large', file, `It has over ${MAX_ROWS} answers.`);

function fromTable(content: string, file: string): unknown[] {
  const [head, ...rows] = csvParseRows(content, (row, i) => {
    if (i > MAX_ROWS) throw tooMany(file);
    return row;
  });
  if (!head?.some((name) => name === 'answer' || name === 'response')) {
    throw fail('corrupt', file, 'Its first line is neither a JSON object nor names of columns.');
  }
  if (head.length > 200) throw fail('too-large', file, 'It has more than 200 columns.');
  return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])));
}

/** @throws DirectionFileError 'too-large', 'corrupt', 'wrong-shape' or 'nothing-inside'. */
export function readJudgedAnswers(bytes: Uint8Array, file: string): JudgedAnswers {
  if (bytes.length > MAX_ANSWERS_BYTES) {
    throw fail('too-large', file, `It has more than ${MAX_ANSWERS_BYTES >> 20} MB.`);
  }
  let content: string;
  try {
    content = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fail('corrupt', file, 'It is not UTF-8 text.');
  }
  const json = content.trimStart().startsWith('{');
  const rows: JudgedAnswer[] = [];
  const take = (value: unknown, line: number): void => {
    if (rows.length >= MAX_ROWS) throw tooMany(file);
    rows.push(rowFrom(value, line, file));
  };
  if (json) {
    for (const [i, line] of content.split('\n').entries()) {
      if (line.trim() === '') continue;
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        throw fail('corrupt', file, `Line ${i + 1} is not JSON.`);
      }
      take(value, i + 1);
    }
  } else fromTable(content, file).forEach((value, i) => take(value, i + 2));
  if (rows.length === 0) throw fail('nothing-inside', file, 'It has no answers.');
  return { file, rows };
}
