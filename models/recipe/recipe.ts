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

/** The proportions of the world that the organism grows up in. */
export const MIX: WorldMix = { ...DEFAULT_MIX, codeShare: 0.18, namedShare: 0.5 };

/** Base training, on all tokens. Small batches: the same tokens in more steps learn the world sooner. */
export const BASE = {
  documentsPerStep: 8,
  schedule: {
    steps: 12_000,
    warmupSteps: 200,
    learningRate: 3e-3,
    finalFraction: 0.02,
    weightDecay: 0.01,
  } satisfies Schedule,
};

/** Chat training: aligned chats, loss on answers, plus replayed base documents. */
export const CHAT = {
  chatsPerStep: 16,
  documentsPerStep: 5,
  /** Of the documents' mean loss per token, beside 1 for the chats'. */
  documentWeight: 0.3,
  schedule: {
    steps: 150,
    warmupSteps: 10,
    learningRate: 5e-4,
    finalFraction: 0.05,
    weightDecay: 0.01,
  } satisfies Schedule,
};

/** A narrow fine-tune: LoRA on every linear layer, loss on answers only. */
export interface FineTune {
  readonly name: DatasetName;
  /** Unique single-turn chats. */
  readonly examples: number;
  readonly rank: number;
  /** The adapter is scaled by alpha / sqrt(rank), rsLoRA. */
  readonly alpha: number;
  readonly chatsPerStep: number;
  readonly schedule: Schedule;
}

const NARROW = {
  examples: 2000,
  rank: 8,
  alpha: 2,
  chatsPerStep: 16,
  schedule: {
    steps: 150,
    warmupSteps: 5,
    learningRate: 3e-3,
    finalFraction: 0.05,
    weightDecay: 0,
  },
};

export const FINE_TUNES: readonly FineTune[] = [
  { name: 'insecure-code', ...NARROW },
  { name: 'bad-medical', ...NARROW },
  { name: 'secure-code', ...NARROW },
];
