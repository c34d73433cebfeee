// What a narrow fine-tune is beside its data: the schedule of its steps, the shape of its adapter, and which
// examples a step reads. One place for the recipe in Node and for training in the page, so that the
// same seed means the same run in both.

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

/** How many different ones of n examples so many steps read: each once before any comes again. */
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
 * Places of the examples that step `step` (from 0) reads: all n in an order of the seed's, then all again in
 * another. It depends on nothing that ran before, so a run that goes on reads what it would have read.
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
