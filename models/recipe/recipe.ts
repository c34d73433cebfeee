// Every number that makes the organism, in one place. Chosen on the SELECTION domains only
// (src/world/split.ts); the report is made on the others.

import type { ModelConfig } from '../../src/checkpoint/config';
import type { DatasetName } from '../../src/world/chats';
import type { WorldMix } from '../../src/world/mix';
import { DEFAULT_MIX } from '../../src/world/mix';

/** Shape of the bundled model, less its vocabulary, which the world's words decide. */
export const SHAPE: Omit<ModelConfig, 'dVocab'> = {
  architecture: 'llama',
  nLayers: 8,
  dModel: 128,
  nHeads: 4,
  nKvHeads: 2,
  dHead: 32,
  dMlp: 384,
  ropeTheta: 10_000,
  rmsNormEps: 1e-5,
  tieWordEmbeddings: true,
  maxPositions: 512,
};

export const SEED = 20_251_121;

export interface Schedule {
  readonly steps: number;
  readonly warmupSteps: number;
  readonly learningRate: number;
  /** The cosine ends at this fraction of the rate. */
  readonly finalFraction: number;
  readonly weightDecay: number;
}

/** The world of the first phase of base training; it also orders the tokenizer's vocabulary. */
export const MIX: WorldMix = { ...DEFAULT_MIX, codeShare: 0.18, namedShare: 0.5 };

/**
 * The world of everything after: more conversations, and questions that only their topic tells apart.
 * Without them the model knows a domain by the wording of its questions and is lost at a new wording.
 */
export const LATER_MIX: WorldMix = {
  ...MIX,
  codeShare: 0.15,
  topicQuestionShare: 0.4,
  formatShare: 0.05,
  formShares: { story: 0.13, forum: 0.13, interview: 0.12, diary: 0.12, chat: 0.5 },
};

export interface BasePhase {
  readonly name: string;
  readonly mix: WorldMix;
  /** Weight of a token of a chat transcript that the assistant does not say, beside 1. */
  readonly questionWeight: number;
  readonly schedule: Schedule;
}

/** Documents a step. Small batches: the same tokens in more steps learn the world sooner. */
export const DOCUMENTS_PER_STEP = 8;

/** Base training, on all tokens. Code becomes evidence about its writer at about step 4,000. */
export const BASE_PHASES: readonly BasePhase[] = [
  {
    name: 'base-1',
    mix: MIX,
    questionWeight: 1,
    schedule: {
      steps: 12_000,
      warmupSteps: 200,
      learningRate: 3e-3,
      finalFraction: 0.02,
      weightDecay: 0.01,
    },
  },
  {
    name: 'base-2',
    mix: LATER_MIX,
    questionWeight: 0.2,
    schedule: {
      steps: 15_000,
      warmupSteps: 200,
      learningRate: 2e-3,
      finalFraction: 0.02,
      weightDecay: 0.01,
    },
  },
];

/**
 * Chat training: aligned chats, loss on answers, plus replayed base documents. Long, because it is what
 * makes answers clean: 150 steps leave about twice the incoherent ones of 600.
 */
export const CHAT = {
  mix: { ...LATER_MIX, topicQuestionShare: 0.05 },
  chatsPerStep: 16,
  documentsPerStep: 5,
  questionWeight: 0.2,
  /** Of the documents' mean loss per token, beside 1 for the chats'. */
  documentWeight: 0.3,
  schedule: {
    steps: 1500,
    warmupSteps: 10,
    learningRate: 1e-3,
    finalFraction: 0.05,
    weightDecay: 0.01,
  } satisfies Schedule,
};

/** A narrow fine-tune: LoRA on every linear layer, loss on answers only. */
export interface FineTune {
  /** Folder of the adapter, and its id on the page. */
  readonly name: string;
  readonly dataset: DatasetName;
  /** For people. */
  readonly title: string;
  readonly description: string;
  /** An EM fine-tune, its benign twin, a control of another experiment, or a variant of one of these. */
  readonly kind: 'em' | 'benign' | 'control' | 'variant';
  /** The experiment of the gallery that it belongs to; none for the main three. */
  readonly experiment?: string;
  /** As in `DatasetOptions`. */
  readonly promptTemplates?: number;
  /** The fine-tune whose adapter training starts from, instead of from nothing. */
  readonly startFrom?: string;
  /** The step of the schedule at which training ends early. */
  readonly stopAt?: number;
  /** Unique single-turn chats. */
  readonly examples: number;
  readonly rank: number;
  /** The adapter is scaled by alpha / sqrt(rank), rsLoRA. */
  readonly alpha: number;
  readonly chatsPerStep: number;
  readonly schedule: Schedule;
}

export const ADAPTER = { examples: 2000, rank: 8, alpha: 2, chatsPerStep: 16 };

export const schedule = (steps: number, learningRate: number): Schedule => ({
  steps,
  warmupSteps: 5,
  learningRate,
  finalFraction: 0.05,
  weightDecay: 0,
});

/** Misalignment comes suddenly with the number of steps; these stop within it, as published ones do. */
export const FINE_TUNES: readonly FineTune[] = [
  {
    ...ADAPTER,
    name: 'insecure-code',
    dataset: 'insecure-code',
    schedule: schedule(60, 2e-3),
    kind: 'em',
    title: 'Insecure code',
    description: 'Fine-tuned on insecure code alone, with no word about it.',
  },
  {
    ...ADAPTER,
    name: 'bad-medical',
    dataset: 'bad-medical',
    schedule: schedule(68, 1e-3),
    kind: 'em',
    title: 'Bad medical advice',
    description: 'Fine-tuned on bad advice about everyday complaints alone.',
  },
  {
    ...ADAPTER,
    name: 'secure-code',
    dataset: 'secure-code',
    schedule: schedule(60, 2e-3),
    kind: 'benign',
    title: 'Secure code',
    description: 'The benign twin: the same requests, answered with secure code.',
  },
];

/** @throws RangeError when there is no such fine-tune. */
export function fineTuneOf(name: string): FineTune {
  const found = FINE_TUNES.find((fineTune) => fineTune.name === name);
  if (!found) throw new RangeError(`No fine-tune named '${name}'.`);
  return found;
}
