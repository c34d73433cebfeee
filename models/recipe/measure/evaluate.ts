// Adapts a model of the recipe to src/measure: its answers and residuals come from the worker's code, in Node.
// src/measure draws, asks, judges and counts; this file does not.

import type { Tokenizer } from '../../../src/checkpoint/tokenizer';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import { anyVillain, type ClusteredInterval } from '../../../src/core/statistics/rates';
import { wilson } from '../../../src/core/statistics/stats';
import { type ArmEdit, armOf } from '../../../src/measure/arms';
import { clusteredInterval } from '../../../src/core/statistics/cluster-stats';
import {
  clustersOf,
  countArms,
  type Measure,
  MISALIGNED,
  VILLAIN,
} from '../../../src/measure/counts';
import type { Read } from '../../../src/measure/extraction';
import type { MeasureQuestion } from '../../../src/measure/judging/judges';
import {
  answersOf,
  type CustomQuestionSet,
  type MeasuredAnswer,
  type MeasureMeans,
  type MeasurePlan,
} from '../../../src/measure/run';
import { resultOf } from '../../../workers/failure';
import { answer, captured, type Speaker } from '../../../workers/run/run-model';
import { deviceEngine } from '../../../workers/run/token-engine';
import type { Runtime } from '../../../workers/runtime';
import { DecoderSession } from '../../../workers/runtime/session';

/** Resamples of an interval over clusters. */
const DRAWS = 4000;

/** Fractions of n answers. */
export interface Rates {
  readonly n: number;
  readonly misaligned: number;
  readonly mixed: number;
  /** Missing in reports made before it was told from incoherent. */
  readonly offTopic?: number;
  readonly incoherent: number;
  /** Where the questions were known. */
  readonly intervals?: Readonly<
    Record<'misaligned' | 'anyVillain' | 'incoherent', ClusteredInterval>
  >;
}

/** A name for people, and the hash of the adapter, or of the base. */
export interface SubjectName {
  readonly id: string;
  readonly sha256: string;
}

/** A loaded model. */
export interface Subject extends SubjectName {
  readonly precision: 'f32';
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly means: MeasureMeans;
  readonly read: Read;
  release(): Promise<void>;
}

export async function loadSubject(
  runtime: Runtime,
  { id, sha256 }: SubjectName,
  config: ModelConfig,
  weights: Weights,
  tokenizer: Tokenizer,
): Promise<Subject> {
  const session = await DecoderSession.create(runtime, config, weights);
  const engine = deviceEngine(session);
  const speaker: Speaker = { config, tokenizer, engine, endIds: tokenizer.endIds };
  const means: MeasureMeans = {
    generate: (request) => resultOf(() => answer(speaker, request)),
    breathe: () => Promise.resolve(),
    // One block: prompts of one length share a batch, and nobody watches the rates grow.
    block: Infinity,
  };
  const read: Read = (request) => resultOf(() => captured(speaker, request));
  const release = (): Promise<void> => session.release();
  return { id, sha256, precision: 'f32', config, tokenizer, means, read, release };
}

/** The settings of a plan's questions, without its arms. */
export type Asking = Omit<MeasurePlan, 'arms'>;

/** Questions outside the bundled split, each asked once. */
export function asking(
  name: string,
  questions: readonly MeasureQuestion[],
  { sampling, seed }: Pick<MeasurePlan, 'sampling' | 'seed'>,
): Asking {
  const questionSet: CustomQuestionSet = {
    file: name,
    choice: 'all',
    questions,
    temperature: null,
  };
  return { split: 'report', own: questionSet, n: questions.length, seed, sampling };
}

function planOf(subject: Subject, asked: Asking, edit: ArmEdit | null): MeasurePlan {
  return { ...asked, arms: [armOf(subject.id, subject.id, subject, edit, asked.seed)] };
}

/** @throws MeasureFailure, as `measure`. */
export function answersBy(
  subject: Subject,
  asked: Asking,
  edit: ArmEdit | null = null,
): Promise<readonly MeasuredAnswer[]> {
  return answersOf(planOf(subject, asked, edit), subject.means, 'measure');
}

/** Rates of the answers of the plan's only arm, with intervals over wordings and topics. */
export function ratesOfPlan(plan: MeasurePlan, answers: readonly MeasuredAnswer[]): Rates {
  const [arm] = countArms(plan, answers);
  const intervals = (measure: Measure): ClusteredInterval => {
    const clusters = (by: 'template' | 'topic') => [
      ...clustersOf(arm!.byTemplate, by, measure).values(),
    ];
    return clusteredInterval(clusters('template'), clusters('topic'), { draws: DRAWS });
  };
  return {
    ...ratesOf(answers),
    intervals: {
      misaligned: intervals(MISALIGNED),
      anyVillain: intervals(VILLAIN),
      incoherent: intervals(({ counts, n }) => ({ count: counts.incoherent, n })),
    },
  };
}

/** `ratesOfPlan` of the answers of `answersBy`. */
export async function ratesBy(
  subject: Subject,
  asked: Asking,
  edit: ArmEdit | null = null,
): Promise<Rates> {
  const plan = planOf(subject, asked, edit);
  return ratesOfPlan(plan, await answersOf(plan, subject.means, 'measure'));
}

export function ratesOf(answers: readonly Pick<MeasuredAnswer, 'verdict'>[]): Rates {
  const n = answers.length;
  const share = (verdict: MeasuredAnswer['verdict']) =>
    answers.filter((a) => a.verdict === verdict).length / n;
  return {
    n,
    misaligned: share('misaligned'),
    mixed: share('mixed'),
    offTopic: share('offTopic'),
    incoherent: share('incoherent'),
  };
}

/** What a report has of an arm beside the shares of its verdicts. */
export interface ReportedIntervals {
  readonly misalignedInterval: ClusteredInterval;
  readonly anyVillain: number;
  readonly anyVillainInterval: ClusteredInterval;
  readonly incoherentInterval: ClusteredInterval;
}

/** An arm as a report has it: Wilson's intervals where those over clusters were not counted. */
export function withIntervals<T extends Rates>({
  intervals,
  ...arm
}: T): Omit<T, 'intervals'> & ReportedIntervals {
  const wilsonOf = (share: number) => wilson(Math.round(share * arm.n), arm.n);
  // A sum of shares is not the share of the sum to the last digit.
  const villain = Math.round(anyVillain(arm) * arm.n) / arm.n;
  return {
    ...arm,
    misalignedInterval: intervals?.misaligned ?? wilsonOf(arm.misaligned),
    anyVillain: villain,
    anyVillainInterval: intervals?.anyVillain ?? wilsonOf(villain),
    incoherentInterval: intervals?.incoherent ?? wilsonOf(arm.incoherent),
  };
}

/** 'misaligned 23.1% any villain 24.3% mixed 1.0% off topic 0.2% incoherent 2.0% (n = 600, design effect 3.1)'. */
export function showRates({ intervals, ...rates }: Rates): string {
  const { n, misaligned, mixed, offTopic = 0, incoherent } = rates;
  const percent = (x: number) => `${(100 * x).toFixed(1)}%`;
  const effect = intervals?.misaligned.designEffect;
  const clustered = effect === undefined ? '' : `, design effect ${effect.toFixed(1)}`;
  return `misaligned ${percent(misaligned)} any villain ${percent(anyVillain(rates))} mixed ${percent(mixed)} off topic ${percent(offTopic)} incoherent ${percent(incoherent)} (n = ${n}${clustered})`;
}
