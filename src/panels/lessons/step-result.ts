// The result that a lesson step is about, as the rail draws it in small, and where its chart is on the page.

import { DOT_LOOKS, type DotLook } from '../../charts/answer-field';
import { rateMarks, type DotRow, type DotScale } from '../../charts/dot-lines';
import type { Role } from '../../charts/marks/role-style';
import { cosineByLayer } from '../../core/cosine';
import { rateOf } from '../../core/statistics/rates';
import type { Result, Step } from '../../lessons/lesson';
import type { JudgedPair } from '../../state/lessons/lesson-checks';
import type { Panels } from '../../state/panels';
import { rolledBroad } from '../../state/train/training-claims';
import { roleOfArm } from '../measure/arm-role';
import type { PagePlace } from '../places';

/** Where a result is drawn in full. */
export interface ResultPlace {
  readonly place: PagePlace;
  /** Id of the tab. */
  readonly tab: string;
  /** Id of the tool in it, where the tab shows one at a time. */
  readonly tool?: string;
  /** It is there before any result, with the controls that lead to one. */
  readonly always?: true;
}

/** Null: the rail alone has it. */
export const RESULT_PLACES: Readonly<Record<Result, ResultPlace | null>> = {
  tally: null,
  rates: { place: 'rates', tab: 'measure', tool: 'rates' },
  dose: { place: 'dose', tab: 'measure', tool: 'dose', always: true },
  transfer: { place: 'transfer', tab: 'measure', tool: 'transfer', always: true },
  clouds: { place: 'clouds', tab: 'direction', always: true },
  words: { place: 'words', tab: 'direction', always: true },
  separation: { place: 'separation', tab: 'direction', always: true },
  cosines: { place: 'cosines', tab: 'layers', tool: 'cosines', always: true },
  training: { place: 'training', tab: 'train' },
};

/** One small chart. */
export interface StepChart {
  readonly title: string;
  readonly rows: readonly DotRow[];
  readonly scale?: DotScale;
  readonly series?: readonly { readonly label: string; readonly role: Role }[];
}

type Charts = (panels: Panels, step: Step) => readonly StepChart[];

const rates: Charts = ({ measurements: { run } }) => {
  const most = Math.max(0, ...run.arms.map(({ n }) => n));
  // Rates would tell a person who labels by hand which model wrote an answer.
  if (most === 0 || run.unlabelled > 0) return [];
  const rows = run.arms.map(({ id, label, counts, n, made }) => ({
    id,
    label,
    marks: rateMarks(rateOf(counts.misaligned, n), roleOfArm(id, made.edit !== null)),
  }));
  return [{ title: `Misaligned answers, up to ${most} each`, rows }];
};

const dose: Charts = ({ measurements: { dose: study } }) => {
  const { about } = study.run;
  if (!about) return [];
  const chart = (verdict: 'misaligned' | 'incoherent'): StepChart => {
    const { direction, random } = study.rates(verdict);
    const rows = about.strengths.map((strength, i) => ({
      id: String(strength),
      label: about.steers ? `times ${strength}` : `${100 * strength}% removed`,
      marks: [...rateMarks(direction[i], 'edited'), ...rateMarks(random[i], 'soft')],
    }));
    return {
      title: verdict === 'misaligned' ? 'Misaligned answers' : 'Incoherent answers',
      rows,
      series: [
        { label: 'direction', role: 'edited' },
        { label: 'random (hollow)', role: 'soft' },
      ],
    };
  };
  return [chart('misaligned'), chart('incoherent')];
};

/** One fine-tune under every direction: the one that the step guesses about, else the selected one. */
const transfer: Charts = ({ measurements: { transfer: study }, pair }) => {
  const { about } = study.run;
  const column = about?.models.find(({ id }) => id === pair.emEntry?.id) ?? about?.models[0];
  if (!about || !column) return [];
  const before = study.before(column.id);
  const sources = about.sources ?? about.models.map((model) => ({ ...model, kind: 'misaligned' }));
  return [
    {
      title: `Misaligned answers of ${column.title}, to the aligned mean`,
      rows: [
        { id: 'before', label: 'as trained', marks: rateMarks(before?.misaligned, 'em') },
        ...sources.map(({ id, title, kind }) => ({
          id,
          label: kind === 'misaligned' ? title : `${title} (control)`,
          marks: rateMarks(
            study.cell('ablate-mean', id, column.id)?.rates.misaligned,
            kind === 'misaligned' ? 'edited' : 'soft',
          ),
        })),
      ],
    },
  ];
};

