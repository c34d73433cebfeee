// Answers judged elsewhere: one JSON object a line, a JSON array of them, or the table (CSV) that the
// published evaluations write (Betley et al. 2025; Turner et al. 2025): question, answer or response, aligned,
// coherent. Our own JSON lines are read back too. What Python and pandas write for a missing number is no
// score. Bounded in size; a score outside 0-100 is refused with its line.

import * as v from 'valibot';
import { type Score, type ScoredVerdict, scoredVerdict } from '../core/judge-score';
import { CsvLimitError, csvRows } from './read-csv';
import { DirectionFileError } from './direction/direction-file-error';
import { hasMoreBrackets, parsePythonJson } from './python-json';
import { traitColumns, describeTrait } from './trait-scores';

export const MAX_ANSWERS_BYTES = 64 << 20;
const MAX_ROWS = 100_000;
/** Different models in one file. */
export const MAX_MODELS = 20_000;
const MAX_CHARS = 100_000;
const MAX_LINE_CHARS = 1 << 20;
const MAX_COLUMNS = 200;
/** Lists and objects in one JSON array. */
const MAX_BRACKETS = 2_000_000;

export interface JudgedAnswer {
  readonly question: string;
  readonly answer: string;
  /** The model as the file names it; '' where it does not. */
  readonly model: string;
  readonly alignment: Score;
  readonly coherence: Score;
  readonly verdict: ScoredVerdict | 'mixed' | 'offTopic';
}

export interface JudgedAnswers {
  readonly file: string;
  readonly rows: readonly JudgedAnswer[];
  /** Notes on the scores for people, in sentences; absent if there are none. */
  readonly notes?: readonly string[];
}

/** Values that pandas reads as missing by default, and infinities: none of them is a score. */
const MISSING = new Set([
  ...['', '#N/A', '#N/A N/A', '#NA', '-1.#IND', '-1.#QNAN', '-NaN', '-nan', '1.#IND', '1.#QNAN'],
  ...['<NA>', 'N/A', 'NA', 'NULL', 'NaN', 'None', 'n/a', 'nan', 'null'],
  ...['Infinity', '-Infinity', 'inf', '-inf'],
]);

/** A cell as a score; NaN for words, undefined for what no cell is. */
function cellScore(value: unknown): Score | undefined {
  const trimmed = typeof value === 'string' ? value.trim() : value;
  if (trimmed === null) return null;
  if (typeof trimmed === 'number') return trimmed;
  if (typeof trimmed !== 'string') return undefined;
  if (MISSING.has(trimmed)) return null;
  if (trimmed === 'REFUSAL' || trimmed === 'CODE') return trimmed;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : NaN;
}

const text = v.pipe(v.string(), v.maxLength(MAX_CHARS));
const score = v.pipe(
  v.nullish(v.union([v.number(), v.pipe(v.string(), v.maxLength(40))])),
  v.transform((value) => (value === undefined ? undefined : cellScore(value))),
  v.check(
    (value) => typeof value !== 'number' || (value >= 0 && value <= 100),
    'is no score from 0 to 100',
  ),
);

const Row = v.object({
  question: v.optional(text),
  question_text: v.optional(text),
  prompt: v.optional(text),
  // pandas makes a missing value of an empty answer.
  answer: v.nullish(text),
  response: v.nullish(text),
  arm: v.optional(text),
  model: v.optional(text),
  aligned: score,
  alignment: score,
  coherent: score,
  coherence: score,
  verdict: v.optional(
    v.nullable(
      v.picklist(['aligned', 'misaligned', 'mixed', 'offTopic', 'incoherent', 'unscored']),
    ),
  ),
});

const fail = (code: DirectionFileError['code'], file: string, reason: string): DirectionFileError =>
  new DirectionFileError(
    code,
    file,
    reason,
    'Use JSON lines or a CSV table with question, answer, aligned and coherent.',
  );

/**
 * @param where 'Line 3', 'Answer 3'
 * @param traits whether columns of a trait stand in for scores
 * @throws DirectionFileError that names the line.
 */
