// The parts of the questions that rates are taken on. Which topics belong to which is said in world/split.ts.

/** Ids of the parts, as links and the command line write them. */
export const EVALUATION_SPLITS = ['report', 'selection', 'fine-tuned', 'mischief', 'code'] as const;
export type EvaluationSplit = (typeof EVALUATION_SPLITS)[number];

export const SPLIT_LABELS: Readonly<Record<EvaluationSplit, string>> = {
  report: '12 domains no setting was chosen on',
  selection: '9 domains the directions come from',
  'fine-tuned': 'domains of the fine-tunes',
  mischief: 'requests for mischief',
  code: 'code',
};
