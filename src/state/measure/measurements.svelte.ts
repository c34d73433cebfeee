// The rates of the models on stage, with a random control, and of whatever else the person adds: what is
// asked, and the run that counts. How it is counted is in src/measure/run.ts.

import * as v from 'valibot';
import type { EvaluationSplit } from '../../core/evaluation-split';
import { EXACT } from '../../measure/judge';
import { ContrastStudy } from './contrast-study.svelte';
import { DoseResponse } from './dose-response.svelte';
import { ImportedAnswers } from './imported-answers.svelte';
import { JudgeChoice } from './judge-choice.svelte';
import { reproduceBlocker } from '../../measure/again';
import {
  type ArmEdit,
  armOf,
  defaultArms,
  defaultIds,
  type ExtraArm,
  extraId,
  measuredExtras,
} from '../../measure/arms';
import type { Asked, MeasureArm } from '../../measure/run';
import { MeasureRun } from './measure-run.svelte';
import { CustomQuestions } from './custom-questions.svelte';
import { type QuestionChoice } from '../../measure/run';
import type { Prompting } from '../pair/prompting.svelte';
import type { EditChoice, Directions } from '../direction/directions.svelte';
import type { EditState, EditSettingsStore } from '../pair/edit-settings.svelte';
import type { ModelPair } from '../pair/model-pair.svelte';
import { EditStateSchema } from '../pair/kept-edit';
import { Transfer } from './transfer.svelte';

/** What makes a measurement come out the same again, on the same pair. */
export interface MeasurementSetup {
  readonly editSettings: EditState;
  readonly extras: readonly ExtraArm[];
}

const SetupSchema: v.GenericSchema<unknown, MeasurementSetup> = v.object({
  editSettings: EditStateSchema,
  extras: v.array(v.object({ checkpoint: v.string(), edited: v.boolean() })),
});

export class Measurements {
  readonly #pair: ModelPair;
  readonly #directions: Directions;
  readonly #editSettings: EditSettingsStore;
  readonly #prompting: Prompting;
  readonly judge = new JudgeChoice();
  readonly imported = new ImportedAnswers();
  readonly run: MeasureRun<MeasurementSetup>;
  readonly dose: DoseResponse;
  readonly transfer: Transfer;
  readonly contrasts: ContrastStudy;

  n = $state(96);
  split = $state<EvaluationSplit>('report');
  readonly questions = new CustomQuestions();
  /** Which of the own questions are asked in place of the world's; null: none. */
  customQuestions = $state<QuestionChoice | null>(null);
  /** Most tokens of an answer to an own question. */
  maxTokens = $state(200);
  seed = $state(1);
  /** Of the draw of the world's questions; null: `seed`. */
  questionSeed = $state<number | null>(null);
  /** Measured beside the four of every visit. */
  extras = $state.raw<readonly ExtraArm[]>([]);
  /** Further checkpoints are being loaded. */
  preparing = $state(false);
  /** Why the counts shown were not made again when a person asked for it; null: there is nothing to say. */
  notAgain = $state<string | null>(null);

  /** The edit that `start` would measure; null when the desk edits nothing, or has no direction for it. */
  readonly edit = $derived.by(() =>
    this.#editOf(this.#editSettings, this.#editSettings.randomSeed),
  );
  readonly #further = $derived.by(() => measuredExtras(this.extras, this.edit));
  /** How many arms `start` would have. */
  readonly nArms = $derived.by(() => defaultIds(this.edit).length + this.#further.length);

  constructor(
    pair: ModelPair,
    directions: Directions,
    editSettings: EditSettingsStore,
    prompting: Prompting,
  ) {
    this.#pair = pair;
    this.#prompting = prompting;
    this.#directions = directions;
    this.#editSettings = editSettings;
    this.run = new MeasureRun(pair, 'measure', this.judge, SetupSchema);
    const parts = { pair, directions, editSettings, questions: this };
    this.dose = new DoseResponse(parts);
    this.transfer = new Transfer(parts);
    this.contrasts = new ContrastStudy(parts);
  }

  /** Own questions have no exact judge; null: the judge chosen can read what is asked. */
  readonly judgeNeeded = $derived.by((): string | null =>
    this.customQuestions !== null && this.judge.kind === 'exact'
      ? 'Your questions lie outside the synthetic world, and its exact judge cannot read the answers. Choose an endpoint as the judge, or judge by hand.'
      : null,
  );

  /** What every plan says of its questions; null until a checkpoint is there. */
  asking(): Asked | null {
    const chosen = this.#prompting.sampling;
    if (!chosen) return null;
    const own = this.customQuestions && this.questions.chosen(this.customQuestions);
    const temperature = own?.temperature ?? chosen.temperature;
    return {
      split: this.split,
      seed: this.seed,
      ...(own || this.questionSeed === null ? {} : { questionSeed: this.questionSeed }),
      ...(own ? { own, maxTokens: this.maxTokens } : {}),
      sampling: { ...chosen, temperature },
      frame: this.#prompting.frame(),
    };
  }

  #editOf(editSettings: EditChoice, randomSeed: number | null): ArmEdit | null {
    const direction = this.#directions.forEdit(editSettings);
    if (!direction || editSettings.settings.mode === 'off') return null;
    return { settings: editSettings.settings, direction, randomSeed };
  }

