// The common part of the larger measurements: they need directions, perhaps of fine-tunes that are not loaded
// yet, and then are one run of many arms. Nothing happens before `start`.

import type * as v from 'valibot';
import type { Contrast } from '../../core/direction';
import type { Directions } from '../direction/directions.svelte';
import { cellsOf, type SavedDirection } from '../../measure/extraction';
import type { EditSettingsStore } from '../pair/edit-settings.svelte';
import type { JudgeChoice } from './judge-choice.svelte';
import type { Asked, MeasureArm } from '../../measure/run';
import { MeasureRun } from './measure-run.svelte';
import type { ModelPair } from '../pair/model-pair.svelte';
import { Task } from '../task.svelte';

/** Transcripts that each model reads for a direction. */
const TRANSCRIPTS = 64;

const choiceOf = (contrast: Contrast) =>
  ({ contrast, pooling: 'answer-mean', transcripts: TRANSCRIPTS, seed: 1 }) as const;

/** A direction that a study needs: a contrast, with the id of a fine-tune. */
export type Needed = readonly [contrast: Contrast, emId: string];

const NOT_LOADED = 'A model or a direction that this needs could not be had. Try again.';

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
  readonly preparation: Task;

  /** Answers of each arm. */
  n = $state(48);

  constructor(parts: StudyParts, key: string, about: v.GenericSchema<unknown, About>) {
    this.parts = parts;
    this.run = new MeasureRun<About>(parts.pair, key, parts.questions.judge, about);
    this.preparation = new Task(`${key}-preparation`, () => parts.directions.cancel());
  }

  /** Directions are being extracted. */
  get preparing(): boolean {
    return this.preparation.running;
  }

  /** Why the study could not start; null: it could, or was not asked to. */
  get problem(): string | null {
    const { action } = this.preparation;
    return action.state === 'failed' ? action.message : null;
  }

  /**
   * The arms; null when a model or direction did not load.
   * @param check of the ticket: ends a preparation that was cancelled
   */
  protected abstract plan(check: () => void): Promise<{
    readonly arms: readonly MeasureArm[];
    readonly about: About;
  } | null>;

  async start(): Promise<void> {
    const { n } = this;
    let running: Promise<void> | undefined;
    await this.preparation.run('Preparing', async ({ check, end }) => {
      const { judge: choice, judgeNeeded } = this.parts.questions;
      const asking = this.parts.questions.asking();
      const judge = choice.record;
      if (judge === null || judgeNeeded !== null) {
        return end({ state: 'failed', message: judgeNeeded ?? choice.problem ?? '' });
      }
      const planned = await this.plan(check);
      check();
      if (!planned || !asking) return end({ state: 'failed', message: NOT_LOADED });
      const { arms, about } = planned;
      // Begun before the preparation is over: a button that has the focus is replaced by the next one.
      running = this.run.start({ arms, n, ...asking, judge }, about);
    });
    await running;
  }

  /** Texts that a server reads before the first question, for the directions that are not saved; each cell once. */
  get readings(): number {
    const { directions, pair } = this.parts;
    if (!pair.em?.server) return 0;
    const cells = this.needs()
      .filter(([contrast, emId]) => !directions.find(choiceOf(contrast), emId))
      .flatMap(([contrast, emId]) =>
        cellsOf(contrast).map((name) => (name.startsWith('em') ? `${name} ${emId}` : name)),
      );
    return new Set(cells).size * Math.ceil(TRANSCRIPTS / 2);
  }

  /** The directions that `plan` extracts unless they are saved. */
  protected needs(): readonly Needed[] {
    return [];
  }

  /** Cancels before the first question. */
  cancelPreparing(): void {
    this.preparation.cancel();
  }

  /** A fine-tune's answer-mean direction, extracted unless saved; the directions in use do not change. */
  protected async direction(
    contrast: Contrast,
    emId: string,
    check: () => void,
  ): Promise<SavedDirection | null> {
    const { pair, directions } = this.parts;
    const entry = pair.registry?.adapters.find(({ id }) => id === emId);
    check();
    if (!entry || !(await pair.load(entry))) return null;
    check();
    const choice = choiceOf(contrast);
    return directions.find(choice, emId) ?? (await directions.extract(choice, emId, false));
  }
}