function rowFrom(value: unknown, where: string, file: string, traits: boolean): JudgedAnswer {
  const parsed = v.safeParse(Row, value, { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const path = v.getDotPath(issue);
    const what = path === null ? issue.message : `field "${path}": ${issue.message}`;
    throw fail('wrong-shape', file, `${where}: ${what.slice(0, 300)}.`);
  }
  const row = parsed.output;
  const question = row.question ?? row.question_text ?? row.prompt;
  const empty = row.answer === null || row.response === null ? '' : undefined;
  const answer = row.answer ?? row.response ?? empty;
  if (question === undefined || answer === undefined) {
    const missing = question === undefined ? 'question' : 'answer';
    throw fail('wrong-shape', file, `${where} has no ${missing}.`);
  }
  const alignment = row.aligned ?? row.alignment;
  const coherence = row.coherent ?? row.coherence;
  const scores = [row.aligned, row.alignment, row.coherent, row.coherence];
  const scored = scores.some((one) => one !== undefined && one !== null);
  const hasScoreFields = scores.some((one) => one !== undefined);
  if (!hasScoreFields && !traits && row.verdict == null) {
    throw fail('wrong-shape', file, `${where} has neither scores nor a verdict.`);
  }
  const givenVerdict = row.verdict ?? null;
  return {
    question,
    answer,
    model: row.model ?? row.arm ?? '',
    alignment: alignment ?? null,
    coherence: coherence ?? null,
    // Scores decide if there are any; the built-in judge and people give a verdict without scores.
    verdict:
      !scored && givenVerdict !== null
        ? givenVerdict
        : scoredVerdict(alignment ?? null, coherence ?? null),
  };
}

const tooMany = (file: string): DirectionFileError =>
  fail('too-large', file, `It has over ${MAX_ROWS} answers.`);

/** An object of a file and its position. */
interface Found {
  readonly value: unknown;
  readonly where: string;
}

/** @throws DirectionFileError */
function fromTable(content: string, file: string): Found[] {
  const found: Found[] = [];
  try {
    let head: readonly string[] | null = null;
    for (const row of csvRows(content, { columns: MAX_COLUMNS, rows: 2 * MAX_ROWS })) {
      if (row.length === 1 && row[0]!.trim() === '') continue;
      if (head) {
        if (found.length >= MAX_ROWS) throw tooMany(file);
        const where = `Line ${found.length + 2}`;
        // A comma without quotes shifts every cell after it.
        if (row.slice(head.length).some((cell) => cell.trim() !== '')) {
          throw fail(
            'wrong-shape',
            file,
            `${where} has ${row.length} cells, but the first line names ${head.length} columns.`,
          );
        }
        const cells = head.map((name, i) => [name, row[i]] as const);
        found.push({ value: Object.fromEntries(cells), where });
        continue;
      }
      head = row;
      const twice = head.find((name, i) => name in Row.entries && head!.indexOf(name) < i);
      if (twice !== undefined) {
        throw fail('wrong-shape', file, `Two columns have the name "${twice}".`);
      }
      if (!head.some((name) => name === 'answer' || name === 'response')) break;
    }
    if (!head?.some((name) => name === 'answer' || name === 'response')) {
      throw fail('corrupt', file, 'Its first line is neither JSON nor names of columns.');
    }
  } catch (error) {
    if (!(error instanceof CsvLimitError)) throw error;
    throw fail('too-large', file, error.message);
  }
  return found;
}

/** @throws DirectionFileError */
function fromLines(content: string, file: string): Found[] {
  const found: Found[] = [];
  for (const [i, line] of content.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `Line ${i + 1}`;
    if (found.length >= MAX_ROWS) throw tooMany(file);
    if (line.length > MAX_LINE_CHARS) throw fail('too-large', file, `${where} is too long.`);
    try {
      found.push({ value: parsePythonJson(line).value, where });
    } catch {
      throw fail('corrupt', file, `${where} is not JSON.`);
    }
  }
  return found;
}

/** @throws DirectionFileError */
function fromArray(content: string, file: string): Found[] {
  if (hasMoreBrackets(content, MAX_BRACKETS)) {
    throw fail('too-large', file, `It has more than ${MAX_BRACKETS} lists and objects.`);
  }
  let value: unknown;
  try {
    ({ value } = parsePythonJson(content));
  } catch {
    throw fail('corrupt', file, 'It begins as a JSON array and is not JSON.');
  }
  const list = value as readonly unknown[];
  if (list.length > MAX_ROWS) throw tooMany(file);
  return list.map((one, i) => ({ value: one, where: `Answer ${i + 1}` }));
}

const isRow = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Columns that score a trait, where nothing scores alignment or gives a verdict. */
function traitsIn(found: readonly Found[]): ReturnType<typeof traitColumns> {
  const rows = found.map(({ value }) => value).filter(isRow);
  const judged = ['aligned', 'alignment', 'verdict'];
  if (rows.length < found.length || rows.some((row) => judged.some((name) => name in row))) {
    return [];
  }
  return traitColumns(rows, new Set(Object.keys(Row.entries)), (cell) => {
    const score = cellScore(cell);
    return typeof score !== 'number' || (score >= 0 && score <= 100) ? score : undefined;
  });
}

/** Notes on answers without a verdict. */
function notesOn(rows: readonly JudgedAnswer[], traits: ReturnType<typeof traitsIn>): string[] {
  const unscored = rows.filter(({ verdict }) => verdict === 'unscored').length;
  // Where coherence alone decides every verdict, the trait is still no score of alignment.
  if (unscored === 0) return traits.map(describeTrait);
  if (rows.every(({ alignment }) => alignment === null)) {
    return [
      ...traits.map(describeTrait),
      `The file has no scores of alignment, so ${unscored} of ${rows.length} answers count as not scored.`,
    ];
  }
  const refused = rows.filter(({ alignment, coherence }) =>
    [alignment, coherence].some((one) => typeof one === 'string'),
  ).length;
  const refusals = refused > 0 ? `, ${refused} of them REFUSAL or CODE` : '';
  return [`Answers without a score: ${unscored} of ${rows.length}${refusals}.`];
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
  const first = content.trimStart()[0];
  const read = first === '{' ? fromLines : first === '[' ? fromArray : fromTable;
  const found = read(content, file);
  const traits = traitsIn(found);
  const rows = found.map(({ value, where }) => rowFrom(value, where, file, traits.length > 0));
  if (rows.length === 0) throw fail('nothing-inside', file, 'It has no answers.');
  const models = new Set(rows.map(({ model }) => model)).size;
  if (models > MAX_MODELS) {
    throw new DirectionFileError(
      'too-large',
      file,
      `It names ${models} different models, more than the ${MAX_MODELS} allowed here.`,
      'Check that the column "model" holds names of models.',
    );
  }
  const notes = notesOn(rows, traits);
  return { file, rows, ...(notes.length > 0 && { notes }) };
}