  /** Brings back what was counted before a reload. */
  async restore(): Promise<void> {
    const runs = [this.run, this.dose.run, this.transfer.run, this.contrasts.run];
    const kept = [...runs, this.questions, this.imported];
    await Promise.all(kept.map((one) => one.restore()));
    // The judge of a measurement that can go on; its key has to be given again.
    const unfinished = runs.find((run) => run.paused) ?? this.run;
    if (unfinished.plan) this.judge.restore(unfinished.judge);
  }

  add(extra: ExtraArm): void {
    if (!this.extras.some((one) => extraId(one) === extraId(extra))) {
      this.extras = [...this.extras, extra];
    }
  }

  remove(extra: ExtraArm): void {
    this.extras = this.extras.filter((one) => one !== extra);
  }

  async start(asking = this.asking()): Promise<void> {
    const judge = this.judge.record;
    if (this.preparing || judge === null || this.judgeNeeded !== null) return;
    this.preparing = true;
    this.notAgain = null;
    const { n, extras } = this;
    const setup = { editSettings: this.#editSettings.snapshot(), extras };
    const arms = await this.#arms().finally(() => (this.preparing = false));
    if (!arms || !asking) return;
    await this.run.start({ ...asking, arms, n, judge }, setup);
  }

  /**
   * Sets the desk and the questions as they were for the counts shown, and counts again. With another pair
   * on stage, or another direction in use, it says so and changes nothing.
   */
  async again(): Promise<void> {
    const { plan, about } = this.run;
    if (!plan || !about) return;
    const { editSettings } = about;
    const then = { settings: editSettings, positions: editSettings.positions };
    const edit = this.#editOf(then, editSettings.randomSeed);
    this.notAgain = reproduceBlocker(plan, this.#pair, edit?.direction ?? null);
    if (this.notAgain !== null) return;
    this.#editSettings.restore(about.editSettings);
    this.extras = about.extras;
    this.n = plan.n;
    this.split = plan.split;
    this.customQuestions = plan.own && this.questions.file ? plan.own.choice : null;
    this.maxTokens = plan.maxTokens ?? this.maxTokens;
    if (plan.frame) this.#prompting.set(plan.frame.settings);
    this.seed = plan.seed;
    this.questionSeed = plan.questionSeed ?? null;
    this.judge.restore(plan.judge ?? EXACT);
    // An endpoint is asked by its own button, which says where and how often.
    if (this.judge.kind !== 'endpoint') await this.start(plan);
  }

  /** Null when the models are not there. */
  async #arms(): Promise<MeasureArm[] | null> {
    const { aligned, em } = this.#pair;
    if (!aligned || !em) return null;
    const { seed, edit } = this;
    const further = this.#further;
    const base = this.#editSettings.base === 'aligned' ? aligned : em;
    const arms = defaultArms(aligned, em, base, edit, seed);
    for (const extra of further) {
      const entry = this.#pair.registry?.adapters.find(({ id }) => id === extra.checkpoint);
      if (entry && !(await this.#pair.load(entry))) return null;
      const checkpoint = this.#pair.checkpoint(extra.checkpoint);
      if (!checkpoint) return null;
      const label = this.labelOf(extra);
      arms.push(armOf(extraId(extra), label, checkpoint, extra.edited ? edit : null, seed));
    }
    return arms;
  }

  labelOf(extra: ExtraArm): string {
    return `${this.#pair.titleOf(extra.checkpoint)}${extra.edited ? ', edited' : ''}`;
  }
}
