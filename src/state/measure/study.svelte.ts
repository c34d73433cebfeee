// The common part of the larger measurements: they need directions, perhaps of fine-tunes that are not loaded
// yet, and then are one run of many arms. Nothing happens before `start`.

import type * as v from 'valibot';
import type { Contrast } from '../../core/direction';
import { messageOf } from '../../core/message';
import { newRunId } from '../action';
import type { Directions } from '../direction/directions.svelte';
import type { SavedDirection } from '../../measure/extraction';
import type { EditSettingsStore } from '../pair/edit-settings.svelte';
import type { JudgeChoice } from './judge-choice.svelte';
import type { Asked, MeasureArm } from '../../measure/run';
import { MeasureRun } from './measure-run.svelte';
import type { ModelPair } from '../pair/model-pair.svelte';

/** Transcripts that each model reads for a direction. */
const TRANSCRIPTS = 64;

/** The parts of the page that a study uses. */
export interface StudyParts {
  readonly pair: ModelPair;
  readonly directions: Directions;
  readonly editSettings: EditSettingsStore;
  /** The questions and the judge. */
  readonly questions: {
    readonly seed: number;
    readonly judge: JudgeChoice;
    /** Why the judge can't judge these questions; null: it can. */
    readonly judgeNeeded: string | null;
    /** Null until a checkpoint is loaded. */
    asking(): Asked | null;
  };
}

/** @template About the view's data about the arms, as plain data. */
export abstract class Study<About> {
  protected readonly parts: StudyParts;
  readonly run: MeasureRun<About>;
  #token: string | null = null;

  /** Answers of each arm. */
  n = $state(48);
  /** Directions are being extracted. */
  preparing = $state(false);
  /** Why the study could not start. */
  problem = $state<string | null>(null);

  constructor(parts: StudyParts, key: string, about: v.GenericSchema<unknown, About>) {
    this.parts = parts;
    this.run = new MeasureRun<About>(parts.pair, key, parts.questions.judge, about);
  }

  /** The arms; null when a model or direction did not load. */
  protected abstract plan(): Promise<{
    readonly arms: readonly MeasureArm[];
    readonly about: About;
  } | null>;

  async start(): Promise<void> {
    const token = newRunId('study');
    this.#token = token;
    this.preparing = true;
    this.problem = null;
    try {
      const { judge: choice, judgeNeeded } = this.parts.questions;
      const asking = this.parts.questions.asking();
      const { n } = this;
      const judge = choice.record;
      if (judge === null || judgeNeeded !== null) {
        this.problem = judgeNeeded ?? choice.problem;
        this.preparing = false;
        return;
      }
      const planned = await this.plan();
      if (this.#token !== token) return;
      this.preparing = false;
      if (!planned || !asking) {
        this.problem ??= 'A model or a direction that this needs could not be had. Try again.';
        return;
      }
      const { arms, about } = planned;
      await this.run.start({ arms, n, ...asking, judge }, about);
    } catch (error) {
      if (this.#token !== token) return;
      this.preparing = false;
      this.problem = messageOf(error);
    }
  }

  /** Cancels before the first question. */
  cancelPreparing(): void {
    this.#token = null;
    this.preparing = false;
    this.parts.directions.cancel();
  }

  /** A fine-tune's answer-mean direction, extracted unless saved; the directions in use do not change. */
  protected async direction(contrast: Contrast, emId: string): Promise<SavedDirection | null> {
    const { pair, directions } = this.parts;
    const entry = pair.registry?.adapters.find(({ id }) => id === emId);
    if (!this.preparing || !entry || !(await pair.load(entry)) || !this.preparing) return null;
    const choice = { contrast, pooling: 'answer-mean', transcripts: TRANSCRIPTS, seed: 1 } as const;
    return directions.find(choice, emId) ?? (await directions.extract(choice, emId, false));
  }
}
