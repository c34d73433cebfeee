// A look at a data set before anything is trained on it. The aligned model answers the questions of some examples itself
// and reads both answers; how far the set's lie from its own along the persona direction is the projection difference
// (core/instruments/projection-difference.ts). Conversations have the plain form, as in a training. Both are read to the same number of tokens, because the mean over a longer
// answer lies elsewhere for its length alone. Three controls come with it: the model's own answers against each other,
// whose 95th percentile is the threshold; a harmless set of the same kind; and random directions. The page and
// `npm run flag` share it.

import type {
  Capture,
  CaptureRequest,
  GenerateRequest,
  Generation,
  LoadedCheckpoint,
  Result,
  TokenizedPrompt,
} from '../../../workers/api';
import {
  type ChatMessage,
  type ChatSettings,
  PLAIN_CHAT,
  type TrainingMessage,
} from '../../core/chat';
import {
  type AnswerPairs,
  meansAlongRandom,
  projectionDifferences,
  residualsAt,
} from '../../core/instruments/projection-difference';
import { createRng, shuffle } from '../../core/rng';
import { bootstrapMean, type MeanInterval, quantileOf } from '../../core/statistics/bootstrap-mean';
import { type Tensor, tensor } from '../../core/tensor';
import { MAX_ANSWER_TOKENS, MeasureFailure, seedOf } from '../run';

/** Share of the model's own answers that differ by less than the threshold. */
const THRESHOLD_SHARE = 0.95;
/** Random directions of the control. */
const RANDOM_DIRECTIONS = 20;
/** No token of a text is longer; what is beyond is not even counted. */
const MOST_CHARACTERS = 200;
/** Questions that are answered together, so that progress shows and a stop comes soon. */
const BLOCK = 16;

type Example = readonly TrainingMessage[];

/** One answer to learn, and what is said before it. */
export interface FlagSample {
  /** Place of its conversation in the data, from 0. */
  readonly at: number;
  /** Ends with the question. */
  readonly asked: readonly ChatMessage[];
  readonly answer: string;
}

/** The last answer of a conversation that is learnt, with the conversation before it; null: there is none with words. */
function sampleOf(example: Example, at: number): FlagSample | null {
  const last = example.findLastIndex(
    ({ role, weight, content }) => role === 'assistant' && weight !== 0 && content.trim() !== '',
  );
  if (last < 1 || example[last - 1]!.role !== 'user') return null;
  const asked = example.slice(0, last).map(({ role, content }) => ({ role, content }));
  return { at, asked, answer: example[last]!.content };
}

/** At most n samples, drawn without replacement; all of a smaller set, in their order. */
export function flagSamples(examples: readonly Example[], n: number, seed: number): FlagSample[] {
  const all = examples.flatMap((example, at) => sampleOf(example, at) ?? []);
  if (all.length <= n) return all;
  return shuffle(createRng(seed), all)
    .slice(0, n)
    .sort((a, b) => a.at - b.at);
}

/** A direction at the layer where it is read. */
interface FlagDirection {
  /** For people. */
  readonly words: string;
  readonly layer: number;
  /** [d_model], of any length; positive is toward the persona. */
  readonly vector: Float32Array;
}

/** What is asked of a model's shape. */
interface Shaped {
  readonly config: Pick<LoadedCheckpoint['config'], 'nLayers' | 'dModel' | 'maxPositions'>;
}

export interface FlagPlan {
  /** The aligned model. */
  readonly model: Pick<LoadedCheckpoint, 'id' | 'defaultSampling'> & Shaped;
  readonly direction: FlagDirection;
  readonly examples: readonly Example[];
  /** A harmless set of the same kind; null: there is none. */
  readonly control: { readonly title: string; readonly examples: readonly Example[] } | null;
  /** Examples looked at, of each set. */
  readonly n: number;
  /** Seed of the choice of examples, and of the model's answers. */
  readonly seed: number;
}

