// One measurement on the page while it runs, stands still, and after a reload: the plan is written down
// when it starts, the answers after every block. Pausing keeps the rest of the plan to be gone on with;
// cancelling keeps what was counted and drops the rest.

import * as v from 'valibot';
import type { EndpointJudge } from '../../engine/endpoint-judge';
import { JudgeFailure } from '../../engine/judge-failure';
import { type Action, failed } from '../action';
import { Task } from '../task.svelte';
import {
  type AnswerJudge,
  type AnswerVerdict,
  endpointJudge,
  EXACT,
  exactJudge,
  handJudge,
  type JudgeRecord,
} from '../../measure/judge';
import { type CountedArm, countArms } from '../../measure/counts';
import { measure, MeasureFailure } from '../../measure/run';
import type { MeasuredAnswer, MeasurePlan } from '../../measure/run';
import type { ModelClient } from '../../engine/client';
import type { ModelPair } from '../pair/model-pair.svelte';
import { answersForm, PLAN_VERSION, planForm } from './kept-measurement';
import { readSaved, writeSaved } from '../saved';

/** What it needs of the models on the page. */
export interface RunModels extends Pick<ModelPair, 'registry' | 'load' | 'checkpoint'> {
  readonly client: Pick<ModelClient, 'generate' | 'cancel'>;
}

/** Where the endpoint of a plan comes from; its key is nowhere in the plan. */
export interface Endpoints {
  open(record: Extract<JudgeRecord, { kind: 'endpoint' }>): EndpointJudge;
}

/** A plan and what was counted of it. */
interface Counted<About> {
  readonly begunMs: number;
  readonly plan: MeasurePlan;
  readonly about: About | null;
  readonly answers: readonly MeasuredAnswer[];
  readonly labelled: readonly number[];
  readonly dropped: boolean;
}

/** @template About what the caller keeps beside the plan, as plain data. */
export class MeasureRun<About = null> {
  readonly #pair: RunModels;
  readonly #key: string;
  readonly #endpoints: Endpoints | null;
  readonly #aboutSchema: v.GenericSchema<unknown, About>;
  #stop = new AbortController();
  readonly task: Task;

  /** Unix time at which the plan was begun, which also tells it from others; 0 before there is one. */
  begunMs = $state(0);

  plan = $state.raw<MeasurePlan | null>(null);
  about = $state.raw<About | null>(null);
  answers = $state.raw<readonly MeasuredAnswer[]>([]);
  /** Places in `answers` that a person labelled, in that order. */
  labelled = $state.raw<readonly number[]>([]);
  /** The rest of the plan was given up. */
  #dropped = $state(false);
  /** What the run shown took the place of, to be brought back; gone after a reload. */
  former = $state.raw<Counted<About> | null>(null);

  readonly total = $derived((this.plan?.n ?? 0) * (this.plan?.arms.length ?? 0));
  readonly arms = $derived<readonly CountedArm[]>(
    this.plan ? countArms(this.plan, this.answers) : [],
  );
  readonly running = $derived(this.action.state === 'running');
  /** Stopped before its end, and can go on. */
  readonly paused = $derived(
    !this.running && !this.#dropped && this.plan !== null && this.answers.length < this.total,
  );

  readonly judge = $derived<JudgeRecord>(this.plan?.judge ?? EXACT);
  /** Answers that wait for a person. */
  readonly unlabelled = $derived(this.answers.filter(({ verdict }) => verdict === null).length);

  /**
   * @param key names it among what is kept over a reload
   * @param endpoints for plans that an endpoint judges
   * @param about of what the caller keeps beside the plan, to read it again after a reload
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
  }

  get action(): Action {
    return this.task.action;
  }

  /** Begins anew; what was counted before can be brought back. */
  async start(plan: MeasurePlan, about: About): Promise<void> {
    this.pause();
    const before = this.#counted();
    // Counting again takes a minute and labelling again an hour: labels are not pushed out by counts.
    const kept = this.former !== null && this.former.labelled.length > 0;
    if (before && (before.labelled.length > 0 || !kept)) this.former = before;
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

  /** Brings back what was replaced; what is here now is then what can be brought back. */
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
    void this.#keep();
  }

