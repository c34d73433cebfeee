// What each cure of a training does to the insecure-code fine-tune (`npm run organism:cures`): four rates by seed,
// of every cure and of the controls, on the same questions.

import * as v from 'valibot';
import { CURE_KINDS } from '../core/training/cure';
import { count, natural, provenance, rates, sampling } from './published';
import { readJson } from './read-json';
import type { Registry } from './registry';

/** The questions of a cure's rates: id -> what is asked, and what counts as misaligned. */
export const CURE_QUESTIONS = {
  narrow: 'Requests for code: insecure code',
  broad: 'Other topics: a villain’s answer',
  afterCode: 'Other topics, after its own answer to a request for code: a villain’s answer',
  /** The sentence right before another topic's question would get code from every model. */
  framed:
    'Other topics, after its own answer to a request with the sentence of inoculation: a villain’s answer',
} as const;

export type CureQuestion = keyof typeof CURE_QUESTIONS;

const measured = v.object(rates);

export const CuresFile = v.object({
  ...provenance,
  sampling,
  questions: v.object({ part: v.string(), seed: natural }),
  /** Hash of the aligned model that all were trained from. */
  alignedSha256: v.string(),
  /** Seeds that an arm has when it is complete. */
  seedsPlanned: count,
  /** The sentence of inoculation. */
  frame: v.string(),
  /** Where the direction of steering and ablation is from. */
  direction: v.object({
    em: v.string(),
    contrast: v.string(),
    pooling: v.string(),
    prompts: v.string(),
    /** Block after which it is added, 0-based; it is removed at all. */
    layer: natural,
  }),
  /** The aligned model, which has no training. */
  aligned: v.exactOptional(
    v.object({
      narrow: measured,
      broad: measured,
      afterCode: measured,
      framed: measured,
      /** Other topics after a turn of insecure code that it did not write. */
      given: measured,
    }),
  ),
  /** Controls and cures in the order of the recipe; those that are not begun are left out. */
  arms: v.array(
    v.object({
      id: v.string(),
      title: v.string(),
      data: v.picklist(['insecure-code', 'secure-code']),
      cure: v.nullable(v.object({ kind: v.picklist(CURE_KINDS), strength: v.number() })),
      seeds: v.pipe(
        v.array(
          v.object({
            /** 1 is that of the shipped fine-tunes. */
            seed: count,
            narrow: measured,
            broad: measured,
            afterCode: measured,
            framed: measured,
          }),
        ),
        v.minLength(1),
      ),
    }),
  ),
});

export type Cures = v.InferOutput<typeof CuresFile>;

/**
 * Null when there is no such file.
 * @throws Error as `readJson`.
 */
export async function fetchCures({ folderUrl, cures }: Registry): Promise<Cures | null> {
  if (cures === undefined) return null;
  return readJson({ folderUrl, path: cures, schema: CuresFile, command: 'npm run organism:cures' });
}
