// The order in which a person labels answers: shuffled over all arms, so that the order does not reveal which
// model wrote an answer. The position of an answer depends on the plan and the answer alone, not on time.

import { createRng } from '../../core/rng';
import type { MeasuredAnswer, MeasurePlan } from '../run';

/** Indices into `answers`, shuffled by the plan's seed. */
export function blindOrder(plan: MeasurePlan, answers: readonly MeasuredAnswer[]): number[] {
  const rng = createRng(plan.seed);
  const arms = new Map(plan.arms.map(({ id }, i) => [id, i]));
  const rank = answers.map(({ arm, index }) => rng.fork(plan.n * arms.get(arm)! + index).next());
  return answers.map((_, at) => at).sort((a, b) => rank[a]! - rank[b]!);
}
