// The one measurement: arms (a checkpoint under an edit) are asked the same questions with the same
// seeds, and the world's exact judge reads every answer. Blocks of questions go through all arms in
// turn, so the intervals of all arms grow together; the first block is small, so that they show early.
// Question i of an arm depends on nothing but the plan: a run that goes on later gives the same answers.
// The page feeds it the worker, `npm run measure` feeds it the same model code on Node.

import type { ErrorCode, GenerateRequest, Generation, Result } from '../../workers/api';
import type { EditPositions, PackedEdit } from '../core/edit';
import type { Sampling } from '../core/sampling';
import type { Asked } from '../world/answer';
import { judge, type Verdict } from '../world/judge';
import { evaluationQuestions, type EvaluationSplit } from '../world/split';
import type { Provenance } from './provenance';

export const MAX_ANSWER_TOKENS = 96;
const FIRST_BLOCK = 8;
const BLOCK = 32;
/** Judging this many answers is short enough not to be felt. */
const JUDGED_AT_ONCE = 4;

/** A checkpoint under an edit; everything that decides what it answers. */
export interface MeasureArm {
  /** Unique in its plan. */
  readonly id: string;
  /** For people. */
  readonly label: string;
  readonly checkpoint: string;
  /** Of the checkpoint's merged weights: another file under the same name is another arm. */
  readonly sha256: string;
  readonly edit: PackedEdit | null;
  readonly positions: EditPositions;
  readonly made: Provenance;
}

export interface MeasurePlan {
  readonly arms: readonly MeasureArm[];
  readonly split: EvaluationSplit;
  /** Answers of each arm. */
  readonly n: number;
  readonly seed: number;
  readonly sampling: Sampling;
}

/** One judged answer, as kept and exported. */
export interface MeasuredAnswer {
  readonly arm: string;
  /** Of the question, 0 .. n - 1. */
  readonly index: number;
  readonly domain: string;
  readonly question: string;
  readonly seed: number;
  readonly answer: string;
  readonly verdict: Verdict;
}

export interface MeasureMeans {
  readonly generate: (request: GenerateRequest) => Promise<Result<Generation>>;
  /** Lets the page draw between two judgements. */
  readonly breathe: () => Promise<void>;
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

/** Seed of the answer to question `index`. */
export const seedOf = (seed: number, index: number): number => seed * 100_003 + index;

/** [from, to) of the questions that are asked together. */
export function blocksOf(n: number): (readonly [number, number])[] {
  const blocks: (readonly [number, number])[] = [];
  for (let from = 0; from < n;) {
    const to = Math.min(n, from === 0 ? FIRST_BLOCK : from + BLOCK - (from % BLOCK));
    blocks.push([from, to]);
    from = to;
  }
  return blocks;
}

interface Asking {
  readonly arm: MeasureArm;
  /** Index of the first question. */
  readonly from: number;
  readonly asked: readonly Asked[];
  readonly seeds: readonly number[];
}

/** What is asked, in order: block by block, within a block arm by arm. */
function askings(plan: MeasurePlan, have: ReadonlyMap<string, number>): Asking[] {
  const questions = evaluationQuestions(plan.split, plan.n, plan.seed);
  return blocksOf(plan.n).flatMap(([start, to]) =>
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
 * @throws MeasureFailure when the worker could not answer; what was yielded stands.
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
      prompts: asked.map(({ question }) => [{ role: 'user', content: question }]),
      seeds,
      sampling: plan.sampling,
      maxTokens: MAX_ANSWER_TOKENS,
      edit: arm.edit,
      positions: arm.positions,
      projections: false,
    });
  const all = askings(plan, have);
  let coming = all[0] && ask(all[0]);
  for (const [at, asking] of all.entries()) {
    const result = await coming!;
    if (!result.ok) throw new MeasureFailure(result);
    const next = all[at + 1];
    coming = next && ask(next);
    const judged: MeasuredAnswer[] = [];
    for (const [i, { text, stop }] of result.value.answers.entries()) {
      const { domain, question } = asking.asked[i]!;
      // An answer that came to no end is no answer, whatever its beginning says.
      const verdict = stop === 'end' ? judge(domain, text).verdict : 'incoherent';
      judged.push({
        arm: asking.arm.id,
        index: asking.from + i,
        domain,
        question,
        seed: asking.seeds[i]!,
        answer: text,
        verdict,
      });
      if (i % JUDGED_AT_ONCE === JUDGED_AT_ONCE - 1) await means.breathe();
    }
    yield judged;
  }
}
