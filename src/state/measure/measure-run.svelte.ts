// One measurement on the page: running, paused, or restored after a reload. The plan is stored at the start,
// the answers after every block. Pausing keeps the rest of the plan, so that it can resume; cancelling
// keeps the counts and drops the rest. A late block costs as much as an early one: it is added to the counts and
// to the stored answers, and neither is made again.

import * as v from 'valibot';
import type { EndpointJudge } from '../../engine/endpoint-judge';
import { JudgeFailure } from '../../engine/judge-failure';
import type { Action } from '../action';
import { Task } from '../task.svelte';
import { judgeRefusal } from '../../measure/judging/judge-accepts';
import {
  type AnswerJudge,
  type AnswerVerdict,
  endpointJudge,
  EXACT,
  exactJudge,
  handJudge,
  type JudgeRecord,
} from '../../measure/judging/judges';
import { AnswerCounts, type CountedArm } from '../../measure/counts';
import { measure, questionKind } from '../../measure/run';
import type { MeasuredAnswer, MeasurePlan } from '../../measure/run';
import { servedBlock } from '../../engine/server-requests';
import type { ModelClient } from '../../engine/client';
import { fineTuneById } from '../../organism/registry';
import type { ModelPair } from '../pair/model-pair.svelte';
import { answersForm, PLAN_VERSION, planForm } from './saved-measurement';
import { readSaved, writeSaved } from '../saved';
import { KeptList } from '../saved/pieces';

/** What a run needs from the page's models. */
export interface RunModels extends Pick<
  ModelPair,
  'registry' | 'load' | 'checkpoint' | 'isOfWorld'
> {
  readonly client: Pick<ModelClient, 'generate' | 'cancel'>;
}

/** Opens the endpoint of a plan. A plan never holds the endpoint's key. */
export interface Endpoints {
  open(record: Extract<JudgeRecord, { kind: 'endpoint' }>): EndpointJudge;
}

/** A plan and its counts. */
interface Counted<About> {
  readonly begunMs: number;
  readonly plan: MeasurePlan;
  readonly about: About | null;
  readonly answers: readonly MeasuredAnswer[];
  readonly labelled: readonly number[];
  readonly dropped: boolean;
}

/** How long the page may work without a pause, ms: half of a frame. */
const BUSY_MS = 8;

/** Lets the page draw after `BUSY_MS` of work; a timer after every answer would cost 4 ms each. */
function breather(): () => Promise<void> {
  let sinceMs = performance.now();
  return async () => {
    if (performance.now() - sinceMs < BUSY_MS) return;
    await new Promise<void>((done) => setTimeout(done));
    sinceMs = performance.now();
  };
}

/** @template About the caller's data with the plan, as plain data. */
export class MeasureRun<About = null> {
  readonly #pair: RunModels;
  readonly #key: string;
  readonly #endpoints: Endpoints | null;
  readonly #aboutSchema: v.GenericSchema<unknown, About>;
  readonly #kept: KeptList<'answers', MeasuredAnswer>;
  #stop = new AbortController();
  readonly task: Task;

  /** Unix time at which the plan began; it also identifies the plan. 0 before a plan. */
  begunMs = $state(0);

