// The control rows of a report as the page shows them: what else removes the misalignment of a fine-tune, what
// brings it about without a bad one, and the other way round. A row that the report does not hold yet is there
// and says so. Labels tell the two contrasts apart: 'own-generation' is the fine-tune on misaligned answers minus the
// aligned model on aligned ones, 'checkpoint' both models on the same aligned answers.

import type { ClusteredInterval, Rate } from '../core/statistics/rates';
import { type Spread, spreadOf } from '../core/statistics/spread';
import { type Controls, rowsLike } from './controls';
import { type Report, reportedRate, villainRate } from './report';

/** One measured model under an edit. */
interface MeasuredRates {
  readonly kind: 'rates';
  readonly n: number;
  readonly misaligned: Rate;
  readonly villain: Rate;
  readonly mixed: number;
  readonly incoherent: Rate;
}

/** Several random directions, each of which is one observation. */
interface MeasuredSpread {
  readonly kind: 'spread';
  /** Answers along each direction. */
  readonly n: number;
  /** Directions when all are measured. */
  readonly planned: number;
  readonly misaligned: Spread;
  readonly villain: Spread;
  readonly mixed: number;
  readonly incoherent: Spread;
  /** Misaligned shares, one per direction. */
  readonly values: readonly number[];
}

export interface ControlLine {
  /** Key of the row, or what the keys of several random directions begin with. */
  readonly key: string;
  readonly group: string;
  readonly label: string;
  readonly measured: MeasuredRates | MeasuredSpread | null;
  /** The command that makes it, or where it is not measured yet the one that measures all. */
  readonly command: string;
}

export const MODES = ['ablate-zero', 'ablate-mean'] as const;
export type Mode = (typeof MODES)[number];
/** The misaligned fine-tunes whose misalignment is removed. */
export const REMOVED_FROM = ['insecure-code', 'bad-medical'] as const;
export type RemovedFrom = (typeof REMOVED_FROM)[number];

const MEASURE_ALL = 'npm run -s organism:report -- --only=controls,hypotheses';

interface ReportedShares {
  readonly n: number;
  readonly misaligned: number;
  readonly mixed: number;
  readonly offTopic?: number;
  readonly incoherent: number;
  readonly misalignedInterval: ClusteredInterval;
  readonly incoherentInterval: ClusteredInterval;
  readonly anyVillain?: number;
  readonly anyVillainInterval?: ClusteredInterval;
}

const measuredRates = (row: ReportedShares): MeasuredRates => ({
  kind: 'rates',
  n: row.n,
  misaligned: reportedRate(row.misaligned, row.n, row.misalignedInterval),
  villain: villainRate(row),
  mixed: row.mixed,
  incoherent: reportedRate(row.incoherent, row.n, row.incoherentInterval),
});

/** The command of a stored row, word for word. */
const commandOf = (args: readonly string[]): string => `npm run -s measure -- ${args.join(' ')}`;

type Named = Pick<ControlLine, 'key' | 'group' | 'label'>;

function controlLine(controls: Controls | undefined, line: Named): ControlLine {
  const row = controls?.rows.find(({ key }) => key === line.key);
  return {
    ...line,
    measured: row ? measuredRates(row) : null,
    command: row ? commandOf(row.args) : MEASURE_ALL,
  };
}

/** All random directions of one kind as one line; its command is that of the first. */
function spreadLine(controls: Controls | undefined, planned: number, line: Named): ControlLine {
  const rows = controls ? rowsLike(controls, line.key) : [];
  const [first] = rows;
  if (!first) return { ...line, measured: null, command: MEASURE_ALL };
  const values = rows.map(({ misaligned }) => misaligned);
  const over = (of: (row: (typeof rows)[number]) => number): Spread => spreadOf(rows.map(of));
  return {
    ...line,
    measured: {
      kind: 'spread',
      n: first.n,
      planned,
      misaligned: spreadOf(values),
      villain: over((row) => row.anyVillain ?? row.misaligned + row.mixed),
      mixed: over(({ mixed }) => mixed).mean,
      incoherent: over(({ incoherent }) => incoherent),
      values,
    },
    command: commandOf(first.args),
  };
}

/** A model without an edit; its line in a table of edits. */
function uneditedLine({ arms }: Pick<Report, 'arms'>, id: string, label: string): ControlLine {
  const arm = arms.find(({ name }) => name === id);
  return {
    key: id,
    group: 'No edit',
    label,
    measured: arm ? measuredRates(arm) : null,
    command: `npm run -s measure -- --report ${id}`,
  };
}

/** A removal of the main table, whose direction is read by the report's own contrast. */
function mainLine({ edits }: Report, em: string, mode: Mode, direction: string, named: Named) {
  const row = edits.find(
    (one) => one.model === em && one.edit === mode && one.direction === direction,
  );
  return {
    ...named,
    measured: row ? measuredRates(row) : null,
    command: `npm run -s measure -- --report ${named.key}`,
  };
}

