// The rows of models/report.json as options of `npm run measure`, which reproduce each. The plan of a row is in the
// report (questions, sampling, extraction, steering) or in the row itself.

import type { Steerings } from './settings';
import type { Contrast, Pooling } from '../../../src/core/direction';
import type { MeasuredAnswer } from '../../../src/measure/run';
import { type Mixing, MIXING_PLAN, mixingIn } from './mixing';
import { type Headline, STEERING_RANDOM_SEED } from './headline';
import { type Rates, ratesOf } from './evaluate';
import { said, type Words } from './row-words';
import { ALIGNED } from './subjects';

/** The part of the file that describes how its rows were made. */
export interface ReportedPlan extends Pick<Headline, 'arms' | 'edits'> {
  readonly questions: { readonly split: string; readonly seed: number };
  readonly sampling: { readonly seed: number; readonly temperature: number };
  readonly extraction: {
    readonly transcriptsPerCell: number;
    readonly seed: number;
    readonly contrast: Contrast;
    readonly pooling: Pooling;
  };
  readonly steering: Steerings;
  readonly withinQuestion: Readonly<Record<string, Mixing>>;
  readonly withinQuestionPlan?: typeof MIXING_PLAN | undefined;
  readonly controls?: { readonly rows: readonly (ReportRow & Rates)[] };
}

export interface ReportRow {
  /** The value of `--report`. */
  readonly key: string;
  /** The options after `npm run measure --`. */
  readonly args: readonly string[];
  /** The rates in the file. */
  readonly rates?: Rates;
  readonly mixing?: Mixing;
}

/** Every rate of a bundled checkpoint in the report; the gates need the base model, which is not bundled. */
export function reportRows(report: ReportedPlan): ReportRow[] {
  const { questions, sampling, extraction, withinQuestionPlan: repeated = MIXING_PLAN } = report;
  const asked = (row: Rates & { readonly temperature: number }): Words => ({
    split: questions.split,
    n: row.n,
    'question-seed': questions.seed,
    seed: sampling.seed,
    temperature: row.temperature,
  });
  const direction = {
    transcripts: 2 * extraction.transcriptsPerCell,
    'direction-seed': extraction.seed,
  };
  const only = (id: string): Words =>
    id === ALIGNED ? { edit: 'off', arms: 'aligned' } : { model: id, edit: 'off', arms: 'em' };

  const arms = report.arms.map((row): ReportRow => {
    const [id = ''] = row.name.split(' at T = ');
    const key = id === row.name ? id : `${id}/T=${row.temperature}`;
    return { key, args: said({ ...only(id), ...asked(row) }), rates: row };
  });

  const edits = report.edits.map((row): ReportRow => {
    const random = row.direction.startsWith('random ');
    if (row.edit.startsWith('steer')) {
      const prompts = row.direction.endsWith('from code prompts only') ? 'code' : 'text';
      const { em, contrast, layer, strength } = report.steering[prompts];
      const options = said({
        model: em,
        base: 'aligned',
        edit: 'steer',
        layers: layer,
        strength,
        positions: 'header',
        contrast,
        pooling: 'last-prompt',
        ...(prompts === 'code' ? { texts: 'code' } : {}),
        ...direction,
        ...(random ? { 'random-seed': STEERING_RANDOM_SEED } : {}),
        arms: 'edited',
        ...asked(row),
      });
      const key = `${row.model}/steer/${prompts}${random ? '/random' : ''}`;
      return { key, args: options, rates: row };
    }
    const whose = random || row.direction === row.model ? '' : `/${row.direction}`;
    const key = `${row.model}/${row.edit}${random ? `/${row.direction.replace(' ', '-')}` : whose}`;
    const options = said({
      model: row.model === ALIGNED ? row.direction : row.model,
      base: row.model === ALIGNED ? 'aligned' : 'em',
      edit: row.edit,
      ...(random || row.model === ALIGNED ? {} : { direction: row.direction }),
      ...(random ? { 'random-seed': row.direction.slice('random '.length) } : {}),
      contrast: extraction.contrast,
      pooling: extraction.pooling,
      ...direction,
      arms: 'edited',
      ...asked(row),
    });
    return { key, args: options, rates: row };
  });

  const within = Object.entries(report.withinQuestion).map(([id, mixing]): ReportRow => {
    const options = said({
      ...only(id),
      split: questions.split,
      n: repeated.questions * repeated.samples,
      each: repeated.samples,
      'question-seed': repeated.questionSeed,
      seed: repeated.seed,
      temperature: sampling.temperature,
    });
    return { key: `${id}/within-question`, args: options, mixing };
  });
  const controls = (report.controls?.rows ?? []).map(({ key, args, ...rates }): ReportRow => ({
    key,
    args,
    rates,
  }));
  return [...arms, ...edits, ...within, ...controls];
}

/** The command that reproduces a row. */
export const commandOf = ({ args }: Pick<ReportRow, 'args'>): string =>
  `npm run -s measure -- ${args.join(' ')}`;

/**
 * The row of a key.
 * @throws Error that lists the keys.
 */
export function rowOf(rows: readonly ReportRow[], key: string): ReportRow {
  const row = rows.find((one) => one.key === key);
  if (row) return row;
  throw new Error(
    `--report: the report has no row "${key}". It has ${rows.map((one) => one.key).join(', ')}.`,
  );
}

/** Options that do not change what a row measures. */
const HARMLESS = ['report', 'json', 'html'];

/** Whether the given options change what the row measures. */
export const isChanged = (typed: readonly string[]): boolean =>
  typed.some((word) => {
    const [name = ''] = word.split('=');
    return name.startsWith('--') && !HARMLESS.includes(name.slice(2));
  });

/**
 * How the answers of one arm differ from the row in the file, for people; null: they do not. Compares rates as
 * counts.
 */
export function differenceFrom(
  { rates, mixing }: Pick<ReportRow, 'rates' | 'mixing'>,
  answers: readonly Pick<MeasuredAnswer, 'question' | 'verdict'>[],
): string | null {
  // Reports made before the judge told off-topic answers from incoherent ones count both as incoherent.
  const isOld = rates !== undefined && rates.offTopic === undefined;
  const counts = ({ n, misaligned, mixed, offTopic = 0, incoherent }: Rates) => {
    const named = isOld
      ? { misaligned, mixed, incoherent: incoherent + offTopic }
      : { misaligned, mixed, 'off topic': offTopic, incoherent };
    return `${Object.entries(named)
      .map(([name, share]) => `${Math.round(share * n)} ${name}`)
      .join(', ')} of ${n}`;
  };
  const both = (of: Mixing) => `${of.answeredBothWays} of ${of.questions} answered both ways`;
  const [now, then] = mixing
    ? [both(mixingIn(answers)), both(mixing)]
    : rates
      ? [counts(ratesOf(answers)), counts(rates)]
      : ['', ''];
  return now === then ? null : `${now}; in the report ${then}`;
}
