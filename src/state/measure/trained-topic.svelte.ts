// The trained topic beside a measurement: the same models and edits answer a few questions of the topic that the
// fine-tune was trained on. They are counted apart, because the rates of a measurement are about other topics.

import { judgeRefusal } from '../../measure/judging/judge-accepts';
import { EXACT } from '../../measure/judging/judges';
import { type MeasurePlan, questionKind } from '../../measure/run';
import type { EvaluationSplit } from '../../core/evaluation-split';
import { REPORT_DOMAINS, trainedSplit, trainedTopic } from '../../world/split';
import { MeasureRun, type RunModels } from './measure-run.svelte';

const FEWEST = 8;
const MOST = 48;

/** What tells arms apart: two runs with the same text here asked the same models with the same edits. */
const armsKey = ({ arms }: MeasurePlan): string =>
  JSON.stringify(
    arms.map(({ id, checkpoint, sha256, precision, made, directionId }) => [
      ...[id, checkpoint, sha256, precision, made.edit, made.direction, directionId],
    ]),
  );

export class TrainedTopic {
  readonly #pair: RunModels;
  readonly run: MeasureRun<null>;

  constructor(pair: RunModels) {
    this.#pair = pair;
    this.run = new MeasureRun<null>(pair, 'trained-topic');
  }

  /** The part of the questions that holds the trained topic of a plan's fine-tune; null: the plan asks it, or nobody knows it. */
  splitFor(plan: MeasurePlan): EvaluationSplit | null {
    const fineTune = plan.arms.find(({ id }) => id === 'em')?.checkpoint;
    const split = trainedSplit(fineTune === undefined ? null : trainedTopic(fineTune));
    const judge = (plan.judge ?? EXACT).kind;
    if (
      questionKind(plan) === 'custom' ||
      plan.drawing !== undefined ||
      split === plan.split ||
      judge !== 'exact'
    )
      return null;
    return judgeRefusal(judge, this.#pair, 'world') === null ? split : null;
  }

  /** Answers for each model: as many as the plan asks on one of its topics. */
  sizeFor({ n }: MeasurePlan): number {
    return Math.min(MOST, Math.max(FEWEST, Math.ceil(n / REPORT_DOMAINS.length)));
  }

  /** Whether the answers that are here are of the plan's models, edits, chat settings and seed. */
  belongsTo(plan: MeasurePlan): boolean {
    const mine = this.run.plan;
    return (
      mine !== null &&
      mine.split === this.splitFor(plan) &&
      mine.seed === plan.seed &&
      mine.frame?.words === plan.frame?.words &&
      mine.sampling.temperature === plan.sampling.temperature &&
      armsKey(mine) === armsKey(plan)
    );
  }

  async start(plan: MeasurePlan): Promise<void> {
    const split = this.splitFor(plan);
    if (split === null) return;
    const { arms, seed, sampling, frame } = plan;
    const n = this.sizeFor(plan);
    await this.run.start(
      { arms, split, n, seed, sampling, ...(frame ? { frame } : {}), judge: EXACT },
      null,
    );
  }
}
