// The order in which a person labels answers: shuffled over all arms, so that nothing tells which model
// wrote one. The place of an answer depends on the plan and the answer alone, not on when it was written.

import { createRng } from '../core/rng';
import type { MeasuredAnswer, MeasurePlan } from './run';

/** Indices into `answers`, shuffled by the seed of the plan. */
export function blindOrder(plan: MeasurePlan, answers: readonly MeasuredAnswer[]): number[] {
  const rng = createRng(plan.seed);
  const arms = new Map(plan.arms.map(({ id }, i) => [id, i]));
  const rank = answers.map(({ arm, index }) => rng.fork(plan.n * arms.get(arm)! + index).next());
  return answers.map((_, at) => at).sort((a, b) => rank[a]! - rank[b]!);
}
