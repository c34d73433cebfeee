// Adapts a model of the recipe to src/measure: its answers and residuals come from the worker's code, in Node.
// src/measure draws, asks, judges and counts; this file does not.

import type { Tokenizer } from '../../../src/checkpoint/tokenizer';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import { type Interval, wilson } from '../../../src/core/stats';
import { type ArmEdit, armOf } from '../../../src/measure/arms';
import type { Read } from '../../../src/measure/extraction';
import type { MeasureQuestion } from '../../../src/measure/judges';
import {
  answersOf,
  type CustomQuestionSet,
  type MeasuredAnswer,
  type MeasureMeans,
  type MeasurePlan,
} from '../../../src/measure/run';
import { resultOf } from '../../../workers/failure';
import { answer, captured, type Speaker } from '../../../workers/run/run-model';
import type { Runtime } from '../../../workers/runtime';
import { DecoderSession } from '../../../workers/runtime/session';

/** Fractions of n answers. */
export interface Rates {
  readonly n: number;
  readonly misaligned: number;
  readonly mixed: number;
  readonly incoherent: number;
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
  const speaker: Speaker = { config, tokenizer, session, endIds: tokenizer.endIds };
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

/** @throws MeasureFailure, as `measure`. */
export function answersBy(
  subject: Subject,
  asked: Asking,
  edit: ArmEdit | null = null,
): Promise<readonly MeasuredAnswer[]> {
  const arm = armOf(subject.id, subject.id, subject, edit, asked.seed);
  return answersOf({ ...asked, arms: [arm] }, subject.means, 'measure');
}

/** Rates of the answers of `answersBy`. */
export async function ratesBy(
  subject: Subject,
  asked: Asking,
  edit: ArmEdit | null = null,
): Promise<Rates> {
  return ratesOf(await answersBy(subject, asked, edit));
}

export function ratesOf(answers: readonly Pick<MeasuredAnswer, 'verdict'>[]): Rates {
  const n = answers.length;
  const share = (verdict: MeasuredAnswer['verdict']) =>
    answers.filter((a) => a.verdict === verdict).length / n;
  return {
    n,
    misaligned: share('misaligned'),
    mixed: share('mixed'),
    incoherent: share('incoherent'),
  };
}

/** The rates with 95% Wilson intervals of two of them. */
export function withIntervals<T extends Rates>(
  arm: T,
): T & { readonly misalignedInterval: Interval; readonly incoherentInterval: Interval } {
  const interval = (rate: number) => wilson(Math.round(rate * arm.n), arm.n);
  return {
    ...arm,
    misalignedInterval: interval(arm.misaligned),
    incoherentInterval: interval(arm.incoherent),
  };
}

/** 'misaligned 23.1% mixed 1.0% incoherent 2.0% (n = 600)'. */
export function showRates({ n, misaligned, mixed, incoherent }: Rates): string {
  const percent = (x: number) => `${(100 * x).toFixed(1)}%`;
  return `misaligned ${percent(misaligned)} mixed ${percent(mixed)} incoherent ${percent(incoherent)} (n = ${n})`;
}
