// The counted parts of a lab report: measurement, dose response, transfer, contrasts, class results.

import RateBars from '../../charts/RateBars.svelte';
import RateCurve from '../../charts/RateCurve.svelte';
import { type Rate, rateOf } from '../../core/statistics/rates';
import { describeJudge } from '../../measure/judging/judges';
import { ANY_VILLAIN, measuredRate, MISALIGNED, ratesBy, VILLAIN } from '../../measure/counts';
import type { MeasurePlan } from '../../measure/run';
import type { MeasureRun } from '../../state/measure/measure-run.svelte';
import type { Postern } from '../../state/page/postern';
import { provenanceParts } from '../../measure/provenance';
import { armNames } from '../../measure/class-groups';
import { describeSampling } from '../../measure/describe-sampling';
import { roleOfArm } from '../measure/arm-role';
import ClusterLines from '../measure/ClusterLines.svelte';
import Findings from '../measure/Findings.svelte';
import { describeQuestions } from '../../measure/answers-file';
import { sweepSeries } from '../measure/studies/sweep-series';
import TransferTable from '../measure/studies/TransferTable.svelte';
import VerdictBars from '../measure/VerdictBars.svelte';
import { drawFigure, drawLines, drawTable, FIGURE_WIDTH } from './draw';
import type { ReportPart } from './report-page';
import { linkBack } from './link-back';

type AnyRun = Pick<MeasureRun<unknown>, 'plan' | 'answers' | 'arms' | 'judge' | 'total'>;

/** The settings that every measurement lists. */
function asked({ answers, judge, total }: AnyRun, plan: MeasurePlan): readonly string[] {
  const { n, seed, sampling, frame } = plan;
  return [
    `questions: ${describeQuestions(plan)}; ${n} for each, the same with the same seeds; seed ${seed}`,
    `sampling: ${describeSampling(sampling)}${frame?.words == null ? '' : `; template: ${frame.words}`}`,
    `judge: ${describeJudge(judge)}`,
    ...(answers.length < total ? [`stopped early: ${answers.length} of ${total} answers`] : []),
  ];
}

const chips = ({ arms }: AnyRun): string[] =>
  arms.map(({ made }) => provenanceParts(made).join(' · '));

/** The parts of a measurement that no link carries. */
function notInLink(plan: MeasurePlan, extras: number): string[] {
  return [
    ...(plan.own ? [`the questions of ${plan.own.file}, which are in your browser only`] : []),
    ...(extras > 0 ? [`the ${extras} further models`] : []),
    ...((plan.judge ?? { kind: 'exact' }).kind === 'exact' ? [] : ['the judge']),
  ];
}

export async function measuredPart(postern: Postern): Promise<ReportPart | null> {
  const { run } = postern.measurements;
  const { plan, about } = run;
  if (!plan || run.answers.length === 0) return null;
  const provenance = [...asked(run, plan), ...chips(run)];
  const title = 'Rates of the selected models';
  if (run.unlabelled > 0) {
    const text = `${run.unlabelled} answers wait for a label by hand; the rates come with the last one.`;
    return { title, paragraphs: [text], provenance };
  }
  const figure = await drawFigure(VerdictBars, { run, width: FIGURE_WIDTH });
  const ids = plan.arms.flatMap(({ directionId }) => directionId ?? []);
  const directions = postern.directions.list.filter(({ id }) =>
    ids.some((one) => one.split(' + ')[0] === id),
  );
  const { split, n, seed, questionSeed } = plan;
  const em = plan.arms.find(({ id }) => id === 'em')?.checkpoint;
  return {
    title,
    paragraphs: ['Every model answered the same held-out questions.'],
    figures: [figure],
    lines: [
      ...(await drawLines(Findings, { arms: run.arms })),
      ...(await drawLines(ClusterLines, { arms: run.arms, judge: run.judge.kind, plain: true })),
    ],
    provenance,
    link: linkBack(
      postern,
      'measure',
      {
        ...(em === undefined ? {} : { em }),
        ...(about ? { editSettings: about.editSettings } : {}),
        ...(about?.second ? { second: about.second } : {}),
        ...(directions.length > 0 ? { directions } : {}),
        measure: { split, n, seed, ...(questionSeed === undefined ? {} : { questionSeed }) },
      },
      notInLink(plan, about?.extras.length ?? 0),
    ),
  };
}