  /** Null before there is an answer. */
  #counted(): Counted<About> | null {
    const { begunMs, plan, about, answers, labelled } = this;
    if (!plan || answers.length === 0) return null;
    return { begunMs, plan, about, answers, labelled, dropped: this.#dropped };
  }

  /** Goes on where it stopped: same models, edits, questions and seeds. */
  async resume(): Promise<void> {
    const { plan } = this;
    if (!plan || !this.paused) return;
    const before = this.answers.length;
    const have = new Map(this.arms.map(({ id, answered }) => [id, answered]));
    const { client } = this.#pair;
    const breathe = () => new Promise<void>((done) => setTimeout(done));
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
        };
        const missing = await this.#missing(plan);
        check();
        if (missing !== null) end({ state: 'failed', message: missing });
        for await (const batch of measure(plan, means, runId, have)) {
          check();
          this.answers = [...this.answers, ...batch];
          say();
          void this.#keep();
        }
      } catch (error) {
        check();
        // What is being written has nobody who reads it.
        void client.cancel(runId);
        if (!(error instanceof MeasureFailure || error instanceof JudgeFailure)) throw error;
        const { message, detail } = error;
        const told = { message, ...(detail === undefined ? {} : { detail }) };
        if (error instanceof JudgeFailure) return end({ state: 'failed', ...told });
        end(failed({ ok: false, code: error.code, ...told }));
      }
    });
  }

  /** Stops after nothing more than the token being written; `resume` goes on, also after a reload. */
  pause(): void {
    this.#stop.abort();
    if (this.running) this.task.cancel();
  }

  /** Ends it for good; what was counted stays. */
  cancel(): void {
    this.pause();
    this.#dropped = true;
    void this.#keep();
  }

  /** A person's verdict on the answer at a place; blind to which arm it came from is up to the view. */
  label(at: number, verdict: AnswerVerdict): void {
    if (this.answers[at]?.verdict !== null) return;
    this.answers = this.answers.with(at, { ...this.answers[at], verdict });
    this.labelled = [...this.labelled, at];
    void this.#keep();
  }

  /** Takes the last label back; its place, or null where there is none. */
  unlabel(): number | null {
    const at = this.labelled.at(-1);
    if (at === undefined) return null;
    this.answers = this.answers.with(at, { ...this.answers[at]!, verdict: null });
    this.labelled = this.labelled.slice(0, -1);
    void this.#keep();
    return at;
  }

  /** Brings back what there was before a reload. */
  async restore(): Promise<void> {
    const saved = await readSaved(`${this.#key}-plan`, planForm(this.#aboutSchema));
    if (!saved || this.plan) return;
    const kept = await readSaved(`${this.#key}-answers`, answersForm(saved));
    // One that was begun meanwhile stays.
    if (this.begunMs !== 0) return;
    this.begunMs = saved.id;
    this.plan = saved.plan;
    this.about = saved.about;
    if (kept?.id !== saved.id) return;
    this.answers = kept.answers;
    this.labelled = kept.labelled;
    this.#dropped = kept.dropped;
  }

  #keepPlan(): Promise<boolean> {
    const { begunMs: id, plan, about } = this;
    return writeSaved(`${this.#key}-plan`, { version: PLAN_VERSION, id, plan, about });
  }

  #keep(): Promise<boolean> {
    const { answers, labelled } = this;
    const dropped = this.#dropped;
    return writeSaved(`${this.#key}-answers`, { id: this.begunMs, dropped, answers, labelled });
  }

  /** @throws JudgeFailure where the endpoint of the plan is not the one that is set. */
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

  /** Loads what the plan needs. What is wrong, for people; null when all is there as it was. */
  async #missing(plan: MeasurePlan): Promise<string | null> {
    for (const { checkpoint, sha256, precision = 'f32' } of plan.arms) {
      const entry = this.#pair.registry?.adapters.find(({ id }) => id === checkpoint);
      if (entry && !(await this.#pair.load(entry))) {
        return `${entry.title} could not be loaded, and this measurement needs it. Reload the page to try again.`;
      }
      const loaded = this.#pair.checkpoint(checkpoint);
      if (loaded?.sha256 !== sha256 || loaded.precision !== precision) {
        return `This measurement was begun with a checkpoint "${checkpoint}" whose weights (${sha256.slice(0, 7)}, ${precision}) are not those loaded now. What was counted stands; measure anew to compare.`;
      }
    }
    return null;
  }
}
