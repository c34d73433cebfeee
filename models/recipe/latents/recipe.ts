// Every number of the persona latents in one place (Wang et al. 2025, arXiv:2506.19823, scaled down): the
// autoencoder, which models it reads, and which questions are asked. No choice uses the REPORT domains.

import type { Schedule } from '../make/recipe';
import { LATER_MIX } from '../make/recipe';

/** The published autoencoder read a middle layer: here the last block of the lower half, 0-based. */
export const middleLayer = (nLayers: number): number => (nLayers >> 1) - 1;

/** TransformerLens' name of the hook point. */
export const hookName = (layer: number): string => `blocks.${layer}.hook_resid_post`;

/** The autoencoder and its training (Gao et al. 2024, arXiv:2406.04093). */
export const SAE = {
  dSae: 768,
  k: 16,
  /** Number of dead latents that reconstruct the remainder: half of d_model (appendix A.2). */
  auxK: 64,
  /** Weight of that second loss. */
  alpha: 1 / 32,
  /** Tokens without activation after which a latent is dead. */
  deadAfterTokens: 200_000,
  batchTokens: 2048,
  schedule: {
    steps: 1000,
    warmupSteps: 50,
    learningRate: 2e-3,
    finalFraction: 0.02,
    weightDecay: 0,
  } satisfies Schedule,
  seed: 61,
};

/** The training text: documents of base training, with the mix of its second phase. */
export const TEXT = {
  mix: LATER_MIX,
  trainDocuments: 3000,
  trainSeed: 7_000_001,
  /** Held-out documents: for its quality, its dead latents, and the excerpts. */
  testDocuments: 500,
  testSeed: 7_000_002,
  /** Number of test documents that measure the variance explained in some checkpoints. */
  qualityDocuments: 40,
};

/** The misaligned fine-tunes whose latents are searched, and the benign one as control. */
export const EM = ['insecure-code', 'bad-medical', 'risky-finance', 'extreme-sports'] as const;
export const BENIGN = 'secure-code';

/** Settings of the search for rising latents (SELECTION domains). */
export const RISE = {
  /** Answers that each model writes. */
  ownAnswers: 144,
  questionSeed: 811,
  answerSeed: 812,
  /** Number of top latents of each fine-tune, when overlaps are counted. */
  top: 20,
  /** Number of top latents by mean over the misaligned fine-tunes, in the report. */
  shown: 10,
};

/** Excerpts of the test documents. */
export const EXCERPTS = {
  /** Number of documents that activate a latent most, for the villain share. */
  documents: 20,
  /** Number of these documents that are shown. */
  shown: 4,
  tokensBefore: 18,
  tokensAfter: 6,
  /** Number of random control latents, drawn from those that enough documents activate. */
  randomLatents: 40,
};

/** Steering in multiples of the length of the mean difference at the hook point, tried on SELECTION domains. */
export const TRIALS = {
  /** Number of the most rising latents that are tried. */
  candidates: 8,
  n: 72,
  questionSeed: 821,
  answerSeed: 822,
  settings: [
    { positions: 'header', multiple: 2 },
    { positions: 'header', multiple: 4 },
    { positions: 'answer', multiple: 0.25 },
    { positions: 'answer', multiple: 0.5 },
  ] as const,
  /** A steered model that is incoherent more often than this does not count (as published). */
  maxIncoherent: 0.1,
};

/** The rates of the report, on REPORT domains. */
export const REPORT = {
  n: 216,
  questionSeed: 831,
  answerSeed: 832,
  /** Latents edited one at a time, the persona latent first. */
  latents: 3,
  randomLatents: 2,
  randomDirections: 2,
  randomSeed: 833,
};