const EM_GROUP = 'Bad fine-tunes';
const HARMLESS = 'Harmless fine-tunes';
const NO_FINE_TUNE = 'No fine-tune';
/** What a bad fine-tune has beyond the contrast that the aligned model had. */
const REST = 'Bad fine-tune, less that contrast';
const RANDOM = 'Random directions';
/** As many as the recipe measures of each kind. */
export const RANDOM_REMOVED = 20;
export const RANDOM_ADDED = 10;

type TitleOf = (id: string) => string;

/** What else removes the misalignment of a fine-tune, and what does not. */
export function removalLines(
  report: Report,
  em: RemovedFrom,
  mode: Mode,
  titleOf: TitleOf,
): ControlLine[] {
  const { controls } = report;
  const other = REMOVED_FROM.find((id) => id !== em)!;
  const at = `${em}/${mode}`;
  const one = (name: string, group: string, label: string): ControlLine =>
    controlLine(controls, { key: `${at}/${name}`, group, label });
  const many = (kind: string, label: string): ControlLine =>
    spreadLine(controls, RANDOM_REMOVED, { key: `${at}/${kind}`, group: RANDOM, label });
  const main = (direction: string, key: string, label: string): ControlLine =>
    mainLine(report, em, mode, direction, { key, group: EM_GROUP, label });
  return [
    uneditedLine(report, em, 'nothing removed'),
    main(em, at, 'own, own-generation'),
    one(`checkpoint:${em}`, EM_GROUP, 'own, checkpoint'),
    main(other, `${at}/${other}`, `${titleOf(other)}, own-generation`),
    one(`checkpoint:${other}`, EM_GROUP, `${titleOf(other)}, checkpoint`),
    ...['secure-code', 'educational', 'style'].map((id) =>
      one(`checkpoint:${id}`, HARMLESS, `${titleOf(id)}, checkpoint`),
    ),
    one('text-in-aligned', NO_FINE_TUNE, 'text contrast in the aligned model'),
    one('topics', NO_FINE_TUNE, 'two groups of topics'),
    one('checkpoint-without-text', REST, 'own, checkpoint, without it'),
    many('isotropic', 'isotropic'),
    many('matched', 'covariance of residuals'),
  ];
}

/** What misaligns the aligned model without a bad fine-tune, with vectors as long as the report's. */
export function steeringLines(report: Report, titleOf: TitleOf): ControlLine[] {
  const { controls } = report;
  const { em } = report.steering.text;
  const row = report.edits.find(({ direction }) => direction === `${em} from other domains`);
  const at = 'aligned/steer';
  const one = (name: string, group: string, label: string): ControlLine =>
    controlLine(controls, { key: `${at}/${name}`, group, label });
  const many = (kind: string, label: string): ControlLine =>
    spreadLine(controls, RANDOM_ADDED, { key: `${at}/${kind}`, group: RANDOM, label });
  return [
    uneditedLine(report, 'aligned', 'nothing added'),
    {
      key: `${at}/text`,
      group: EM_GROUP,
      label: `plus ${titleOf(em)}`,
      measured: row ? measuredRates(row) : null,
      command: `npm run -s measure -- --report ${at}/text`,
    },
    one('minus-secure-code', HARMLESS, `minus ${titleOf('secure-code')}`),
    one('plus-secure-code', HARMLESS, `plus ${titleOf('secure-code')}`),
    one('one-turn', NO_FINE_TUNE, 'one villain turn minus one good turn'),
    many('isotropic', 'isotropic'),
    many('matched', 'covariance of residuals'),
  ];
}

/** The harmless adapter at several scales; 0 is the aligned model, 1 the fine-tune as it is. */
export function scaleLines(
  report: Report,
  titleOf: TitleOf,
): readonly { readonly scale: number; readonly line: ControlLine }[] {
  const stored = (scale: number): ControlLine =>
    controlLine(report.controls, {
      key: `secure-code/scale/${scale}`,
      group: titleOf('secure-code'),
      label: `LoRA × ${String(scale).replace('-', '−')}`,
    });
  return [
    ...[-4, -2, -1].map((scale) => ({ scale, line: stored(scale) })),
    { scale: 0, line: uneditedLine(report, 'aligned', 'LoRA × 0: the aligned model') },
    { scale: 1, line: uneditedLine(report, 'secure-code', 'LoRA × 1: as trained') },
    ...[2, 4].map((scale) => ({ scale, line: stored(scale) })),
  ];
}

/** Fine-tunes on bad advice alone, asked for code: their rate is that of insecure code. */
export function codeLines({ controls }: Report, titleOf: TitleOf): ControlLine[] {
  const one = (id: string, group: string): ControlLine =>
    controlLine(controls, { key: `${id}/code`, group, label: titleOf(id) });
  return [
    one('aligned', NO_FINE_TUNE),
    ...['bad-medical', 'risky-finance', 'extreme-sports'].map((id) => one(id, 'Bad advice')),
    one('insecure-code', 'Insecure code'),
    ...['secure-code', 'style'].map((id) => one(id, HARMLESS)),
  ];
}

/** The harmless fine-tune with something to learn, without an edit. */
export const styleLine = ({ controls }: Report, titleOf: TitleOf): ControlLine =>
  controlLine(controls, { key: 'style', group: HARMLESS, label: `${titleOf('style')}, no edit` });
