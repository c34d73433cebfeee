// The rates of the selected models, with a random control, and of models that the user adds: the settings and
// the run. src/measure/run.ts does the counting.

import * as v from 'valibot';
import type { EvaluationSplit } from '../../core/evaluation-split';
import { judgeRefusal } from '../../measure/judging/judge-accepts';
import { EXACT } from '../../measure/judging/judges';
import { AmplifyDose } from './amplify-dose.svelte';
import { ContrastStudy } from './contrast-study.svelte';
import { DoseResponse } from './dose-response.svelte';
import { ImportedAnswers } from './imported-answers.svelte';
import { JudgeChoice } from './judge-choice.svelte';
import { reproduceBlocker } from '../../measure/reproduce';
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
import { questionKind, type QuestionChoice } from '../../measure/run';
import type { Prompting } from '../pair/prompting.svelte';
import type { EditChoice, Directions } from '../direction/directions.svelte';
import type { ComparedEdits } from '../pair/compared-edits.svelte';
import type { EditState, EditSettingsStore } from '../pair/edit-settings.svelte';
import { isOfItsOwn, type ModelPair } from '../pair/model-pair.svelte';
import { LayerSweep } from './layer-sweep.svelte';
import { ScaleDose } from './scale-dose.svelte';
import { EditStateSchema } from '../pair/saved-edit';
import { TrainedTopic } from './trained-topic.svelte';
import { Transfer } from './transfer.svelte';

/** Id of the arm with the second edit. */
const SECOND_ARM = 'second';

/** Settings that make a measurement of the same pair reproducible. */
export interface MeasurementSetup {
  readonly editSettings: EditState;
  /** The second edit; left out: there was none. */
  readonly second?: EditState;
  readonly extras: readonly ExtraArm[];
}

const SetupSchema: v.GenericSchema<unknown, MeasurementSetup> = v.object({
  editSettings: EditStateSchema,
  second: v.exactOptional(EditStateSchema),
  extras: v.array(v.object({ checkpoint: v.string(), edited: v.boolean() })),
});

export class Measurements {
  readonly #pair: ModelPair;
  readonly #directions: Directions;
  readonly #editSettings: EditSettingsStore;
  readonly #edits: ComparedEdits;
  readonly #prompting: Prompting;
  readonly judge = new JudgeChoice();
  readonly imported = new ImportedAnswers();
  readonly run: MeasureRun<MeasurementSetup>;
  readonly trained: TrainedTopic;
  readonly dose: DoseResponse;
  readonly scaleDose: ScaleDose;
  readonly amplifyDose: AmplifyDose;
  readonly sweep: LayerSweep;
  readonly transfer: Transfer;
  readonly contrasts: ContrastStudy;

  n = $state(96);
  split = $state<EvaluationSplit>('report');
  readonly questions = new CustomQuestions();
  /** The custom questions asked instead of the world's; null: none. */
  customQuestions = $state<QuestionChoice | null>(null);
  /** Maximum tokens of an answer to a custom question. */
  maxTokens = $state(200);
  seed = $state(1);
  /** Seed that draws the world's questions; null: `seed`. */
  questionSeed = $state<number | null>(null);
  /** Arms measured in addition to the four default ones. */
  extras = $state.raw<readonly ExtraArm[]>([]);
  /** Further checkpoints are being loaded. */
  preparing = $state(false);
  /** Why Reproduce did not start; null: it did, or was not pressed. */
  reproduceProblem = $state<string | null>(null);

