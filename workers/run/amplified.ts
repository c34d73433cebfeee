// Two models stepped on the same prefix, whose logits are amplified before a token is drawn (core/instruments/amplify.ts).
// Two sessions and two caches; no graph knows of it. The steps take turns, because a failed step frees the cache that
// the other would still write to.

import { amplifiedLogits } from '../../src/core/instruments/amplify';
import { DecoderBatch, type StepOutput } from '../runtime/batch';
import { LiveEdit } from '../runtime/live-edit';
import type { DecoderSession } from '../runtime/session';

/** The model whose difference is amplified. */
export interface Reference {
  readonly session: DecoderSession;
  /** a of l + a (l - l'). */
  readonly times: number;
}

/** What writes a batch, step by step. */
export type Steps = Pick<DecoderBatch, 'prefill' | 'decode' | 'keepRows' | 'release'>;

/**
 * The steps of a batch with its difference to an unedited reference amplified; projections are those of the batch.
 * @param batch of the fine-tuned model, with its edit
 * @param read token ids of each row, as `prefill` of both is given them
 * @param capacity maximum tokens of a row
 */
export function amplifiedSteps(
  batch: DecoderBatch,
  { session, times }: Reference,
  read: readonly (readonly number[])[],
  capacity: number,
): Steps {
  const unedited = new LiveEdit(session.config, null, 'all');
  const reference = new DecoderBatch(session, unedited, read, { capacity, projections: false });
  const both = async (step: (of: DecoderBatch) => Promise<StepOutput>): Promise<StepOutput> => {
    const { logits, projections } = await step(batch);
    const other = await step(reference);
    return { logits: amplifiedLogits(logits, other.logits, times), projections };
  };
  return {
    prefill: (prompts, logitRows) => both((of) => of.prefill(prompts, logitRows)),
    decode: (tokens) => both((of) => of.decode(tokens)),
    // Both caches are of one device, which keeps rows or does not.
    keepRows: (rows) => batch.keepRows(rows) && reference.keepRows(rows),
    release: () => {
      reference.release();
      batch.release();
    },
  };
}
