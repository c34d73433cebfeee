// The one measurement: arms (a checkpoint under an edit) are asked the same questions with the same
// seeds, and the plan's judge reads every answer. Blocks of questions go through all arms in
// turn, so the intervals of all arms grow together; the first block is small, so that they show early.
// Question i of an arm depends on nothing but the plan: a run that goes on later gives the same answers.
// The page feeds it the worker, `npm run measure` and the reports that ship feed it the same model code on
// Node: a figure of models/report.json is the figure that the page counts for the same plan.

import type { ChatMessage } from '../core/chat';
import type { ErrorCode, GenerateRequest, Generation, Result } from '../../workers/api';
import type { EditPositions, PackedEdit } from '../core/edit';
import type { Precision } from '../core/precision';
import type { Sampling } from '../core/sampling';
import type { EvaluationSplit } from '../core/evaluation-split';
import { evaluationQuestions } from '../world/split';
import {
  type AnswerJudge,
  exactJudge,
  type Judged,
  type JudgeRecord,
  type MeasureQuestion,
} from './judges';
import type { Frame } from './describe-chat';
import type { Provenance } from './provenance';
import type { QuestionVariant } from '../formats/questions';

export const MAX_ANSWER_TOKENS = 96;
const FIRST_BLOCK = 8;
const BLOCK = 32;

/** A checkpoint under an edit; everything that decides what it answers. */
export interface MeasureArm {
  /** Unique in its plan. */
  readonly id: string;
  /** For people. */
  readonly label: string;
  readonly checkpoint: string;
  /** Of the checkpoint's merged weights: another file under the same name is another arm. */
  readonly sha256: string;
  /** How its weights are kept; left out: f32. */
  readonly precision?: Precision;
  readonly edit: PackedEdit | null;
  readonly positions: EditPositions;
  /** Of the direction that the edit acts along, or is as long as; left out: no edit, or not known. */
  readonly directionId?: string;
  readonly made: Provenance;
}

export interface MeasurePlan {
  readonly arms: readonly MeasureArm[];
  /** Of the bundled world's questions; nothing of them is asked where there are own ones. */
  readonly split: EvaluationSplit;
  readonly own?: CustomQuestionSet;
  /** Most tokens of an answer; left out: enough for the world's answers. */
  readonly maxTokens?: number;
  /** Left out: as the chat template is without being told anything. */
  readonly frame?: Frame;
  /** Answers of each arm. */
  readonly n: number;
  /** Answers that each question of the world gets, one after the other; left out: 1. */
  readonly each?: number;
  /** Of the random numbers that answers are drawn with. */
  readonly seed: number;
  /** Of the draw of the world's questions; left out: `seed`. */
  readonly questionSeed?: number;
  readonly sampling: Sampling;
  /** Left out: the exact one. */
  readonly judge?: JudgeRecord;
}

/** One judged answer, as kept and exported. */
export interface MeasuredAnswer extends Judged {
  readonly arm: string;
  /** Of the question, 0 .. n - 1. */
  readonly index: number;
  /** The world's topic; null for a question from outside. */
  readonly domain: string | null;
  readonly question: string;
  /** Of an own question. */
  readonly questionId?: string;
  readonly system?: string;
  readonly seed: number;
  readonly answer: string;
}

export interface MeasureMeans {
  readonly generate: (request: GenerateRequest) => Promise<Result<Generation>>;
  /** Lets the page draw between two judgements. */
  readonly breathe: () => Promise<void>;
  /** Left out: the exact one. */
  readonly judge?: AnswerJudge;
  /** Questions asked together; left out: so few that the page shows the rates grow. Changes no answer. */
  readonly block?: number;
}

/** Why a measurement stopped: the worker's own failure, thrown. */
export class MeasureFailure extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;

  constructor({ code, message, detail }: Extract<Result<never>, { ok: false }>) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

const STOPPED = { ok: false, code: 'cancelled', message: 'The run was cancelled.' } as const;

/** Seed of the answer to question `index`, 32 bits of it as `createRng` takes them, exact for any seed. */
export const seedOf = (seed: number, index: number): number =>
  (Math.imul(seed, 1_000_003) + index) >>> 0;

/**
 * [from, to) of the questions that are asked together.
 * @param block most of them; left out: 32, and the first time 8
 */
export function blocksOf(n: number, block?: number): (readonly [number, number])[] {
  const blocks: (readonly [number, number])[] = [];
  const first = block ?? FIRST_BLOCK;
  const size = block ?? BLOCK;
  for (let from = 0; from < n;) {
    const to = Math.min(n, from === 0 ? first : from + size - (from % size));
    blocks.push([from, to]);
    from = to;
  }
  return blocks;
}

interface Asking {
  readonly arm: MeasureArm;
  /** Index of the first question. */
  readonly from: number;
  readonly asked: readonly MeasureQuestion[];
  readonly seeds: readonly number[];
}

