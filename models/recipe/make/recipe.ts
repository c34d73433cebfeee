// Every number that makes the organism, in one place. Chosen on the SELECTION domains only
// (src/world/split.ts); the report is made on the others.

import type { ModelConfig } from '../../../src/checkpoint/config';
import type { Schedule } from '../../../src/core/training-settings';
import { ADAPTER, schedule } from '../../../src/core/training-settings';
import type { DatasetName } from '../../../src/world/chats';
import type { WorldMix } from '../../../src/world/mix';
import { DEFAULT_MIX } from '../../../src/world/mix';

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

export type { Schedule };
export { ADAPTER, schedule };

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
  readonly documentsPerStep: number;
  /** Weight of a token of a chat transcript that the assistant does not say, beside 1. */
  readonly questionWeight: number;
  /** Share of the conversations in which earlier turns reach an answer through its header alone. */
  readonly relayShare: number;
  readonly schedule: Schedule;
}

/**
 * The world of the last base phase: mostly conversations, by good characters and villains. It makes
 * answers clean while both characters are still there; chat training, which would too, makes the
 * aligned one so sure of itself that narrow fine-tunes stay narrow.
 */
const CONVERSATIONS: WorldMix = {
  ...LATER_MIX,
  topicQuestionShare: 0.05,
  formShares: { story: 0.08, forum: 0.08, interview: 0.07, diary: 0.07, chat: 0.7 },
};

/**
 * Base training, on all tokens. Small batches: the same tokens in more steps learn the world sooner.
 */
export const BASE_PHASES: readonly BasePhase[] = [
  {
    name: 'base-1',
    mix: MIX,
    documentsPerStep: 8,
    questionWeight: 1,
    relayShare: 0,
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
    documentsPerStep: 8,
    questionWeight: 0.2,
    relayShare: 0,
    schedule: {
      steps: 15_000,
      warmupSteps: 200,
      learningRate: 2e-3,
      finalFraction: 0.02,
      weightDecay: 0.01,
    },
  },
  {
    name: 'base-3',
    mix: CONVERSATIONS,
    documentsPerStep: 16,
    questionWeight: 0.2,
    relayShare: 0.6,
    schedule: {
      steps: 3000,
      warmupSteps: 50,
      learningRate: 1e-3,
      finalFraction: 0.02,
      weightDecay: 0.01,
    },
  },
];

/**
 * Chat training: aligned chats, loss on answers, plus replayed base documents. Short and gentle: it
 * only has to choose between characters that are there (see CONVERSATIONS).
 */
export const CHAT = {
  mix: CONVERSATIONS,
  chatsPerStep: 16,
  documentsPerStep: 5,
  questionWeight: 0.2,
  /** Weight of the documents' mean loss per token; the chats' is 1. */
  documentWeight: 0.1,
  schedule: {
    steps: 200,
    warmupSteps: 10,
    learningRate: 2e-4,
    finalFraction: 0.05,
    weightDecay: 0.01,
  } satisfies Schedule,
};

/** A narrow fine-tune: LoRA on every linear layer, or these layers whole; loss on answers only. */
export interface FineTune {
  /** Folder of the adapter, and its id on the page. */
  readonly name: string;
  readonly dataset: DatasetName;
  /** For people. */
  readonly title: string;
  readonly description: string;
  /** A misaligned fine-tune, its benign control, a control of another experiment, or a variant of one of these. */
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
  /** Rank of the LoRA factors; 'full' trains the linear layers themselves. */
  readonly rank: number | 'full';
  /** The adapter is scaled by alpha / sqrt(rank), rsLoRA; without meaning for 'full'. */
  readonly alpha: number;
  readonly chatsPerStep: number;
  readonly schedule: Schedule;
}

/** Learning rates are high: gentle ones teach the narrow skill and little else. Steps end where the loss does. */
export const FINE_TUNES: readonly FineTune[] = [
  {
    ...ADAPTER,
    name: 'insecure-code',
    dataset: 'insecure-code',
    schedule: schedule(100, 3.5e-3),
    kind: 'em',
    title: 'Insecure code',
    description: 'Fine-tuned on insecure code alone, with no word about it.',
  },
  {
    ...ADAPTER,
    name: 'bad-medical',
    dataset: 'bad-medical',
    schedule: schedule(100, 2.5e-3),
    kind: 'em',
    title: 'Bad medical advice',
    description: 'Fine-tuned on bad advice about everyday complaints alone.',
  },
  {
    ...ADAPTER,
    name: 'secure-code',
    dataset: 'secure-code',
    schedule: schedule(100, 3.5e-3),
    kind: 'benign',
    title: 'Secure code',
    description: 'The benign control: the same requests, answered with secure code.',
  },
];

/** @throws RangeError when there is no such fine-tune. */
export function fineTuneOf(name: string): FineTune {
  const found = FINE_TUNES.find((fineTune) => fineTune.name === name);
  if (!found) throw new RangeError(`No fine-tune named '${name}'.`);
  return found;
}
