// Elements that another part of the page looks for, named by `data-place`, so that classes and labels can change
// without breaking a lesson or the presentation mode.

import type { PanelLocation } from '../lessons/lesson';

export const PLACES = {
  prompt: 'the field of the question',
  persona: 'the slider of the persona',
  edit: 'the way into the edit: its handle on small screens, else the chosen mode',
  panel: 'the selected tab of the tools',
  answers: 'the answers with their question and the persona control',
  lesson: 'the title of the open step of a lesson',
  answer: 'one column of the answers',
  'answer-text': 'the answer in a column',
  detail: 'how a result was made: the presenter view leaves it out',
} as const satisfies Readonly<Record<PanelLocation, string>> & Readonly<Record<string, string>>;

export type PagePlace = keyof typeof PLACES;

/** The first visible element of a place; without one, the first. */
export function findPlace(place: PagePlace): HTMLElement | undefined {
  const all = [...document.querySelectorAll<HTMLElement>(`[data-place="${place}"]`)];
  return all.find((element) => element.checkVisibility()) ?? all[0];
}