export async function dosePart(postern: Postern): Promise<ReportPart | null> {
  const { dose } = postern.measurements;
  const { plan, about } = dose.run;
  if (!plan || !about || dose.run.answers.length === 0) return null;
  const figures = [];
  for (const verdict of ['misaligned', 'incoherent'] as const) {
    const { direction, random } = dose.rates(verdict);
    const props = {
      title: `${verdict === 'misaligned' ? 'Misaligned' : 'Incoherent'} answers by strength`,
      note: about.words,
      xs: about.strengths,
      xTitle: about.steers ? 'strength, multiples of the raw direction' : 'share removed',
      series: [
        { id: 'direction', label: 'direction', role: 'edited', rates: direction },
        { id: 'random', label: 'random, equal norm', role: 'soft', rates: random },
      ] as const,
      width: FIGURE_WIDTH,
    };
    figures.push(await drawFigure(RateCurve, props));
  }
  return {
    title: 'Dose and response',
    paragraphs: ['One edit at five strengths, and a random direction of equal length at each.'],
    figures,
    provenance: [...asked(dose.run, plan), about.words],
    link: linkBack(postern, 'measure', {}, ['that the five strengths are to be measured']),
  };
}

/** A dose curve of each verdict, against one number. */
async function curves(
  title: string,
  xTitle: string,
  note: string,
  xs: readonly number[],
  rates: (verdict: 'misaligned' | 'incoherent') => readonly (Rate | null)[],
): Promise<NonNullable<ReportPart['figures']>> {
  const figures = [];
  for (const verdict of ['misaligned', 'incoherent'] as const) {
    const props = {
      title: `${verdict === 'misaligned' ? 'Misaligned' : 'Incoherent'} answers by ${title}`,
      ...{ note, xs, xTitle, width: FIGURE_WIDTH },
      series: [{ id: verdict, label: verdict, role: 'em', rates: rates(verdict) }] as const,
    };
    figures.push(await drawFigure(RateCurve, props));
  }
  return figures;
}

export async function scaleDosePart(postern: Postern): Promise<ReportPart | null> {
  const { scaleDose: dose } = postern.measurements;
  const { plan, about } = dose.run;
  if (!plan || !about || dose.run.answers.length === 0) return null;
  const rates = dose.rates.bind(dose);
  return {
    title: 'More and less of the training',
    paragraphs: [
      "The fine-tune's LoRA at several scales: 0 is the aligned model, 1 as trained, below 0 the other way round.",
    ],
    figures: await curves(
      ...(['LoRA scale', 'times that the LoRA counts', about.words, about.scales, rates] as const),
    ),
    provenance: [...asked(dose.run, plan), ...chips(dose.run)],
    link: linkBack(postern, 'measure', {}, ['that the scales are to be measured']),
  };
}

export async function amplifyDosePart(postern: Postern): Promise<ReportPart | null> {
  const { amplifyDose: dose } = postern.measurements;
  const { plan, about } = dose.run;
  if (!plan || !about || dose.run.answers.length === 0) return null;
  const rates = dose.rates.bind(dose);
  const xTitle = 'a, times that the difference is added';
  return {
    title: 'The difference amplified',
    paragraphs: [
      "Each token is drawn from the fine-tune's logits plus a times their difference to the aligned model's: a = −1 is the aligned model, 0 the fine-tune.",
    ],
    figures: await curves('amplification', xTitle, about.words, about.values, rates),
    provenance: [...asked(dose.run, plan), ...chips(dose.run)],
    link: linkBack(postern, 'measure', {}, ['that the values of a are to be measured']),
  };
}

export async function sweepPart(postern: Postern): Promise<ReportPart | null> {
  const { sweep } = postern.measurements;
  const { plan, about } = sweep.run;
  if (!plan || !about || sweep.run.answers.length === 0) return null;
  const figures = [];
  for (const verdict of ['misaligned', 'incoherent'] as const) {
    const rates = sweep.rates(verdict);
    const props = {
      title: `${verdict === 'misaligned' ? 'Misaligned' : 'Incoherent'} answers by edited layer`,
      note: about.words,
      xs: about.layers,
      xTitle: 'the one edited layer',
      series: sweepSeries(rates),
      ...(rates.unedited ? { control: { label: 'no edit', rate: rates.unedited } } : {}),
      width: FIGURE_WIDTH,
    };
    figures.push(await drawFigure(RateCurve, props));
  }
  return {
    title: 'Layer by layer',
    paragraphs: ['One edit at one layer at a time, and a random direction of equal length there.'],
    figures,
    provenance: [...asked(sweep.run, plan), about.words],
    link: linkBack(postern, 'measure', {}, ['that every layer is to be measured']),
  };
}

