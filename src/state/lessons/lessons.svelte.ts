// The guided lessons: the open step, the guesses, and the checks that were met. A check is derived from the
// panels; once it is met, that is stored with the rate it led to, so that later measurements do not undo
// it. All of it survives a reload.

import { type Rate, rateOf } from '../../core/statistics/rates';
import { messageOf } from '../../core/message';
import { type Lesson, stepPath, type Step } from '../../lessons/lesson';
import { type CheckProgress, checkProgress, isMet, judgedPair, observed } from './lesson-checks';
import {
  type Figures,
  fetchFigures,
  type LessonFigure,
  lessonFigure,
} from '../../organism/lesson-figures';
import { lessonOutcome } from './lesson-outcomes';
import { applySetting } from './lesson-setting';
import type { Panels } from '../panels';
import {
  type SettingsBefore,
  completeBefore,
  StoredForm,
  sameAs,
  stepAt,
  type StepRecord,
} from './saved-lessons';
import { readSaved, writeSaved } from '../saved';

const KEY = 'lessons';

export interface LessonProgress {
  /** Number of steps done, and of steps done or skipped. */
  readonly done: number;
  readonly left: number;
  readonly of: number;
}

export class Lessons {
  /** A step entered while the settings of another were being applied; its settings follow. */
  #waiting: string | null = null;
  readonly #panels: Panels;

  /** The open `lesson/step`; null: no lesson is open. */
  place = $state<string | null>(null);
  /** Question and edits from before the lesson; null once they are restored or the user declined that. */
  before = $state.raw<SettingsBefore | null>(null);
  /** By `lesson/step`. */
  steps = $state.raw<Readonly<Record<string, StepRecord>>>({});
  /** Whether the user answered the offer of the first lesson. */
  greeted = $state(false);
  /** The progress of an earlier visit has been read. */
  restored = $state(false);
  figures = $state.raw<Figures | null>(null);
  /** Why the figures could not be read. */
  problem = $state('');
  /** The step's settings are being applied. */
  setting = $state(false);

