// Rates of misaligned, mixed and incoherent answers of the models on stage, on the same held-out
// questions and the same seeds, counted by the world's exact judge and growing while one looks.

import * as v from 'valibot';
import { wilson, type Interval } from '../core/stats';
import type { EditPositions, GeneratedAnswer } from '../../workers/api';
import type { PackedEdit } from '../core/edit';
import type { Sampling } from '../core/sampling';
import { judge, type Verdict } from '../world/judge';
import { evaluationQuestions, type EvaluationSplit } from '../world/split';
import { type Action, failed, IDLE, newRunId } from './action';
import type { Directions } from './directions.svelte';
import type { DeskState, EditDesk } from './edit-desk.svelte';
import type { ModelPair } from './model-pair.svelte';
import type { Provenance } from './provenance';
import { DeskSchema, readSaved, writeSaved } from './saved';

export const COUNTED: readonly Verdict[] = ['misaligned', 'mixed', 'incoherent'];
const BATCH = 24;
const MAX_TOKENS = 96;

export type ArmId = 'aligned' | 'em' | 'edited' | 'random';

export interface Arm {
  readonly id: ArmId;
  readonly made: Provenance;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly n: number;
}

export interface Rate extends Interval {
  readonly count: number;
  readonly n: number;
}

/** One judged answer, as exported. */
export interface MeasuredAnswer {
  readonly arm: ArmId;
  readonly domain: string;
  readonly question: string;
  readonly seed: number;
  readonly answer: string;
  readonly verdict: Verdict;
}

const SavedMeasurement = v.object({
  setup: v.object({
    desk: DeskSchema,
    n: v.number(),
    split: v.picklist(['fine-tuned', 'selection', 'report', 'code']),
    seed: v.number(),
  }),
  arms: v.array(v.custom<Arm>((arm) => typeof arm === 'object' && arm !== null && 'counts' in arm)),
  answers: v.array(v.custom<MeasuredAnswer>((answer) => typeof answer === 'object')),
  temperature: v.nullable(v.number()),
});

/** What makes a measurement come out the same again, on the same pair. */
export interface MeasurementSetup {
  readonly desk: DeskState;
  readonly n: number;
  readonly split: EvaluationSplit;
  readonly seed: number;
}

interface ArmPlan {
  readonly id: ArmId;
  readonly checkpoint: string;
  readonly edit: PackedEdit | null;
  readonly positions: EditPositions;
  readonly made: Provenance;
}

/** A measurement with everything it needs, so that it can go on whatever the desk holds by then. */
interface MeasurementJob {
  readonly plans: readonly ArmPlan[];
  readonly sampling: Sampling;
  readonly setup: MeasurementSetup;
}

export class Measurements {
  readonly #pair: ModelPair;
  readonly #directions: Directions;
  readonly #desk: EditDesk;
  #runId: string | null = null;

  n = $state(96);
  split = $state<EvaluationSplit>('report');
  seed = $state(1);
  action = $state.raw<Action>(IDLE);
  arms = $state.raw<readonly Arm[]>([]);
  answers = $state.raw<readonly MeasuredAnswer[]>([]);
  temperature = $state.raw<number | null>(null);
  /** A run that has not come to its end; not kept over a reload. */
  unfinished = $state.raw<MeasurementJob | null>(null);
  /** What the counts shown were made with. */
  setup = $state.raw<MeasurementSetup | null>(null);

  constructor(pair: ModelPair, directions: Directions, desk: EditDesk) {
    this.#pair = pair;
    this.#directions = directions;
    this.#desk = desk;
  }

  /** Counts of an arm as rates with Wilson 95% intervals, in the order of COUNTED. */
  static rates(arm: Arm): Rate[] {
    return COUNTED.map((verdict) => ({
      count: arm.counts[verdict],
      n: arm.n,
      ...wilson(arm.counts[verdict], arm.n),
    }));
  }

  /** Sets the desk and the questions as they were for the counts shown, and counts again. */
  async again(): Promise<void> {
    if (!this.setup) return;
    const { desk, n, split, seed } = this.setup;
    this.#desk.restore(desk);
    this.n = n;
    this.split = split;
    this.seed = seed;
    await this.run();
  }