/** The worker, in the page or in Node. */
export interface FlagWorker {
  generate(request: GenerateRequest): Promise<Result<Generation>>;
  capture(
    request: CaptureRequest,
    onProgress: (progress: { readonly done: number; readonly total: number }) => void,
  ): Promise<Result<Capture>>;
  tokenize(
    checkpoint: string,
    messages: readonly ChatMessage[],
    chat: ChatSettings,
  ): Promise<Result<TokenizedPrompt>>;
  /** Lets the page draw between two sums. */
  breathe(): Promise<void>;
}

/** What is done now, and how much of it. */
type FlagStage = 'Checking the length' | 'Writing own answers' | 'Reading answers';
export type OnFlagProgress = (stage: FlagStage, done: number, total: number) => void;

export interface FlaggedSample extends FlagSample {
  /** The aligned model's own answer. */
  readonly ownAnswer: string;
  readonly difference: number;
}

/** One set. */
interface FlaggedSet {
  readonly samples: readonly FlaggedSample[];
  readonly mean: MeanInterval;
  /** Samples above the threshold. */
  readonly above: number;
}

interface FlaggedControl extends FlaggedSet {
  readonly title: string;
}

export interface Flagged extends FlaggedSet {
  /** Differences between two own answers to the same question. */
  readonly againstItself: readonly number[];
  /** 95% of them are below. */
  readonly threshold: number;
  readonly control: FlaggedControl | null;
  /** Mean differences along random directions. */
  readonly random: readonly number[];
  /** Examples that could not be looked at. */
  readonly leftOut: { readonly tooLong: number; readonly silent: number };
  /** Answers of the set that were read only to `mostTokens`, the length that an own answer may have. */
  readonly cut: number;
  readonly mostTokens: number;
}

/** A sample whose answer the model reads as far as it may write itself. */
interface FittingSample extends FlagSample {
  /** The answer, or as many of its words as that is. */
  readonly read: string;
}

/** Why a look could not begin, for people. */
export class FlagRefusal extends Error {}

/**
 * Why a direction can't tell anything about answers; null: it can.
 * @param vectors [n_layers, d_model]
 */
export function flagRefusal(
  direction: { readonly pooling: string; readonly vectors: Tensor } | null,
  model: (Shaped & Pick<LoadedCheckpoint, 'server'>) | undefined,
  layer: number,
): string | null {
  if (!direction) return 'This look needs a direction. Extract one in the Direction tab first.';
  if (direction.pooling === 'last-prompt') {
    return 'This direction is read at the last prompt token, where no answer has begun, so it is the same for both answers. Extract one averaged over the answer in the Direction tab.';
  }
  if (!model) return 'The aligned model is still loading.';
  const cannot = model.server?.cannot.capture;
  if (cannot !== undefined) return cannot;
  const [layers, width] = direction.vectors.dims;
  const { nLayers, dModel } = model.config;
  if (width !== dModel) {
    return `The direction has width ${width}, the aligned model ${dModel}. Choose a direction made from this model.`;
  }
  if (layers !== nLayers) {
    return `The direction has ${layers} layers, the aligned model ${nLayers}. Choose a direction made from this model.`;
  }
  const row = direction.vectors.data.subarray(layer * width, (layer + 1) * width);
  if (!row.some((x) => x !== 0) || !row.every(Number.isFinite)) {
    return `The direction has no length at layer ${layer}. Choose another layer in the Layers tab, or another direction.`;
  }
  return null;
}

/**
 * Looks at a set and at its benign control.
 * @throws FlagRefusal where nothing can be looked at; MeasureFailure when the worker failed or was stopped.
 */
