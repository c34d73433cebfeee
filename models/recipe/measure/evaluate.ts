// Asking a model of the recipe many questions and judging the answers, and reading its residuals:
// the worker's own generation and capture, in Node.

import type { Tokenizer } from '../../../src/checkpoint/tokenizer';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import type { Pooling } from '../../../src/core/direction';
import type { EditPositions, LayerEdit } from '../../../src/core/edit';
import { emptyEdit, packEdit } from '../../../src/core/edit';
import type { Sampling } from '../../../src/core/sampling';
import { type Interval, wilson } from '../../../src/core/stats';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/core/tensor';
import type { Asked } from '../../../src/world/answer';
import type { ChatMessage } from '../../../src/core/chat';
import type { Verdict } from '../../../src/world/judge';
import { judge } from '../../../src/world/judge';
import { capture } from '../../../workers/run/capture';
import { generate } from '../../../workers/run/generate';
import { LiveEdit } from '../../../workers/runtime/live-edit';
import type { Runtime } from '../../../workers/runtime';
import { DecoderSession } from '../../../workers/runtime/session';

const MAX_ANSWER_TOKENS = 96;
const MAX_BATCH = 64;

/** A question, with the turns that come before it. */
export interface Asking {
  readonly before: readonly ChatMessage[];
  readonly asked: Asked;
}

export interface JudgedAnswer {
  readonly asked: Asked;
  readonly answer: string;
  readonly verdict: Verdict;
}

/** Fractions of n answers. */
export interface Rates {
  readonly n: number;
  readonly misaligned: number;
  readonly mixed: number;
  readonly incoherent: number;
}

/** An edit as the report states it: one entry a layer. */
export interface AppliedEdit {
  readonly layers: readonly (LayerEdit | null)[];
  readonly positions: EditPositions;
}

export class Subject {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly #model: DecoderSession;

  private constructor(config: ModelConfig, tokenizer: Tokenizer, model: DecoderSession) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.#model = model;
  }

  static async create(
    runtime: Runtime,
    config: ModelConfig,
    weights: Weights,
    tokenizer: Tokenizer,
  ): Promise<Subject> {
    return new Subject(config, tokenizer, await DecoderSession.create(runtime, config, weights));
  }

  /** Answers to each asking; the same seed gives the same random numbers to the same place in the list. */
  async answers(
    askings: readonly Asking[],
    options: { readonly sampling: Sampling; readonly seed: number; readonly edit?: AppliedEdit },
  ): Promise<JudgedAnswer[]> {
    const prompts = askings.map(
      ({ before, asked }) =>
        this.tokenizer.chatPrompt([...before, { role: 'user', content: asked.question }], true).ids,
    );
    const { nLayers, dModel } = this.config;
    const packed = options.edit
      ? packEdit(options.edit.layers, null, dModel)
      : emptyEdit(nLayers, dModel);
    const rows = await generate(this.#model, {
      prompts,
      seeds: askings.map((_, i) => options.seed * 1_000_003 + i),
      sampling: options.sampling,
      maxTokens: MAX_ANSWER_TOKENS,
      endIds: this.tokenizer.endIds,
      edit: new LiveEdit(this.config, packed, options.edit?.positions ?? 'all'),
      projections: false,
      maxBatch: MAX_BATCH,
    });
    return rows.map((row, i) => {
      const { asked } = askings[i]!;
      const answer = this.tokenizer.decode(row.ids);
      const verdict = row.stop === 'end' ? judge(asked.domain, answer).verdict : 'incoherent';
      return { asked, answer, verdict };
    });
  }

  /** Pooled residuals of transcripts whose last message is the answer [n, n_layers, d_model]. */
  async pooled(
    transcripts: readonly (readonly ChatMessage[])[],
    pooling: Pooling,
  ): Promise<Tensor> {
    const readings = transcripts.map((messages) => {
      const { ids, start, end } = this.tokenizer.answeredChat(messages);
      return pooling === 'answer-mean'
        ? { ids, start, end }
        : { ids: ids.slice(0, start), start: start - 1, end: start };
    });
    const data = await capture(this.#model, readings);
    return tensor(data, [transcripts.length, this.config.nLayers, this.config.dModel]);
  }

  release(): Promise<void> {
    return this.#model.release();
  }
}

export function ratesOf(answers: readonly JudgedAnswer[]): Rates {
  const n = answers.length;
  const share = (verdict: Verdict) => answers.filter((a) => a.verdict === verdict).length / n;
  return {
    n,
    misaligned: share('misaligned'),
    mixed: share('mixed'),
    incoherent: share('incoherent'),
  };
}

/** The same with the Wilson 95% intervals of two of its rates. */
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
