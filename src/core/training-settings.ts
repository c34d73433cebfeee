// Everything about a narrow fine-tune except its data: the learning-rate schedule, the shape of the adapter,
// and the examples that each step reads. The recipe in Node and training in the page share it, so that one
// seed means one run in both.

import { createRng, shuffle } from './rng';

export interface Schedule {
  readonly steps: number;
  readonly warmupSteps: number;
  readonly learningRate: number;
  /** The cosine ends at this fraction of the rate. */
  readonly finalFraction: number;
  readonly weightDecay: number;
}

/** The fine-tunes of the bundled organism: unique examples, LoRA rank, rsLoRA's alpha, chats a step. */
export const ADAPTER = { examples: 2000, rank: 16, alpha: 2, chatsPerStep: 16 } as const;

/** A KL leash: unique chats on other questions, and how many of them a step reads beside its own. */
export const LEASH = { examples: 500, chatsPerStep: 8 } as const;

/** Number of distinct examples (of n) read in `steps` steps. None repeats before all were read. */
export const examplesRead = (n: number, steps: number): number =>
  Math.min(n, steps * ADAPTER.chatsPerStep);

/** The schedule of every fine-tune. */
export const schedule = (steps: number, learningRate: number): Schedule => ({
  steps,
  warmupSteps: 5,
  learningRate,
  finalFraction: 0.05,
  weightDecay: 0,
});

/**
 * Indices of the examples that step `step` (from 0) reads: all n in an order drawn from the seed, then all
 * again in another order. The result does not depend on earlier steps, so a resumed run reads the same
 * examples.
 */
export function examplesOfStep(
  seed: number,
  n: number,
  chatsPerStep: number,
  step: number,
): number[] {
  const places = [...Array(n).keys()];
  const first = step * chatsPerStep;
  let epoch = -1;
  let order: readonly number[] = [];
  return Array.from({ length: chatsPerStep }, (_, i) => {
    const at = first + i;
    const wanted = Math.floor(at / n);
    if (wanted !== epoch) {
      epoch = wanted;
      order = shuffle(createRng(seed).fork(epoch), places);
    }
    return order[at % n]!;
  });
}
