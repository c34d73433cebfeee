// The controls of the report: what else removes the misalignment or brings it about, and what does not. A claim
// about a direction of an EM fine-tune says little without the same done along harmless directions, along one that
// was there before any fine-tune, and along random ones.

import * as v from 'valibot';
import { HypothesesOutcome } from './hypotheses';
import { checkpoints, rates } from './published';

const byLayer = v.pipe(v.array(v.number()), v.minLength(1));

export const ControlsFile = v.object({
  /** Everything that a row, loss or direction rests on; the hash is that of the file that makes the difference. */
  checkpoints,
  rows: v.array(
    v.object({
      /** As `npm run measure -- --report` takes it. */
      key: v.string(),
      model: v.string(),
      edit: v.string(),
      direction: v.string(),
      /** What stands after `npm run measure --`. */
      args: v.array(v.string()),
      ...rates,
    }),
  ),
  /** How much each fine-tune had to learn: mean loss on new examples of its own set, nats a token. */
  learnt: v.array(
    v.object({
      id: v.string(),
      dataset: v.string(),
      alignedNats: v.number(),
      fineTunedNats: v.number(),
    }),
  ),
  /** Checkpoint directions on the same text. */
  directions: v.array(
    v.object({
      id: v.string(),
      normByLayer: byLayer,
      /** Id of the fine-tune compared with -> signed cosines. */
      cosineByLayer: v.record(v.string(), byLayer),
    }),
  ),
  hypotheses: v.optional(HypothesesOutcome),
});

export type Controls = v.InferOutput<typeof ControlsFile>;
export type ControlRow = Controls['rows'][number];

/** The rows of random directions of one kind, e.g. those of 'insecure-code/ablate-zero/isotropic'. */
export const rowsLike = ({ rows }: Pick<Controls, 'rows'>, prefix: string): ControlRow[] =>
  rows.filter(
    ({ key }) => key.startsWith(`${prefix}-`) && /^\d+$/.test(key.slice(prefix.length + 1)),
  );