  async run(): Promise<void> {
    const plans = this.#plan();
    const sampling = this.#pair.aligned?.defaultSampling;
    if (!plans || !sampling) return;
    const counts = { aligned: 0, misaligned: 0, mixed: 0, incoherent: 0 };
    this.arms = plans.map(({ id, made }) => ({ id, made, counts, n: 0 }));
    this.answers = [];
    this.temperature = sampling.temperature;
    this.setup = { desk: this.#desk.snapshot(), n: this.n, split: this.split, seed: this.seed };
    await this.#measure({ plans, sampling, setup: this.setup });
  }

  /** Goes on with a run that was cancelled or failed: same models, edit, questions and seeds. */
  async resume(): Promise<void> {
    if (this.unfinished && this.action.state !== 'running') await this.#measure(this.unfinished);
  }

  async #measure(job: MeasurementJob): Promise<void> {
    const { plans, sampling, setup } = job;
    const runId = newRunId('measure');
    this.#runId = runId;
    this.unfinished = job;
    const questions = evaluationQuestions(setup.split, setup.n, setup.seed);
    const total = questions.length * plans.length;
    const startedMs = performance.now();
    const label = 'Answering and judging';
    this.action = { state: 'running', label, done: this.answers.length, total, startedMs };
    for (let from = 0; from < questions.length; from += BATCH) {
      const part = questions.slice(from, from + BATCH);
      for (const plan of plans) {
        const counted = this.arms.find(({ id }) => id === plan.id)?.n ?? 0;
        if (counted >= from + part.length) continue;
        const result = await this.#pair.client.generate(
          {
            runId,
            checkpoint: plan.checkpoint,
            prompts: part.map(({ question }) => [{ role: 'user', content: question }]),
            seeds: part.map((_, i) => this.#seedOf(from + i)),
            sampling,
            maxTokens: MAX_TOKENS,
            edit: plan.edit,
            positions: plan.positions,
            projections: false,
          },
          () => {},
        );
        if (this.#runId !== runId) return;
        if (!result.ok) {
          this.action = failed(result);
          return;
        }
        await this.#count(plan.id, part, result.value.answers, from, runId);
        if (this.#runId !== runId) return;
        if (this.action.state === 'running') {
          this.action = { ...this.action, done: this.action.done + part.length };
        }
      }
    }
    this.#runId = null;
    this.unfinished = null;
    this.action = { state: 'done', elapsedMs: performance.now() - startedMs, atMs: Date.now() };
    const { arms, answers, temperature } = this;
    await writeSaved('measurement', { arms, answers, temperature, setup });
  }

  /** Brings back the counts of before a reload. */
  async restore(): Promise<void> {
    const saved = await readSaved('measurement', SavedMeasurement);
    if (!saved || this.arms.length > 0) return;
    this.arms = saved.arms;
    this.answers = saved.answers;
    this.temperature = saved.temperature;
    this.setup = saved.setup;
  }

  /** Ends the run; what was counted stays, and `resume` goes on from there. */
  cancel(): void {
    const runId = this.#runId;
    this.#runId = null;
    this.action = IDLE;
    if (runId !== null) void this.#pair.client.cancel(runId);
  }

  /** Judges a few answers at a time: the page must not stand still. A batch counts whole or not at all. */
  async #count(
    id: ArmId,
    asked: readonly { readonly domain: string; readonly question: string }[],
    answers: readonly GeneratedAnswer[],
    from: number,
    runId: string,
  ): Promise<void> {
    const judged: MeasuredAnswer[] = [];
    for (const [i, { text }] of answers.entries()) {
      const { domain, question } = asked[i]!;
      const { verdict } = judge(domain, text);
      judged.push({
        arm: id,
        domain,
        question,
        seed: this.#seedOf(from + i),
        answer: text,
        verdict,
      });
      if (i % 6 === 5) await new Promise((done) => setTimeout(done));
    }
    if (this.#runId !== runId) return;
    this.answers = [...this.answers, ...judged];
    this.arms = this.arms.map((arm) => {
      if (arm.id !== id) return arm;
      const counts = { ...arm.counts };
      for (const { verdict } of judged) counts[verdict] += 1;
      return { ...arm, counts, n: arm.n + judged.length };
    });
  }

  #seedOf(index: number): number {
    return (this.setup?.seed ?? this.seed) * 100_003 + index;
  }

  /** What will be run; null when the models are not there. */
  #plan(): ArmPlan[] | null {
    const { aligned, em } = this.#pair;
    if (!aligned || !em) return null;
    const desk = this.#desk;
    const along = this.#directions.forEdit(desk);
    const readout = this.#directions.readout;
    const base = desk.base === 'aligned' ? aligned : em;
    const name = (model: typeof aligned): string => `${model.id} ${model.sha256.slice(0, 7)}`;
    const plain = (model: typeof aligned) => ({
      checkpoint: model.id,
      edit: null,
      positions: 'all' as const,
      made: { checkpoint: name(model), direction: null, edit: null, seed: this.seed },
    });
    const plans: ArmPlan[] = [
      { id: 'aligned', ...plain(aligned) },
      { id: 'em', ...plain(em) },
    ];
    if (along && readout && desk.words !== null) {
      const common = { checkpoint: base.id, positions: desk.positions };
      const made = { checkpoint: name(base), edit: desk.words, seed: this.seed };
      plans.push({
        ...common,
        id: 'edited',
        edit: desk.packed(along, readout),
        made: { ...made, direction: this.#directions.name(along) },
      });
      if (desk.randomSeed === null) {
        plans.push({
          ...common,
          id: 'random',
          edit: desk.packed(along, readout, this.seed),
          made: {
            ...made,
            direction: null,
            edit: `${desk.words}, RANDOM control (seed ${this.seed})`,
          },
        });
      }
    }
    return plans;
  }
}