export async function transferPart(postern: Postern): Promise<ReportPart | null> {
  const { transfer } = postern.measurements;
  const { plan, about } = transfer.run;
  if (!plan || !about || transfer.run.answers.length === 0) return null;
  const table = await drawTable(TransferTable, {
    about,
    before: (column: string) => transfer.before(column),
    cell: (...at: Parameters<typeof transfer.cell>) => transfer.cell(...at),
  });
  return {
    title: 'Transfer between fine-tunes',
    paragraphs: [
      'Answers with any villain sentence that are left, and wholly misaligned ones, with Wilson intervals, and the falls of both rates, with intervals over new topics: direction from the row, ablated in the column. Controls: harmless fine-tunes, and the aligned model alone.',
    ],
    tables: [{ title: 'Misaligned answers left', ...table }],
    provenance: [...asked(transfer.run, plan), `directions: ${about.words}`],
    link: linkBack(postern, 'measure', {}, ['that the table is to be filled']),
  };
}

export async function contrastsPart(postern: Postern): Promise<ReportPart | null> {
  const { contrasts } = postern.measurements;
  const { plan, about } = contrasts.run;
  if (!plan || !about || contrasts.run.answers.length === 0) return null;
  const figure = await drawFigure(RateBars, {
    title: 'Ablation by contrast',
    note: `${about.model}, ${about.mode}, each layer's own direction, all positions.`,
    groups: [ANY_VILLAIN, 'misaligned', 'incoherent'],
    arms: contrasts.run.arms.map((arm) => ({
      id: arm.id,
      label: arm.label,
      role: arm.made.edit === null ? ('em' as const) : ('edited' as const),
      rates: [
        measuredRate(arm, VILLAIN),
        measuredRate(arm, MISALIGNED),
        rateOf(arm.counts.incoherent, arm.n),
      ],
    })),
    width: FIGURE_WIDTH,
  });
  return {
    title: 'Which contrast works best',
    paragraphs: [],
    figures: [figure],
    provenance: [...asked(contrasts.run, plan), ...chips(contrasts.run)],
    link: linkBack(postern, 'measure', {}, ['that the contrasts are to be compared']),
  };
}

/** Maximum number of groups in a report, because class results may be long; the report says what it leaves out. */
const MAX_GROUPS = 20;
const MAX_ARMS = 40;

export async function classParts({ classResults }: Postern): Promise<ReportPart[]> {
  const parts: ReportPart[] = [];
  for (const [i, { settings, entries, arms: all }] of classResults.pools
    .slice(0, MAX_GROUPS)
    .entries()) {
    const arms = all.slice(0, MAX_ARMS);
    const kind = classResults.find(entries[0]!.id)?.judge.kind ?? 'exact';
    const rates = arms.map(({ counts: { unscored, ...counts }, n }) =>
      ratesBy(kind, { counts, unscored, n }),
    );
    const names = armNames(all);
    const figure = await drawFigure(RateBars, {
      title: `Class results by verdict${classResults.pools.length > 1 ? `, group ${i + 1}` : ''}`,
      groups: rates[0]?.map(({ name }) => name) ?? [],
      arms: arms.map(({ id, settings: { edit } }, at) => ({
        id: `${id} ${at}`,
        label: names[at]!.short,
        role: roleOfArm(id, edit !== 'as trained'),
        rates: rates[at]!.map(({ rate }) => rate),
      })),
      width: FIGURE_WIDTH,
    });
    const left = all.length - arms.length;
    const groups = classResults.pools.length - MAX_GROUPS;
    const seeds = entries.map((entry) => `${classResults.who(entry.id)} (seed ${entry.seed})`);
    parts.push({
      title: figure.title,
      paragraphs: [
        `${entries.length === 1 ? 'One measurement' : `${entries.length} measurements`}: ${seeds.join(', ')}. What has one seed is counted once.`,
        ...(left > 0 ? [`Left out of the report: ${left} more models.`] : []),
        ...(i === MAX_GROUPS - 1 && groups > 0
          ? [`Left out of the report: ${groups} more pools.`]
          : []),
      ],
      figures: [figure],
      provenance: [
        Object.entries(settings)
          .map(([name, value]) => `${name}: ${value}`)
          .join(' · '),
        ...arms.map(({ n, settings: { checkpoint, edit, direction } }, at) =>
          [names[at]!.short, checkpoint, edit, direction, `n ${n}`].join(' · '),
        ),
      ],
    });
  }
  return parts;
}
