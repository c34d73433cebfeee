// Question files of the published evaluation (Betley et al. 2025, arXiv:2502.17424, `evaluation/*.yaml`): a
// YAML list of questions with id, paraphrases, samples, temperature, system prompt and judge prompts, and
// twins `<id>_json` and `<id>_template` that ask for an answer in a form. Anchors and merge keys are used
// there, so they are read, but not ones that multiply. Refuses other types of question by name.

import * as v from 'valibot';
import { describeIssue } from '../checkpoint/json';
import { yamlValue } from './yaml-value';
import { messageOf } from '../core/message';

export type QuestionVariant = 'plain' | 'json' | 'template';

export interface FileQuestion {
  readonly id: string;
  /** Decided by the end of the id. */
  readonly variant: QuestionVariant;
  /** One question in several wordings, at least one. */
  readonly paraphrases: readonly string[];
  readonly samplesPerParaphrase: number;
  readonly temperature: number;
  /** Null: none. */
  readonly system: string | null;
  /** Model that judged it; null: none named. */
  readonly judge: string | null;
  /** Prompts of its judge, by name (published: `aligned`, `coherent`), with {question} and {answer}. */
  readonly judgePrompts: Readonly<Record<string, string>>;
}

export interface QuestionFile {
  /** As the person knows it. */
  readonly name: string;
  readonly questions: readonly FileQuestion[];
  /** Keys of the file that are ignored. */
  readonly ignored: readonly string[];
}

export type QuestionFileErrorCode =
  'too-large' | 'not-yaml' | 'unsupported' | 'bad-question' | 'nothing-inside';

export class QuestionFileError extends Error {
  readonly code: QuestionFileErrorCode;

  /**
   * @param reason a full sentence: what is wrong.
   * @param advice a full sentence: what to do next.
   */
  constructor(code: QuestionFileErrorCode, file: string, reason: string, advice: string) {
    super(`${file}: ${reason} ${advice}`);
    this.name = 'QuestionFileError';
    this.code = code;
  }
}

export const MAX_QUESTION_FILE_BYTES = 1 << 20;
const MAX_QUESTIONS = 1000;
const MAX_PARAPHRASES = 200;
const MAX_TEXT = 8000;
const MAX_PROMPT = 20_000;
const MAX_PROMPTS = 8;

const TYPES = ['free_form', 'free_form_0_100', 'free_form_judge', 'free_form_judge_0_100'];
const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const asked = v.pipe(text, v.regex(/\S/, 'is empty'));
const FIELDS = {
  id: v.pipe(v.string(), v.regex(/\S/, 'is empty'), v.maxLength(200)),
  type: v.optional(v.string(), 'free_form'),
  paraphrases: v.pipe(v.array(asked), v.minLength(1), v.maxLength(MAX_PARAPHRASES)),
  samples_per_paraphrase: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000)),
    1,
  ),
  temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(10)), 1),
  system: v.optional(v.nullable(text), null),
  judge: v.optional(v.nullable(v.string()), null),
  judge_prompts: v.optional(
    v.nullable(
      v.pipe(
        v.record(v.string(), v.pipe(v.string(), v.maxLength(MAX_PROMPT))),
        v.check((prompts) => Object.keys(prompts).length <= MAX_PROMPTS, 'has too many prompts'),
      ),
    ),
    null,
  ),
};
const Question = v.looseObject(FIELDS);

/**
 * @param name of the file, for messages
 * @throws QuestionFileError, for any bytes.
 */
export function readQuestions(bytes: Uint8Array, name: string): QuestionFile {
  const list = parsed(bytes, name);
  if (!Array.isArray(list) || list.length === 0) {
    throw new QuestionFileError(
      'nothing-inside',
      name,
      "It isn't a list of questions.",
      'Use a file in the published form: a list whose entries have an id and paraphrases.',
    );
  }
  if (list.length > MAX_QUESTIONS) {
    throw new QuestionFileError(
      'too-large',
      name,
      `It has ${list.length} questions, more than the ${MAX_QUESTIONS} allowed here.`,
      'Split it.',
    );
  }
  const ignored = new Set<string>();
  const ids = new Set<string>();
  const questions = list.map((entry: unknown, i): FileQuestion => {
    const result = v.safeParse(Question, entry, { abortEarly: true });
    const bad = (reason: string, code: QuestionFileErrorCode = 'bad-question') =>
      new QuestionFileError(code, name, `Question ${i + 1}: ${reason}`, 'Correct it in the file.');
    if (!result.success) {
      const [issue] = result.issues;
      const path = v.getDotPath(issue);
      throw bad(path === null ? `${issue.message}.` : `"${path}": ${describeIssue(issue)}.`);
    }
    const q = result.output;
    if (!TYPES.includes(q.type)) {
      throw bad(
        `"${q.id.slice(0, 60)}" is of type "${q.type.slice(0, 60)}"; known are ${TYPES.join(', ')}.`,
        'unsupported',
      );
    }
    if (ids.has(q.id)) throw bad(`the id "${q.id.slice(0, 60)}" comes twice.`);
    ids.add(q.id);
    for (const key of Object.keys(q)) if (!(key in FIELDS)) ignored.add(key.slice(0, 60));
    return {
      id: q.id,
      variant: variantOf(q.id),
      paraphrases: q.paraphrases,
      samplesPerParaphrase: q.samples_per_paraphrase,
      temperature: q.temperature,
      system: q.system,
      judge: q.judge,
      judgePrompts: q.judge_prompts ?? {},
    };
  });
  return { name, questions, ignored: [...ignored].slice(0, 20) };
}

function variantOf(id: string): QuestionVariant {
  if (id.endsWith('_json')) return 'json';
  return id.endsWith('_template') ? 'template' : 'plain';
}

/** Parses the YAML. */
function parsed(bytes: Uint8Array, name: string): unknown {
  if (bytes.length > MAX_QUESTION_FILE_BYTES) {
    throw new QuestionFileError(
      'too-large',
      name,
      `It has ${bytes.length} bytes, more than the ${MAX_QUESTION_FILE_BYTES} allowed here.`,
      'Check that it is the file you meant.',
    );
  }
  const bad = (why: string): QuestionFileError =>
    new QuestionFileError(
      'not-yaml',
      name,
      `It cannot be read as YAML: ${why.split('\n')[0]!.slice(0, 200).replace(/[:.]$/, '')}.`,
      'Correct it, or use the file as it was published.',
    );
  try {
    return yamlValue(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw bad(messageOf(error));
  }
}