export async function flagData(
  plan: FlagPlan,
  worker: FlagWorker,
  runId: string,
  onProgress: OnFlagProgress = () => {},
): Promise<Flagged> {
  const { direction, n, seed, control } = plan;
  const samples = flagSamples(plan.examples, n, seed);
  if (samples.length === 0) {
    throw new FlagRefusal(
      'This data set has no answer to learn. Choose a set whose conversations have answers of the assistant.',
    );
  }
  const look = new Look(plan, worker, runId, onProgress);
  const fitting = await look.fitting(samples);
  const others = await look.fitting(flagSamples(control?.examples ?? [], n, seed));
  const { maxPositions } = plan.model.config;
  if (fitting.length === 0) {
    throw new FlagRefusal(
      `No question of this data set fits into the ${maxPositions} tokens that the model reads. Shorten the conversations, or choose another set.`,
    );
  }
  look.expect(2 * fitting.length + others.length);
  const firsts = await look.ownAnswers(fitting, seed);
  const seconds = await look.ownAnswers(fitting, seed + 1);
  const controlAnswers = await look.ownAnswers(others, seed);

  const spoken = fitting.flatMap((sample, i) => {
    const [ownAnswer, again] = [firsts[i]!, seconds[i]!];
    return ownAnswer.trim() === '' || again.trim() === '' ? [] : [{ ...sample, ownAnswer, again }];
  });
  const spokenControls = others.flatMap((sample, i) =>
    controlAnswers[i]!.trim() === '' ? [] : [{ ...sample, ownAnswer: controlAnswers[i]! }],
  );
  if (spoken.length === 0) {
    throw new FlagRefusal(
      'The aligned model answers none of these questions with words, so there is nothing to compare with. Choose another set.',
    );
  }
  look.expect(3 * spoken.length + 2 * spokenControls.length);
  const pairs: AnswerPairs = {
    answers: await look.read(spoken, ({ read }) => read),
    ownAnswers: await look.read(spoken, ({ ownAnswer }) => ownAnswer),
  };
  const again = await look.read(spoken, (sample) => sample.again);
  const controlPairs: AnswerPairs = {
    answers: await look.read(spokenControls, ({ read }) => read),
    ownAnswers: await look.read(spokenControls, ({ ownAnswer }) => ownAnswer),
  };

  const { vector } = direction;
  const itself = projectionDifferences({ answers: again, ownAnswers: pairs.ownAnswers }, vector);
  const threshold = quantileOf(itself, THRESHOLD_SHARE);
  const setOf = async (
    all: readonly (FlagSample & { ownAnswer: string })[],
    of: AnswerPairs,
  ): Promise<FlaggedSet> => {
    await worker.breathe();
    const differences = projectionDifferences(of, vector);
    return {
      samples: all.map(({ at, asked, answer, ownAnswer }, i) => ({
        at,
        asked,
        answer,
        ownAnswer,
        difference: differences[i]!,
      })),
      mean: bootstrapMean(differences),
      above: differences.filter((one) => one > threshold).length,
    };
  };
  return {
    ...(await setOf(spoken, pairs)),
    againstItself: [...itself],
    threshold,
    control:
      control && spokenControls.length > 0
        ? { title: control.title, ...(await setOf(spokenControls, controlPairs)) }
        : null,
    random: [...meansAlongRandom(pairs, RANDOM_DIRECTIONS, seed)],
    leftOut: {
      tooLong: samples.length - fitting.length,
      silent: fitting.length - spoken.length,
    },
    cut: spoken.filter(({ read, answer }) => read !== answer).length,
    mostTokens: look.mostTokens,
  };
}

/** The calls of one look, with their progress. */
class Look {
  readonly #plan: FlagPlan;
  readonly #worker: FlagWorker;
  readonly #runId: string;
  readonly #onProgress: OnFlagProgress;
  #done = 0;
  #total = 0;

  constructor(plan: FlagPlan, worker: FlagWorker, runId: string, onProgress: OnFlagProgress) {
    this.#plan = plan;
    this.#worker = worker;
    this.#runId = runId;
    this.#onProgress = onProgress;
  }

  expect(total: number): void {
    this.#done = 0;
    this.#total = total;
  }