  plan = $state.raw<MeasurePlan | null>(null);
  about = $state.raw<About | null>(null);
  answers = $state.raw<readonly MeasuredAnswer[]>([]);
  /** The last counts, and of which answers to which plan. */
  #lastCounts: {
    readonly plan: MeasurePlan;
    readonly answers: readonly MeasuredAnswer[];
    readonly counts: AnswerCounts;
  } | null = null;
  /** Indices in `answers` of hand labels, in the order of labelling. */
  labelled = $state.raw<readonly number[]>([]);
  /** The rest of the plan was cancelled. */
  #dropped = $state(false);
  /** The run that the current one replaced, which can be restored; lost after a reload. */
  former = $state.raw<Counted<About> | null>(null);

  readonly total = $derived((this.plan?.n ?? 0) * (this.plan?.arms.length ?? 0));
  readonly arms = $derived<readonly CountedArm[]>(
    this.plan ? this.#countsOf(this.plan, this.answers).arms() : [],
  );
  /** Counts of the replaced run's arms that are the same in this one: model, edit and judge. */
  readonly formerArms = $derived.by((): readonly CountedArm[] => {
    const { former, plan } = this;
    if (!former || !plan || (former.plan.judge ?? EXACT).kind !== this.judge.kind) return [];
    const sameArm = ({ id }: CountedArm): boolean => {
      const [now, then] = [plan, former.plan].map(({ arms }) => arms.find((arm) => arm.id === id));
      return (
        now?.sha256 === then?.sha256 &&
        now?.made.edit === then?.made.edit &&
        now?.made.direction === then?.made.direction
      );
    };
    return new AnswerCounts(former.plan).add(former.answers).arms().filter(sameArm);
  });
  readonly running = $derived(this.action.state === 'running');
  /** An earlier version started it, whose seeds draw other questions and answers. */
  readonly drawnBefore = $derived(this.plan?.drawing !== undefined);
  /** Stopped before its end; it can resume. */
  readonly paused = $derived(
    !this.running &&
      !this.#dropped &&
      !this.drawnBefore &&
      this.plan !== null &&
      this.answers.length < this.total,
  );

  readonly judge = $derived<JudgeRecord>(this.plan?.judge ?? EXACT);
  /** Number of answers without a verdict, which a person has to label. */
  readonly unlabelled = $derived(this.plan ? this.#countsOf(this.plan, this.answers).waiting : 0);

  /**
   * @param key of the stored run
   * @param endpoints for plans with a language-model judge
   * @param about schema of the caller's data with the plan, to read it after a reload
   */
  constructor(
    pair: RunModels,
    key: string,
    endpoints: Endpoints | null = null,
    about: v.GenericSchema<unknown, About> = v.unknown() as v.GenericSchema<unknown, About>,
  ) {
    this.#pair = pair;
    this.#key = key;
    this.task = new Task(key, (runId) => pair.client.cancel(runId));
    this.#endpoints = endpoints;
    this.#aboutSchema = about;
    this.#kept = new KeptList(`${key}-answers`, 'answers');
  }

  /** Counts all answers only where they are not the last ones counted. */
  #countsOf(plan: MeasurePlan, answers: readonly MeasuredAnswer[]): AnswerCounts {
    const last = this.#lastCounts;
    if (last?.plan === plan && last.answers === answers) return last.counts;
    const counts = new AnswerCounts(plan).add(answers);
    this.#lastCounts = { plan, answers, counts };
    return counts;
  }

  #append(plan: MeasurePlan, batch: readonly MeasuredAnswer[]): void {
    const before = this.answers;
    const counts = this.#countsOf(plan, before).add(batch);
    const answers = [...before, ...batch];
    this.#lastCounts = { plan, answers, counts };
    this.answers = answers;
    void this.#keep(before.length);
  }

  #judged(at: number, verdict: AnswerVerdict | null): void {
    this.answers = this.answers.with(at, { ...this.answers[at]!, verdict });
    void this.#keep(at, at + 1);
  }

  get action(): Action {
    return this.task.action;
  }

  /** Starts a new run; the counts before can be restored. */
  async start(plan: MeasurePlan, about: About): Promise<void> {
    this.pause();
    const before = this.#counted();
    // A count takes a minute to repeat and labelling takes an hour, so counts never replace labels.
    const keepsLabels = this.former !== null && this.former.labelled.length > 0;
    if (before && (before.labelled.length > 0 || !keepsLabels)) this.former = before;
    this.begunMs = Date.now();
    this.plan = plan;
    this.about = about;
    this.answers = [];
    this.labelled = [];
    this.#dropped = false;
    const running = this.resume();
    await this.#keepPlan();
    await running;
  }

  /** Restores the replaced run; the current run can then be restored in turn. */
  undo(): void {
    const { former } = this;
    if (!former) return;
    this.pause();
    this.former = this.#counted();
    this.begunMs = former.begunMs;
    this.plan = former.plan;
    this.about = former.about;
    this.answers = former.answers;
    this.labelled = former.labelled;
    this.#dropped = former.dropped;
    this.task.cancel();
    void this.#keepPlan();
    void this.#keep(0);
  }

  /** Null before the first answer. */
  #counted(): Counted<About> | null {
    const { begunMs, plan, about, answers, labelled } = this;
    if (!plan || answers.length === 0) return null;
    return { begunMs, plan, about, answers, labelled, dropped: this.#dropped };
  }

  /** Resumes a paused run with the same models, edits, questions and seeds. */
  async resume(): Promise<void> {
    const { plan } = this;
    if (!plan || !this.paused) return;
    const before = this.answers.length;
    const have = new Map(this.arms.map(({ id, answered }) => [id, answered]));
    const { client } = this.#pair;
    const breathe = breather();
    const stop = new AbortController();
    this.#stop = stop;
    await this.task.run('Answering and judging', async ({ runId, check, progress, end }) => {
      const say = (): void => progress(this.answers.length - before, this.total - before);
      say();
      try {
        const means = {
          generate: (request: Parameters<typeof client.generate>[0]) => client.generate(request),
          breathe,
          judge: this.#judge(breathe, stop.signal),
          ...this.#block(plan),
        };
        const refusal = judgeRefusal(this.judge.kind, this.#pair, questionKind(plan));
        if (refusal !== null) end({ state: 'failed', message: refusal });
        const missing = await this.#missing(plan);
        check();
        if (missing !== null) end({ state: 'failed', message: missing });
        for await (const batch of measure(plan, means, runId, have)) {
          check();
          this.#append(plan, batch);
          say();
        }
      } catch (error) {
        check();
        // Nobody reads the rest of the current block.
        void client.cancel(runId);
        throw error;
      }
    });
  }

  /** Stops at the token being written; `resume` continues, also after a reload. */
  pause(): void {
    this.#stop.abort();
    if (this.running) this.task.cancel();
  }

  /** Ends the run; its counts stay. */
  cancel(): void {
    this.pause();
    this.#dropped = true;
    void this.#keep(this.answers.length);
  }

  /** Sets a person's verdict on an answer; the view hides which arm it came from. */
  label(at: number, verdict: AnswerVerdict): void {
    if (this.answers[at]?.verdict !== null) return;
    this.labelled = [...this.labelled, at];
    this.#judged(at, verdict);
  }

  /** Removes the last label and returns its index; null without one. */
  unlabel(): number | null {
    const at = this.labelled.at(-1);
    if (at === undefined) return null;
    this.labelled = this.labelled.slice(0, -1);
    this.#judged(at, null);
    return at;
  }

  /** Restores the run of an earlier visit. */
  async restore(): Promise<void> {
    const saved = await readSaved(`${this.#key}-plan`, planForm(this.#aboutSchema));
    if (!saved || this.plan) return;
    const stored = await this.#kept.read(answersForm(saved));
    // A run that has begun meanwhile stays.
    if (this.begunMs !== 0) return;
    this.begunMs = saved.id;
    this.plan = saved.plan;
    this.about = saved.about;
    if (stored?.id !== saved.id) return;
    this.answers = stored.answers;
    this.labelled = stored.labelled;
    this.#dropped = stored.dropped;
  }

  #keepPlan(): Promise<boolean> {
    const { begunMs: id, plan, about } = this;
    return writeSaved(`${this.#key}-plan`, { version: PLAN_VERSION, id, plan, about });
  }

  /** The answers from `from` up to `to`, and what is known of all. */
  #keep(from: number, to?: number): Promise<boolean> {
    const { answers, labelled } = this;
    return this.#kept.write(
      { id: this.begunMs, dropped: this.#dropped, labelled },
      answers,
      from,
      to,
    );
  }

  /** @throws JudgeFailure where the current endpoint differs from the plan's. */
  #judge(breathe: () => Promise<void>, signal: AbortSignal): AnswerJudge {
    const { judge } = this;
    switch (judge.kind) {
      case 'exact':
        return exactJudge(breathe);
      case 'hand':
        return handJudge;
      case 'endpoint': {
        if (!this.#endpoints) throw new JudgeFailure('address', 'There is no judge to ask here.');
        return endpointJudge(this.#endpoints.open(judge), judge.prompts, signal);
      }
    }
  }

  /** Larger blocks for a server, so that its slots are busy. */
  #block({ arms: [arm] }: MeasurePlan): { readonly block?: number } {
    const server = arm && this.#pair.checkpoint(arm.checkpoint)?.server;
    return server ? { block: servedBlock(server) } : {};
  }

  /** Loads the models of the plan. Returns a problem for people; null when the same models are loaded. */
  async #missing(plan: MeasurePlan): Promise<string | null> {
    const needed = plan.arms.flatMap((arm) => {
      const { amplify } = arm;
      return amplify ? [arm, { ...amplify, checkpoint: amplify.against }] : [arm];
    });
    for (const { checkpoint, sha256, precision = 'f32' } of needed) {
      const { registry } = this.#pair;
      const entry = registry && fineTuneById(registry, checkpoint);
      if (entry && !(await this.#pair.load(entry))) {
        return `${entry.title} could not be loaded, and this measurement needs it. Reload the page to try again.`;
      }
      const loaded = this.#pair.checkpoint(checkpoint);
      if (loaded?.sha256 !== sha256 || loaded.precision !== precision) {
        return `This measurement was begun with a checkpoint "${checkpoint}" whose weights (${sha256.slice(0, 7)}, ${precision}) are not those loaded now. What was counted stands; measure again to compare.`;
      }
    }
    return null;
  }
}