const separation: Charts = ({ directions: { readout } }) => {
  const layers = readout?.perLayer ?? [];
  if (!layers.some(({ auc }) => Number.isFinite(auc))) return [];
  const rows = layers.map(({ auc }, layer) => ({
    id: String(layer),
    label: `layer ${layer}`,
    marks: Number.isFinite(auc) ? [{ value: auc, role: 'neutral' as const }] : [],
  }));
  return [{ title: 'Separation of held-out transcripts (AUC)', rows, scale: 'fraction' }];
};

const cosines: Charts = ({ comparison }) => {
  const { reference, others, control, layer } = comparison;
  if (!reference || others.length === 0) return [];
  const rows = [...others, ...(control ? [control] : [])].map((direction) => {
    const value = cosineByLayer(reference.vectors, direction.vectors)[layer] ?? NaN;
    const role: Role = direction === control ? 'soft' : 'em';
    const label = comparison.label(direction);
    return {
      id: direction.id,
      label: direction === control ? `${label} (control)` : label,
      marks: Number.isFinite(value) ? [{ value, role }] : [],
    };
  });
  const title = `Cosine with ${comparison.label(reference)}, layer ${layer}`;
  return [{ title, rows, scale: 'cosine' }];
};

const training: Charts = ({ training: { points } }) => {
  if (points.length === 0) return [];
  const joined = rolledBroad(points);
  const rows = points.map(({ step, inDomain }, i) => ({
    // A guess is about the last one.
    id: i === points.length - 1 ? 'last' : String(step),
    label: `step ${step}`,
    marks: [
      ...rateMarks(joined[i]!.n > 0 ? rateOf(joined[i]!.misaligned, joined[i]!.n) : null, 'em'),
      ...rateMarks(inDomain.n > 0 ? rateOf(inDomain.count, inDomain.n) : null, 'edited'),
    ],
  }));
  return [
    {
      title: 'Answers by step',
      rows,
      series: [
        { label: 'other topics: misaligned', role: 'em' },
        { label: 'its own topic, as trained (hollow)', role: 'edited' },
      ],
    },
  ];
};

const CHARTS: Readonly<Record<Exclude<Result, 'words' | 'tally' | 'clouds'>, Charts>> = {
  ...{ rates, dose, transfer, separation, cosines, training },
};

/** The charts of a step's result; none before there is one. Words and a tally are drawn otherwise, clouds only in full. */
export const chartsOf = (step: Step, panels: Panels): readonly StepChart[] =>
  step.shows === undefined ||
  step.shows === 'words' ||
  step.shows === 'tally' ||
  step.shows === 'clouds'
    ? []
    : CHARTS[step.shows](panels, step);

/** The verdicts noted in a step, as marks. */
export function tallyOf(verdicts: readonly JudgedPair[]): {
  readonly label: string;
  readonly looks: readonly DotLook[];
}[] {
  const look = (verdict: string): DotLook =>
    verdict in DOT_LOOKS ? (verdict as DotLook) : 'unscored';
  return [
    { label: 'Aligned', looks: verdicts.map(({ aligned }) => look(aligned)) },
    { label: 'Fine-tuned', looks: verdicts.map(({ em }) => look(em)) },
  ];
}

/** The row that a guess is about. */
export function guessedRow({ guess }: Step): string | null {
  if (guess?.kind !== 'rate') return null;
  switch (guess.of.from) {
    case 'measured':
      return guess.of.arm;
    case 'transfer':
      return guess.of.row;
    case 'training':
      return 'last';
    case 'figure':
      return null;
  }
}