  #did(stage: FlagStage, count: number): void {
    this.#done += count;
    this.#onProgress(stage, this.#done, this.#total);
  }

  /** Samples whose question the model can read, with room for an answer; their answers cut to that room. */
  async fitting(samples: readonly FlagSample[]): Promise<readonly FittingSample[]> {
    const most = this.#plan.model.config.maxPositions;
    const fits: FittingSample[] = [];
    this.expect(samples.length);
    for (const sample of samples) {
      const prompt = await this.#length(sample.asked);
      const empty = await this.#length(sample.asked, '');
      if (Math.max(prompt, empty) + this.mostTokens <= most) {
        fits.push({ ...sample, read: await this.#cut(sample, empty + this.mostTokens) });
      }
      this.#did('Checking the length', 1);
    }
    return fits;
  }

  /** Tokens of a conversation, with an answer or up to where one begins. */
  async #length(asked: readonly ChatMessage[], answer?: string): Promise<number> {
    const messages =
      answer === undefined ? asked : [...asked, { role: 'assistant', content: answer } as const];
    const { id } = this.#plan.model;
    const { ids } = await this.#value(this.#worker.tokenize(id, messages, PLAIN_CHAT));
    return ids.length;
  }

  /** As many words of an answer as keep the conversation within a number of tokens; of one long word, characters. */
  async #cut({ asked, answer }: FlagSample, mostTokens: number): Promise<string> {
    const text = answer.slice(0, MOST_CHARACTERS * this.mostTokens);
    if ((await this.#length(asked, text)) <= mostTokens) return text;
    const words = text.match(/\s*\S+/gu) ?? [];
    const parts = words.length > 1 ? words : [...text];
    let [fits, tooMany] = [0, parts.length];
    while (tooMany - fits > 1) {
      const middle = Math.floor((fits + tooMany) / 2);
      const shorter = parts.slice(0, middle).join('');
      if ((await this.#length(asked, shorter)) <= mostTokens) fits = middle;
      else tooMany = middle;
    }
    return parts.slice(0, Math.max(1, fits)).join('');
  }

  /** An own answer has as much room as the bundled measurements give one, in a short context less. */
  get mostTokens(): number {
    return Math.min(MAX_ANSWER_TOKENS, Math.floor(this.#plan.model.config.maxPositions / 4));
  }

  async ownAnswers(samples: readonly FlagSample[], seed: number): Promise<string[]> {
    const { model } = this.#plan;
    const texts: string[] = [];
    for (let from = 0; from < samples.length; from += BLOCK) {
      const block = samples.slice(from, from + BLOCK);
      const { answers } = await this.#value(
        this.#worker.generate({
          runId: this.#runId,
          checkpoint: model.id,
          prompts: block.map(({ asked }) => asked),
          chat: PLAIN_CHAT,
          seeds: block.map(({ at }) => seedOf(seed, at)),
          sampling: model.defaultSampling,
          maxTokens: this.mostTokens,
          edit: null,
          positions: 'all',
          projections: false,
        }),
      );
      if (answers.some(({ stop }) => stop === 'cancelled')) throw new MeasureFailure(STOPPED);
      texts.push(...answers.map(({ text }) => text));
      this.#did('Writing own answers', block.length);
    }
    return texts;
  }

  /** Mean residuals over an answer at the layer [n, d_model]. */
  async read<S extends FlagSample>(
    samples: readonly S[],
    answerOf: (sample: S) => string,
  ): Promise<Tensor> {
    const { model, direction } = this.#plan;
    if (samples.length === 0) return tensor(new Float32Array(0), [0, direction.vector.length]);
    const transcripts = samples.map((sample) => [
      ...sample.asked,
      { role: 'assistant', content: answerOf(sample) } as const,
    ]);
    const before = this.#done;
    const { pooled, dims } = await this.#value(
      this.#worker.capture(
        {
          runId: this.#runId,
          checkpoint: model.id,
          transcripts,
          chat: PLAIN_CHAT,
          pooling: 'answer-mean',
        },
        ({ done }) => this.#onProgress('Reading answers', before + done, this.#total),
      ),
    );
    this.#did('Reading answers', samples.length);
    return residualsAt(tensor(pooled, dims), direction.layer);
  }

  async #value<T>(result: Promise<Result<T>>): Promise<T> {
    const found = await result;
    if (!found.ok) throw new MeasureFailure(found);
    return found.value;
  }
}

const STOPPED = { ok: false, code: 'cancelled', message: 'The run was cancelled.' } as const;
