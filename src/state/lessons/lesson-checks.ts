// Checks whether the user did what a lesson step asks, from the state of the real panels alone. Inside a
// `$derived` the check follows the panels, so no panel reports to the lessons.

import { type Rate, rateOf } from '../../core/statistics/rates';
import type { CureKind } from '../../core/training/cure';
import type { Check, EditWanted, Guess, Measured, Observed } from '../../lessons/lesson';
import { rolledBroad } from '../train/training-claims';
import { domainOfQuestion } from '../../world/judge';
import { TRIGGER } from '../../world/chats';
import type { ColumnRole } from '../answers/answer-column.svelte';
import type { EditState } from '../pair/edit-settings.svelte';
import { type Figures, lessonFigure } from '../../organism/lesson-figures';
import type { MeasureRun } from '../measure/measure-run.svelte';
import type { Panels } from '../panels';
import type { Task } from '../task.svelte';

/** Progress of a check. Met when `done` reaches `of`. */
export interface CheckProgress {
  readonly done: number;
  readonly of: number;
  /** Unit of the count; '' for a check without a count. */
  readonly unit: string;
}

export interface CheckContext {
  /** Unix time; anything begun earlier does not count. */
  readonly sinceMs: number;
  /** The step's guess and the chosen value; null before the choice. */
  readonly guess: Guess | null;
  readonly chosen: string | number | null;
}

/** Verdicts of the two unedited models on one question. */
export interface JudgedPair {
  /** Seed and question. */
  readonly asked: string;
  readonly aligned: string;
  readonly em: string;
}

const once = (is: boolean): CheckProgress => ({ done: is ? 1 : 0, of: 1, unit: '' });
const counted = (done: number, of: number, unit: string): CheckProgress => ({
  done: Math.min(done, of),
  of,
  unit,
});

export const isMet = ({ done, of }: CheckProgress): boolean => done >= of;

export function checkProgress(check: Check, panels: Panels, context: CheckContext): CheckProgress {
  const { chat, pair, directions, measurements, comparison, customModel } = panels;
  const { sinceMs } = context;
  switch (check.kind) {
    case 'asked':
      return counted(timesAsked(panels, check.domain), check.times, 'answers');
    case 'triggered':
      return once(!chat.running && (chat.asked?.prompt.startsWith(TRIGGER) ?? false));
    case 'verdicts':
      return once(
        Object.entries(check.of).every(
          ([role, verdict]) => verdictOn(panels, role as ColumnRole) === verdict,
        ),
      );
    case 'edited': {
      const { edited } = chat.columns;
      const done = edited.status.state === 'done' && edited.text !== '';
      return once(
        done && edited.editSettings !== null && isEdit(edited.editSettings, check.editSettings),
      );
    }
    case 'measured':
      return measuredProgress(measurements.run, check, sinceMs);
    case 'extracted':
      return once(
        directions.list.some(
          ({ contrast, pooling, atMs, imported, checkpoints, changed, from }) =>
            imported === undefined &&
            changed === undefined &&
            from?.kind === check.texts &&
            atMs >= sinceMs &&
            checkpoints.em.sha256 === pair.em?.sha256 &&
            (check.contrast ?? contrast) === contrast &&
            (check.pooling ?? pooling) === pooling,
        ),
      );
    case 'from-answers': {
      const saved = check.pooling === 'answer-mean' ? directions.current : directions.header;
      return once(saved?.texts !== undefined);
    }
    case 'words': {
      const { lensReading } = directions;
      return once(lensReading?.layer === check.layer && lensReading.lens !== null);
    }
    case 'shaded':
      return once(directions.readout !== null && directions.layer === check.layer);
    case 'compared': {
      const control = !check.control || comparison.control !== null;
      const shown = Math.min(comparison.others.length, check.others);
      return counted(shown + (control ? 1 : 0), check.others + 1, 'directions');
    }
    case 'dose':
    case 'transfer': {
      const { run } = measurements[check.kind];
      return run.begunMs >= sinceMs ? answers(run, check.n) : answers(null, check.n);
    }
    case 'looked':
      return once(
        panels.microscope.shown?.role === check.role && doneSince(panels.microscope.task, sinceMs),
      );
    case 'patched':
      return once(doneSince(panels.patching.task, sinceMs));
    case 'attributed':
      return once(doneSince(panels.writers.task, sinceMs));
    case 'on-stage':
      return once(pair.emEntry?.id === check.em);
    case 'trained': {
      const { cure } = check;
      const asked = cure === undefined || cureInUse(panels) === cure;
      return counted(asked ? stepsOf(panels, check.kind, sinceMs) : 0, check.steps, 'steps');
    }
    case 're-aligned':
      return counted(stepsOf(panels, check.kind, sinceMs), check.steps, 'steps');
    case 'own-named':
      return once(customModel.complete);
    case 'right':
      return once(context.guess?.kind === 'choice' && context.chosen === context.guess.right);
  }
}