  /** The edit that `start` would measure; null when nothing is edited, or no direction allows the edit. */
  readonly edit = $derived.by(() =>
    this.#editOf(this.#editSettings, this.#editSettings.randomSeed),
  );
  readonly #further = $derived.by(() => measuredExtras(this.extras, this.edit));
  /** A second edit is measured beside the first: it is open, and changes something. */
  readonly #comparesEdits = $derived.by(() => {
    const { open, second } = this.#edits;
    return open && (isOfItsOwn(second) || this.#editOf(second, second.randomSeed) !== null);
  });
  /** How many arms `start` would have. */
  readonly nArms = $derived.by(
    () =>
      defaultIds(this.edit, isOfItsOwn(this.#editSettings) || this.#pair.servedEdit !== null)
        .length +
      this.#further.length +
      Number(this.#comparesEdits),
  );

  constructor(pair: ModelPair, directions: Directions, edits: ComparedEdits, prompting: Prompting) {
    const editSettings = edits.first;
    this.#edits = edits;
    this.#pair = pair;
    this.#prompting = prompting;
    this.#directions = directions;
    this.#editSettings = editSettings;
    this.run = new MeasureRun(pair, 'measure', this.judge, SetupSchema);
    this.trained = new TrainedTopic(pair);
    const parts = { pair, directions, editSettings, questions: this };
    this.dose = new DoseResponse(parts);
    this.scaleDose = new ScaleDose(parts);
    this.amplifyDose = new AmplifyDose(parts);
    this.sweep = new LayerSweep(parts);
    this.transfer = new Transfer(parts);
    this.contrasts = new ContrastStudy(parts);
  }

  /** Why the chosen judge does not accept the selected models' answers to these questions; null: it does. */
  readonly judgeNeeded = $derived.by((): string | null =>
    judgeRefusal(this.judge.kind, this.#pair, this.customQuestions === null ? 'world' : 'custom'),
  );

  /** The questions of every plan; null until a checkpoint is loaded. */
  asking(): Asked | null {
    const chosen = this.#prompting.sampling;
    if (!chosen) return null;
    const custom = this.customQuestions && this.questions.chosen(this.customQuestions);
    const temperature = custom?.temperature ?? chosen.temperature;
    return {
      split: this.split,
      seed: this.seed,
      ...(custom || this.questionSeed === null ? {} : { questionSeed: this.questionSeed }),
      ...(custom ? { own: custom, maxTokens: this.maxTokens } : {}),
      sampling: { ...chosen, temperature },
      frame: this.#prompting.frame(),
    };
  }

  #editOf(editSettings: EditChoice, randomSeed: number | null): ArmEdit | null {
    const direction = this.#directions.forEdit(editSettings);
    if (!direction || editSettings.settings.mode === 'off') return null;
    return { settings: editSettings.settings, direction, randomSeed };
  }

  /** Restores the measurements of an earlier visit. */
  async restore(): Promise<void> {
    const doses = [this.dose, this.scaleDose, this.amplifyDose, this.sweep];
    const studies = [...doses, this.transfer, this.contrasts];
    const runs = [this.run, ...studies.map(({ run }) => run)];
    const restorable = [...runs, this.trained.run, this.questions, this.imported];
    await Promise.all(restorable.map((one) => one.restore()));
    // The judge of a paused measurement; the user has to enter its key again.
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
    this.reproduceProblem = null;
    const { n, extras } = this;
    const second = this.#comparesEdits ? { second: this.#edits.second.snapshot() } : {};
    const setup = { editSettings: this.#editSettings.snapshot(), ...second, extras };
    const arms = await this.#arms().finally(() => (this.preparing = false));
    if (!arms || !asking) return;
    await this.run.start({ ...asking, arms, n, judge }, setup);
  }

  /**
   * Sets edit and questions to those of the shown counts, and counts again. If another pair or direction is
   * selected, it reports that and changes nothing.
   */
  async reproduce(): Promise<void> {
    const { plan, about } = this.run;
    if (!plan || !about) return;
    const { editSettings } = about;
    const blocker = (state: EditState, arms: readonly MeasureArm[]): string | null => {
      const { positions, alsoId = null, randomSeed } = state;
      const edit = this.#editOf({ settings: state, positions, alsoId }, randomSeed);
      return reproduceBlocker({ ...plan, arms }, this.#pair, edit?.direction ?? null);
    };
    const [seconds, others] = [true, false].map((is) =>
      plan.arms.filter(({ id }) => (id === SECOND_ARM) === is),
    );
    this.reproduceProblem = blocker(editSettings, others!);
    if (about.second) this.reproduceProblem ??= blocker(about.second, seconds!);
    this.reproduceProblem ??= judgeRefusal(
      (plan.judge ?? EXACT).kind,
      this.#pair,
      questionKind(plan),
    );
    if (this.reproduceProblem !== null) return;
    this.#editSettings.restore(about.editSettings);
    if (about.second) this.#edits.compare(about.second);
    else this.#edits.close();
    this.extras = about.extras;
    this.n = plan.n;
    this.split = plan.split;
    this.customQuestions = plan.own && this.questions.file ? plan.own.choice : null;
    this.maxTokens = plan.maxTokens ?? this.maxTokens;
    if (plan.frame) this.#prompting.set(plan.frame.settings);
    this.seed = plan.seed;
    this.questionSeed = plan.questionSeed ?? null;
    this.judge.restore(plan.judge ?? EXACT);
    // An endpoint has its own start button, which shows the address and the number of requests.
    if (this.judge.kind !== 'endpoint') await this.start(plan);
  }

  /** Sets the edit that an arm of the shown counts had; an arm without one leaves the edits alone. */
  restoreEdit(arm: string): void {
    const { about } = this.run;
    if (!about) return;
    if (arm === 'edited' || arm === 'random') this.#editSettings.restore(about.editSettings);
    if (arm === SECOND_ARM && about.second) this.#edits.compare(about.second);
  }

  /** Null when a model did not load. */
  async #arms(): Promise<MeasureArm[] | null> {
    const { aligned, em } = this.#pair;
    if (!aligned || !em) return null;
    const { seed, edit } = this;
    const further = this.#further;
    if (!(await this.#pair.loadEdited(this.#editSettings))) return null;
    const base = this.#pair.edited(this.#editSettings);
    if (!base) return null;
    const { titles } = this.#edits;
    const amplify = this.#pair.amplifyOf(this.#editSettings);
    const arms = defaultArms(aligned, em, base, edit, seed, amplify).map((arm) =>
      arm.id === 'edited' && this.#comparesEdits ? { ...arm, label: titles.edited } : arm,
    );
    if (this.#comparesEdits) {
      const { second } = this.#edits;
      const edit = this.#editOf(second, second.randomSeed);
      if (!(await this.#pair.loadEdited(second))) return null;
      const model = this.#pair.edited(second);
      if (!model) return null;
      const amplify = this.#pair.amplifyOf(second);
      arms.push(armOf(SECOND_ARM, titles.second, model, edit, seed, amplify));
    }
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
