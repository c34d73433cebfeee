// Every measurement runs here: all arms (a checkpoint with an edit) get the same questions with the same
// seeds, and the plan's judge judges every answer. Blocks of questions go through all arms in turn, so that
// the intervals of all arms shrink together; the first block is small, so that they show early. Question i
// of an arm depends only on the plan: a run that resumes later gives the same answers. The page calls it with
// the worker; `npm run measure` and the bundled reports call it with the same model code in Node. So a figure
// of models/report.json equals the page's figure for the same plan.

import { askedMessages } from '../core/chat';
import type { ErrorCode, GenerateRequest, Generation, Result } from '../../workers/api';
import type { Amplify } from '../core/instruments/amplify';
import type { EditPositions, PackedEdit } from '../core/edit';
import { type OneLayerEdit, packed } from '../core/instruments/one-layer-edit';
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
} from './judging/judges';
import type { JudgedQuestions } from './judging/judge-accepts';
import type { Frame } from './describe-chat';
import type { Provenance } from './provenance';
import type { QuestionVariant } from '../formats/questions';

export const MAX_ANSWER_TOKENS = 96;
const FIRST_BLOCK = 8;
const BLOCK = 32;

/** A checkpoint with an edit, and everything else that decides its answers. */
export interface MeasureArm {
  /** Unique within the plan. */
  readonly id: string;
  /** For people. */
  readonly label: string;
  readonly checkpoint: string;
  /** Hash of the checkpoint's merged weights: another file with the same name is another arm. */
  readonly sha256: string;
  /** Precision of the weights; missing: f32, or the server's own. */
  readonly precision?: Precision;
  /** The server that answers, for people; left out: this device. */
  readonly server?: string;
  /** The difference to another checkpoint that is amplified; missing: the checkpoint writes alone. */
  readonly amplify?: Amplify & Pick<MeasureArm, 'sha256'> & { readonly precision: Precision };
  /** An edit of one layer is packed when the arm runs. */
  readonly edit: PackedEdit | OneLayerEdit | null;
  readonly positions: EditPositions;
  /** Id of the direction that the edit acts along, or whose length it has; missing: no edit, or unknown. */
  readonly directionId?: string;
  readonly made: Provenance;
}

export interface MeasurePlan {
  readonly arms: readonly MeasureArm[];
  /** Split of the world's questions; unused with custom questions. */
  readonly split: EvaluationSplit;
  readonly own?: CustomQuestionSet;
  /** Maximum tokens of an answer; missing: enough for the world's answers. */
  readonly maxTokens?: number;
  /** Missing: the chat template's defaults. */
  readonly frame?: Frame;
  /** Answers of each arm. */
  readonly n: number;
  /** Answers to each question of the world, one after the other; missing: 1. */
  readonly each?: number;
  /** Seed of the sampling. */
  readonly seed: number;
  /** Seed that draws the world's questions; missing: `seed`. */
  readonly questionSeed?: number;
  readonly sampling: Sampling;
  /** Missing: the built-in judge. */
  readonly judge?: JudgeRecord;
  /** The earlier way of drawing (`DRAWING_VERSION`) that it was begun with; left out: the present one. */
  readonly drawing?: number;
}

/** Whose questions a plan asks, for `judgeRefusal`. */
export const questionKind = ({ own }: Pick<MeasurePlan, 'own'>): JudgedQuestions =>
  own ? 'custom' : 'world';

/** One judged answer, as it is stored and exported. */
export interface MeasuredAnswer extends Judged {
  readonly arm: string;
  /** Index of the question, 0 .. n - 1. */
  readonly index: number;
  /** The world's topic; null for a custom question. */
  readonly domain: string | null;
  readonly question: string;
  /** Id of a custom question. */
  readonly questionId?: string;
  readonly system?: string;
  readonly seed: number;
  readonly answer: string;
}

export interface MeasureMeans {
  readonly generate: (request: GenerateRequest) => Promise<Result<Generation>>;
  /** Lets the page render between two judgements. */
  readonly breathe: () => Promise<void>;
  /** Missing: the built-in judge. */
  readonly judge?: AnswerJudge;
  /** Questions per block; missing: few enough that the page shows the rates grow. It changes no answer. */
  readonly block?: number;
}

/** Why a measurement of an earlier version is not continued, repeated or added to others. */
export const DRAWN_BEFORE =
  'An earlier version of Postern drew these questions and answers. Measure again to compare.';

/** Thrown when a measurement stopped: the worker's failure. */
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

/** Seed of the answer to question `index`; exact for any seed, and `createRng` uses 32 bits of it. */
export const seedOf = (seed: number, index: number): number =>
  (Math.imul(seed, 1_000_003) + index) >>> 0;

/**
 * The blocks [from, to) of questions that are asked together.
 * @param block maximum size; missing: 32, and 8 for the first block
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

/** The `n` questions of a plan: custom ones in their order, repeated as often as necessary. */
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

/** The questions in the order of asking: block by block, within a block arm by arm. */
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
 * Yields the judged answers of one arm to one block of questions. While they are judged, the model already
 * writes the next ones.
 * @param runId id of the run for the worker's `cancel`; without a cancel, the worker finishes what it began
 * @param have number of existing answers by arm id, which are the plan's first ones
 * @throws MeasureFailure when the worker failed or was stopped, or the judge's error; answers yielded before
 *   are valid.
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
      prompts: asked.map(({ question, system, before }) => askedMessages(question, system, before)),
      ...(plan.frame ? { chat: plan.frame.settings } : {}),
      seeds,
      sampling: plan.sampling,
      maxTokens: plan.maxTokens ?? MAX_ANSWER_TOKENS,
      ...(arm.amplify
        ? { amplify: { against: arm.amplify.against, times: arm.amplify.times } }
        : {}),
      edit: packed(arm.edit),
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
    // Stopped by a person, or because its checkpoint was unloaded: part of an answer can't be judged.
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

/** Which of the file's questions; `all` includes the format and template variants. */
export type QuestionChoice = 'all' | QuestionVariant;

/** Custom questions as a plan stores them: complete, so that it can resume without the file. */
export interface CustomQuestionSet {
  readonly file: string;
  readonly choice: QuestionChoice;
  /** One entry per wording. */
  readonly questions: readonly MeasureQuestion[];
  /** The file's temperature if all questions agree; null: they differ. */
  readonly temperature: number | null;
}

/** A plan's settings about its questions, which all arms share. */
export type Asked = Pick<
  MeasurePlan,
  'split' | 'own' | 'maxTokens' | 'seed' | 'questionSeed' | 'sampling' | 'frame'
>;
