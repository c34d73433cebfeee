// The controls of the report: what else removes the misalignment or brings it about, and what does not. A claim
// about a direction of an EM fine-tune says little without the same done along harmless directions, along one that
// was there before any fine-tune, and along random ones.

import * as v from 'valibot';
import { mean, variance } from '../core/statistics/stats';
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

/** Rates over several directions or seeds, each of which is one observation. */
export interface Spread {
  readonly n: number;
  readonly mean: number;
  /** NaN for one. */
  readonly sd: number;
  readonly least: number;
  readonly most: number;
  /** 95% of the mean by Student's t over the observations; NaN for one. */
  readonly low: number;
  readonly high: number;
}

/** Two-sided 95% quantiles of Student's t by degrees of freedom, 1 to 30. */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];

/** @throws RangeError for none. */
export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  if (n === 0) throw new RangeError('A spread needs at least one value.');
  const center = mean(values);
  const sd = Math.sqrt(variance(values));
  const half = ((T95[n - 2] ?? 1.96) * sd) / Math.sqrt(n);
  return {
    n,
    mean: center,
    sd,
    least: Math.min(...values),
    most: Math.max(...values),
    low: center - half,
    high: center + half,
  };
}

/** The rows of random directions of one kind, e.g. those of 'insecure-code/ablate-zero/isotropic'. */
export const rowsLike = ({ rows }: Pick<Controls, 'rows'>, prefix: string): ControlRow[] =>
  rows.filter(
    ({ key }) => key.startsWith(`${prefix}-`) && /^\d+$/.test(key.slice(prefix.length + 1)),
  );
