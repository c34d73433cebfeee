// What the presenter view steps through: the steps of the lesson that is open, else what is on the page, from
// the question to the rate of the room. What is not there yet has no step.

import type { Postern } from '../../state/page/postern';

export type PresentView = 'question' | 'two answers' | 'three answers' | 'rates' | 'room';

export interface PresentStep {
  readonly view: PresentView;
  /** Said above the view; null: the view says it itself. */
  readonly title: string | null;
}

/** Counts by model would tell a person who labels by hand which model wrote what. */
export const isCounted = ({ measurements: { run } }: Postern): boolean =>
  run.arms.some(({ n }) => n > 0) && run.unlabelled === 0;

/** The steps where no lesson is open. */
export function stepsOf(postern: Postern): PresentStep[] {
  const { chat, directions, classResults } = postern;
  return [
    { view: 'question', title: null },
    { view: 'two answers', title: chat.asked?.prompt ?? chat.prompt },
    ...(directions.readout
      ? [{ view: 'three answers', title: chat.asked?.prompt ?? chat.prompt } as const]
      : []),
    ...(isCounted(postern) ? [{ view: 'rates', title: 'How often' } as const] : []),
    ...(classResults.list.length > 0 ? [{ view: 'room', title: 'The whole room' } as const] : []),
  ];
}

/** What a step of a lesson has below its text: what the step is done on. */
export function viewOfLesson(postern: Postern): PresentView {
  const { lessons, view, classResults } = postern;
  const { step } = lessons;
  const counts = step?.where === 'panel' && view.tab === 'measure';
  if (!counts) return 'three answers';
  return isCounted(postern) || classResults.list.length === 0 ? 'rates' : 'room';
}