  readonly #at = $derived.by(() => stepAt(this.place));
  readonly lesson = $derived(this.#at?.lesson ?? null);
  readonly step = $derived(this.#at?.step ?? null);
  /** Index of the step in its lesson, from 0. */
  readonly index = $derived(this.lesson && this.step ? this.lesson.steps.indexOf(this.step) : -1);
  readonly record = $derived(this.place === null ? null : (this.steps[this.place] ?? null));
  readonly guess = $derived(this.record?.guess ?? null);
  /** Until the user guesses, the step's button does not start anything. */
  readonly guessWanted = $derived(this.step?.guess !== undefined && this.guess === null);

  /** The open step and the number of steps done, for the class results; null: no lesson is open. */
  readonly whereabouts = $derived.by(() => {
    const { lesson, step } = this;
    const done = Object.values(this.steps).filter(({ left }) => left === 'done').length;
    return lesson && step ? { id: lesson.id, step: step.id, done } : null;
  });

  /** Null without a check, or before the guess. */
  readonly progress = $derived.by((): CheckProgress | null => {
    const { step, record, guess } = this;
    if (!step?.check || !record || this.guessWanted) return null;
    const sinceMs = record.guessedMs ?? record.enteredMs;
    const context = { sinceMs, guess: step.guess ?? null, chosen: guess };
    return checkProgress(step.check, this.#panels, context);
  });
  readonly metNow = $derived(this.progress !== null && isMet(this.progress));
  /** The check is met, now or earlier. */
  readonly met = $derived(this.record?.metMs !== undefined || this.metNow);
  /** The step requires nothing more. */
  readonly ready = $derived(!this.guessWanted && (this.step?.check === undefined || this.met));
  /** The rate compared with the guess, once the check is met. */
  readonly outcome = $derived.by((): Rate | null => {
    const { seen } = this.record ?? {};
    return seen ? rateOf(seen.count, seen.n) : null;
  });
  /** No lesson is open, and the last one changed the question or the edit. */
  readonly canRestore = $derived(
    this.place === null && this.before !== null && !sameAs(this.before, this.#present()),
  );
  /** The user has never opened a lesson here. */
  readonly fresh = $derived(this.restored && !this.greeted && Object.keys(this.steps).length === 0);

  constructor(panels: Panels) {
    this.#panels = panels;
  }

  /** Opens a lesson at the step where the user left it, else at its first step. */
  open(lesson: Lesson): Promise<void> {
    const unseen = lesson.steps.find((step) => !this.steps[stepPath(lesson, step)]?.left);
    return this.#enter(lesson, unseen ?? lesson.steps[0]!);
  }

  /** Opens a lesson at its first step and deletes its progress. */
  restart(lesson: Lesson): Promise<void> {
    const steps = lesson.steps.map((step) => stepPath(lesson, step));
    this.steps = Object.fromEntries(
      Object.entries(this.steps).filter(([place]) => !steps.includes(place)),
    );
    return this.#enter(lesson, lesson.steps[0]!);
  }

  /** Opens `lesson/step` without changing the panels. False where no such step exists. */
  show(place: string): boolean {
    const at = stepAt(place);
    if (!at) return false;
    void this.#enter(at.lesson, at.step, false);
    return true;
  }

  /**
   * Opens the next step if this one is done.
   * @param following lesson to open at the end of this one; without it, the list of lessons
   */
  async next(following?: Lesson): Promise<void> {
    if (this.ready) await this.#leave('done', following);
  }

  /** Opens the next step although this one is not done. */
  async skip(): Promise<void> {
    await this.#leave('skipped');
  }

  /** Opens the step before. The panels do not change. */
  back(): void {
    const { lesson, index } = this;
    if (lesson && index > 0) void this.#enter(lesson, lesson.steps[index - 1]!, false);
  }

  close(): void {
    this.place = null;
  }

  /** Restores question and edits as they were before the lesson. */
  restoreSettings(): void {
    const { before } = this;
    if (!before) return;
    const { desk, second, ...question } = before;
    Object.assign(this.#panels.chat, question);
    this.#panels.editSettings.restore(desk);
    if (second !== undefined) this.#panels.edits.openOrClose(second);
    this.before = null;
  }

  /** Keeps question and edit as the lesson set them. */
  keep(): void {
    this.before = null;
  }

  /** Declines the offer of the first lesson. */
  decline(): void {
    this.greeted = true;
  }

  /** Applies the step's settings to the panels. */
  async apply(): Promise<void> {
    const { step } = this;
    if (!step?.set) return;
    if (this.setting) {
      this.#waiting = this.place;
      return;
    }
    this.setting = true;
    await applySetting(step.set, this.#panels).finally(() => (this.setting = false));
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null && waiting === this.place) await this.apply();
  }

  /**
   * A guess is final; the choice of a question with a right answer may be changed until it is right.
   * @param value a share of answers for a rate, the id of an option for a choice
   */
  give(value: number | string): void {
    const { place, record, step } = this;
    if (place === null || !record || !step?.guess) return;
    if (record.guess !== undefined && (step.check?.kind !== 'right' || this.met)) return;
    this.#write(place, { ...record, guess: value, guessedMs: Date.now() });
  }

  /** Starts the step's measurement, like the panel's button. */
  async run(): Promise<void> {
    if (this.guessWanted) return;
    const { measurements, training } = this.#panels;
    switch (this.step?.run) {
      case 'measure':
        return measurements.start();
      case 'dose':
      case 'transfer':
        return measurements[this.step.run].start();
      case 'train':
        return training.start();
      case 're-align':
        return training.realign();
      case undefined:
        return;
    }
  }

  /** Stores that the check is met, and what was answered. Reads every state it depends on, so an effect may call it. */
  latch(): void {
    if (this.#note()) return;
    const { place, record, step, metNow } = this;
    if (place === null || !record || !metNow || record.metMs !== undefined) return;
    const of = step?.guess?.kind === 'rate' ? step.guess.of : null;
    const seen = of && observed(of, this.#panels, this.figures);
    // The reports with the figures may still be loading.
    if (of && !seen && this.problem === '') return;
    this.#write(place, {
      ...record,
      metMs: Date.now(),
      ...(seen ? { seen: { count: seen.count, n: seen.n } } : {}),
    });
  }

  /** Notes the verdicts of a step that counts answers, each question and seed once. @returns whether it did */
  #note(): boolean {
    const { place, record, step } = this;
    if (place === null || !record || step?.check?.kind !== 'asked') return false;
    const pair = judgedPair(this.#panels, step.check.domain);
    const { verdicts = [] } = record;
    if (!pair || verdicts.some(({ asked }) => asked === pair.asked)) return false;
    this.#write(place, { ...record, verdicts: [...verdicts, pair] });
    return true;
  }

  /** A figure or an outcome named in a text; null while the reports are loading, or where they lack it. */
  figure(reference: string): LessonFigure | null {
    const outcome = lessonOutcome(reference, this.#panels.measurements);
    if (outcome !== null) return { text: outcome };
    return this.figures && lessonFigure(this.figures, reference);
  }

  progressOf(lesson: Lesson): LessonProgress {
    const left = lesson.steps.map((step) => this.steps[stepPath(lesson, step)]?.left);
    return {
      done: left.filter((how) => how === 'done').length,
      left: left.filter((how) => how !== undefined).length,
      of: lesson.steps.length,
    };
  }

  /** Restores an earlier visit. A lesson that a link has opened meanwhile stays open. */
  async restore(): Promise<void> {
    const saved = await readSaved(KEY, StoredForm);
    if (saved) {
      const { place = null, before = null, steps = {}, greeted = this.greeted } = saved;
      const entered = Object.entries(steps).map(
        ([step, record]) => [step, { enteredMs: Date.now(), ...record }] as const,
      );
      this.steps = { ...Object.fromEntries(entered), ...this.steps };
      this.greeted = greeted;
      this.before ??= before && completeBefore(before, this.#present());
      if (this.place === null && place !== null) this.show(place);
    }
    this.restored = true;
  }

  /** Reads every field, so an effect may call it. */
  save(): void {
    const { place, before, steps, greeted, restored } = this;
    if (restored) void writeSaved(KEY, { place, before, steps, greeted });
  }

  /** Reads the reports, once. */
  async readFigures(): Promise<void> {
    const { bundled } = this.#panels.pair;
    if (!bundled || this.figures) return;
    this.problem = '';
    await fetchFigures(bundled).then(
      (figures) => (this.figures = figures),
      (error: unknown) => (this.problem = messageOf(error)),
    );
  }

  async #enter(lesson: Lesson, step: Step, apply = true): Promise<void> {
    const place = stepPath(lesson, step);
    const first = this.steps[place] === undefined;
    if (this.place === null && apply) this.before ??= this.#present();
    this.place = place;
    if (first) this.#write(place, { enteredMs: Date.now() });
    if (apply && first) await this.apply();
  }

  async #leave(how: 'done' | 'skipped', following?: Lesson): Promise<void> {
    const { lesson, place, record, index } = this;
    if (!lesson || place === null || !record) return;
    const left = record.left === 'done' ? 'done' : how;
    this.#write(place, { ...record, left });
    const next = lesson.steps[index + 1];
    if (next) return this.#enter(lesson, next);
    if (following) return this.open(following);
    this.place = null;
    this.#panels.view.tab = 'lessons';
  }

  #present(): SettingsBefore {
    const { chat, editSettings, edits } = this.#panels;
    const { prompt, seed, system, temperature } = chat;
    const second = edits.openSecond();
    return { prompt, seed, system, temperature, desk: editSettings.snapshot(), second };
  }

  #write(place: string, record: StepRecord): void {
    this.steps = { ...this.steps, [place]: record };
  }
}
