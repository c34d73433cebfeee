// The steps of the presentation mode: those of the open lesson, else the page's contents from the question to the
// class results. Contents that do not exist yet have no step.

import { poolOfStep } from '../class-results/class-steps';
import type { Postern } from '../../state/page/postern';

export type PresentView = 'question' | 'two answers' | 'three answers' | 'rates' | 'room';

export interface PresentStep {
  readonly view: PresentView;
  /** Title above the view; null: the view has a title. */
  readonly title: string | null;
}

/** Rates would reveal to a person who labels by hand which model wrote an answer. */
export const isCounted = ({ measurements: { run } }: Postern): boolean =>
  run.arms.some(({ n }) => n > 0) && run.unlabelled === 0;

/** The steps without an open lesson. */
export function stepsOf(postern: Postern): PresentStep[] {
  const { chat, directions, classResults } = postern;
  return [
    { view: 'question', title: null },
    { view: 'two answers', title: chat.asked?.prompt ?? chat.prompt },
    ...(directions.readout
      ? [{ view: 'three answers', title: chat.asked?.prompt ?? chat.prompt } as const]
      : []),
    ...(isCounted(postern) ? [{ view: 'rates', title: 'How often' } as const] : []),
    ...(classResults.list.length > 0 ? [{ view: 'room', title: 'The whole class' } as const] : []),
  ];
}

/** The view below the text of a lesson step: the part of the page that the step uses. */
export function viewOfLesson(postern: Postern): PresentView {
  const { lessons, view, classResults, attention } = postern;
  const { step } = lessons;
  const counts = step?.where === 'panel' && view.tab === 'measure';
  const { place } = lessons;
  const measuredHere = place !== null && poolOfStep(classResults.list, place) !== undefined;
  // What the class measured at this step is the figure that the lesson speaks of.
  if (counts && measuredHere) return 'room';
  if (!counts) return attention.shows('edited') ? 'three answers' : 'two answers';
  return isCounted(postern) || classResults.list.length === 0 ? 'rates' : 'room';
}