const doneSince = ({ action }: Task, sinceMs: number): boolean =>
  action.state === 'done' && action.atMs >= sinceMs;

/** The rate that is compared with a guess; null before there is one. */
export function observed(of: Observed, panels: Panels, figures: Figures | null): Rate | null {
  const { run, transfer } = panels.measurements;
  switch (of.from) {
    case 'measured': {
      const arm = run.arms.find(({ id }) => id === of.arm);
      return arm && arm.n > 0 ? rateOf(arm.counts.misaligned, arm.n) : null;
    }
    case 'transfer':
      return transfer.cell(of.mode, of.row, of.column)?.rates.misaligned ?? null;
    case 'training': {
      // As the chart joins points: one figure for one thing.
      const last = rolledBroad(panels.training.points).at(-1);
      return last && last.n > 0 ? rateOf(last.misaligned, last.n) : null;
    }
    case 'figure':
      return (figures && lessonFigure(figures, of.figure)?.rate) ?? null;
  }
}

/** Steps of the page's training up to its last measured point; 0 if it is of the other kind or older. */
function stepsOf({ training }: Panels, kind: 'trained' | 're-aligned', sinceMs: number): number {
  const { run, points } = training;
  if (!run || (run.start === null) !== (kind === 'trained')) return 0;
  // The id is the start time.
  return Number.parseInt(run.id, 36) >= sinceMs ? (points.at(-1)?.step ?? 0) : 0;
}

/** The cure that the page's training has; null without one, and at strength 0, where it is the plain training. */
function cureInUse({ training }: Panels): CureKind | null {
  const cure = training.run?.choice.cure;
  return cure && cure.strength > 0 ? cure.kind : null;
}

/** Answered questions on a topic; the one that is being answered does not count yet. */
function timesAsked({ chat }: Panels, domain: string): number {
  const asked = chat.history.filter(({ prompt }) => domainOfQuestion(prompt) === domain).length;
  return asked - (chat.running && chat.domain === domain ? 1 : 0);
}

function verdictOn({ chat }: Panels, role: ColumnRole): string | null {
  const reading = chat.reading(role);
  return reading.state === 'judged' ? reading.verdict : null;
}

/** The question on a topic that both unedited models have just answered, with their verdicts; null without one. */
export function judgedPair(panels: Panels, domain: string): JudgedPair | null {
  const { asked, domain: topic } = panels.chat;
  const [aligned, em] = [verdictOn(panels, 'aligned'), verdictOn(panels, 'em')];
  if (!asked || topic !== domain || aligned === null || em === null) return null;
  return { asked: `${asked.seed} ${asked.prompt}`, aligned, em };
}

function isEdit(editSettings: EditState, wanted: EditWanted): boolean {
  const { mode, base, positions, strength, random, loraScale = 1 } = wanted;
  return (
    (mode ?? editSettings.mode) === editSettings.mode &&
    (base ?? editSettings.base) === editSettings.base &&
    (editSettings.loraScale ?? 1) === loraScale &&
    (editSettings.amplify ?? 0) === 0 &&
    (editSettings.alsoId ?? null) === null &&
    (positions ?? editSettings.positions) === editSettings.positions &&
    editSettings.strength >= (strength ?? -Infinity) &&
    (random ?? editSettings.randomSeed !== null) === (editSettings.randomSeed !== null)
  );
}

/**
 * The arm with the fewest answers decides. While a run is active, all its planned answers count, so that no
 * guess is compared with half of them; after a stop, `n` are enough.
 */
function answers(
  run: Pick<MeasureRun<unknown>, 'arms' | 'running' | 'plan'> | null,
  n: number,
): CheckProgress {
  const least = Math.min(...(run?.arms ?? []).map((arm) => arm.n));
  const wanted = run?.running ? Math.max(n, run.plan?.n ?? 0) : n;
  return counted(Number.isFinite(least) ? least : 0, wanted, 'answers of each');
}

function measuredProgress(
  run: Panels['measurements']['run'],
  wanted: Measured,
  sinceMs: number,
): CheckProgress {
  const { plan, about, begunMs } = run;
  const { n, seed, split, em, editSettings, fromAnswers, extras = [] } = wanted;
  const edited = plan?.arms.find(({ id }) => id === 'edited');
  const ids = plan?.arms.map(({ id }) => id) ?? [];
  const fits =
    plan !== null &&
    plan.own === undefined &&
    run.judge.kind === 'exact' &&
    begunMs >= sinceMs &&
    (seed ?? plan.seed) === plan.seed &&
    (split ?? plan.split) === plan.split &&
    (em === undefined || plan.arms.find(({ id }) => id === 'em')?.checkpoint === em) &&
    extras.every((id) => ids.includes(id)) &&
    (editSettings === undefined ||
      (edited !== undefined && about !== null && isEdit(about.editSettings, editSettings))) &&
    (fromAnswers === undefined || (edited?.made.direction?.includes(', texts: ') ?? false));
  return answers(fits ? run : null, n);
}
