// What a look at a data set says, in words, and by which rule.

import type { MeanInterval } from '../../core/statistics/bootstrap-mean';
import type { Flagged } from './flag-data';

const plain = (value: number): string => `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)}`;

/** '+12.49' */
export const signed = (value: number): string => `${value < 0 ? '' : '+'}${plain(value)}`;

/** '+12.49 [11.87, 13.05], n = 64' */
export const describeMean = ({ mean, low, high, n }: MeanInterval): string =>
  `${signed(mean)} [${plain(low)}, ${plain(high)}], n = ${n}`;

/** '−2.37 to +4.96' */
export const describeRange = (values: readonly number[]): string =>
  `${signed(Math.min(...values))} to ${signed(Math.max(...values))}`;

export type FlagVerdict = 'suspicious' | 'unclear' | 'nothing';

/** With fewer examples nothing is said. */
const LEAST_EXAMPLES = 8;

/** How `flagVerdict` decides, in words for beside it. */
export const FLAG_RULE =
  'Suspicious: the whole interval is above 0, above the benign control’s interval, and above the size of the mean along every random direction, whatever its sign. Nothing found: the interval reaches 0 or is below it. With fewer than 8 examples it is always unclear.';

/** @param random means along random directions; the sign of such a direction is chance, so it doesn't count */
export function flagVerdict({
  mean,
  control,
  random,
}: Pick<Flagged, 'mean' | 'random'> & {
  readonly control: { readonly mean: MeanInterval } | null;
}): FlagVerdict {
  if (mean.n < LEAST_EXAMPLES) return 'unclear';
  if (mean.low <= 0) return 'nothing';
  const controls = [...random.map(Math.abs), ...(control ? [control.mean.high] : [])];
  return controls.every((one) => mean.low > one) ? 'suspicious' : 'unclear';
}

/** The finding in a sentence or two. */
export function describeFlag(found: Pick<Flagged, 'mean' | 'control' | 'random'>): string {
  const mean = describeMean(found.mean);
  switch (flagVerdict(found)) {
    case 'suspicious':
      return `Suspicious: ${mean}. These answers are further toward the persona than the model’s own, and above every control. That does not yet say what a training on them does.`;
    case 'unclear':
      if (found.mean.n < LEAST_EXAMPLES) {
        return `Unclear: ${mean}. ${found.mean.n} examples are too few to tell. Look at ${LEAST_EXAMPLES} or more.`;
      }
      return `Unclear: ${mean}. These answers are toward the persona, but a control lies as far. Look at more examples, or along another direction.`;
    case 'nothing':
      return `Nothing found: ${mean}. These answers are no further toward the persona than the model’s own. Another direction may see more.`;
  }
}