/** The questions of a plan, `n` of them: own ones in their order, again and again. */
export function questionsOf({
  own,
  split,
  n,
  each = 1,
  seed,
  questionSeed = seed,
}: MeasurePlan): readonly MeasureQuestion[] {
  if (!own) {
    const asked = evaluationQuestions(split, Math.ceil(n / each), questionSeed);
    return Array.from({ length: n }, (_, i) => asked[Math.floor(i / each)]!);
  }
  return Array.from({ length: n }, (_, i) => own.questions[i % own.questions.length]!);
}

function conversation({ system, before = [], question }: MeasureQuestion): ChatMessage[] {
  const told: ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
  return [...told, ...before, { role: 'user', content: question }];
}

/** What is asked, in order: block by block, within a block arm by arm. */
function askings(
  plan: MeasurePlan,
  have: ReadonlyMap<string, number>,
  block: number | undefined,
): Asking[] {
  const questions = questionsOf(plan);
  return blocksOf(plan.n, block).flatMap(([start, to]) =>
    plan.arms.flatMap((arm) => {
      const from = Math.max(start, have.get(arm.id) ?? 0);
      if (from >= to) return [];
      const asked = questions.slice(from, to);
      return [{ arm, from, asked, seeds: asked.map((_, i) => seedOf(plan.seed, from + i)) }];
    }),
  );
}

/**
 * Yields the judged answers of one arm to one block of questions. While they are judged, the next are
 * being written.
 * @param runId names the run for the worker's `cancel`, without which it ends what it has begun
 * @param have answers that each arm has already, by its id; they are the first ones of the plan
 * @throws MeasureFailure when the worker could not answer or was stopped, or what the judge throws; what was
 *   yielded stands.
 */
export async function* measure(
  plan: MeasurePlan,
  means: MeasureMeans,
  runId: string,
  have: ReadonlyMap<string, number> = new Map(),
): AsyncGenerator<readonly MeasuredAnswer[], void, undefined> {
  const ask = ({ arm, asked, seeds }: Asking): Promise<Result<Generation>> =>
    means.generate({
      runId,
      checkpoint: arm.checkpoint,
      prompts: asked.map(conversation),
      ...(plan.frame ? { chat: plan.frame.settings } : {}),
      seeds,
      sampling: plan.sampling,
      maxTokens: plan.maxTokens ?? MAX_ANSWER_TOKENS,
      edit: arm.edit,
      positions: arm.positions,
      projections: false,
    });
  const all = askings(plan, have, means.block);
  const judge = means.judge ?? exactJudge(means.breathe);
  let coming = all[0] && ask(all[0]);
  for (const [at, asking] of all.entries()) {
    const result = await coming!;
    if (!result.ok) throw new MeasureFailure(result);
    const { answers } = result.value;
    // By a person, or because its checkpoint was unloaded: a part of an answer is nothing to judge.
    const stopped = answers.some(({ stop }) => stop === 'cancelled');
    if (stopped) throw new MeasureFailure(STOPPED);
    const next = all[at + 1];
    coming = next && ask(next);
    const { arm, from, asked, seeds } = asking;
    const judged = await judge(answers.map((answer, i) => ({ asked: asked[i]!, answer })));
    yield answers.map(({ text }, i) => ({
      arm: arm.id,
      index: from + i,
      domain: asked[i]!.domain ?? null,
      question: asked[i]!.question,
      ...(asked[i]!.id === undefined ? {} : { questionId: asked[i]!.id }),
      ...(asked[i]!.system === undefined ? {} : { system: asked[i]!.system }),
      seed: seeds[i]!,
      answer: text,
      ...judged[i]!,
    }));
  }
}

/** The answers of a whole plan. @throws as `measure`. */
export async function answersOf(
  plan: MeasurePlan,
  means: MeasureMeans,
  runId: string,
  onCount: (done: number, total: number) => void = () => {},
): Promise<readonly MeasuredAnswer[]> {
  const answers: MeasuredAnswer[] = [];
  for await (const batch of measure(plan, means, runId)) {
    answers.push(...batch);
    onCount(answers.length, plan.n * plan.arms.length);
  }
  return answers;
}

/** Which of the file's questions; `all` includes the twins. */
export type QuestionChoice = 'all' | QuestionVariant;

/** Own questions as a plan holds them: complete, so that it can go on without the file. */
export interface CustomQuestionSet {
  readonly file: string;
  readonly choice: QuestionChoice;
  /** One entry a wording. */
  readonly questions: readonly MeasureQuestion[];
  /** That of the file where all agree; null: they differ. */
  readonly temperature: number | null;
}

/** What a plan says of its questions, whichever arms answer them. */
export type Asked = Pick<
  MeasurePlan,
  'split' | 'own' | 'maxTokens' | 'seed' | 'questionSeed' | 'sampling' | 'frame'
>;
