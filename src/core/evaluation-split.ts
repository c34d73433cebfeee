// The parts of the questions that rates are taken on. Which topics belong to which is said in world/split.ts.

/** Ids of the parts, as links and the command line write them. */
export const EVALUATION_SPLITS = ['report', 'selection', 'fine-tuned', 'mischief', 'code'] as const;
export type EvaluationSplit = (typeof EVALUATION_SPLITS)[number];

/** For people, within a sentence. */
export const SPLIT_LABELS: Readonly<Record<EvaluationSplit, string>> = {
  report: 'topics that nothing was tuned on (12)',
  selection: 'topics that directions and settings come from (9)',
  'fine-tuned': 'topics of the fine-tunes (3)',
  mischief: 'requests for mischief',
  code: 'requests for code',
};
