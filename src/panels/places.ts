// Elements that another part of the page looks for, named by `data-place`, so that classes and labels can change
// without breaking a lesson or the presentation mode.

import type { PanelLocation, Result } from '../lessons/lesson';

export const PLACES = {
  prompt: 'the field of the question',
  persona: 'the slider of the persona',
  'lora-scale': 'the slider of how often the LoRA counts',
  amplify: 'the slider of how far the difference of the two models is amplified',
  edit: 'the way into the edit: its handle on small screens, else the chosen mode',
  panel: 'the selected tab of the tools',
  answers: 'the answers with their question and the persona control',
  lesson: 'the title of the open step of a lesson',
  answer: 'one column of the answers',
  'answer-text': 'the answer in a column',
  spoken: 'the verdicts as a screen reader hears them',
  detail: 'how a result was made: the presenter view leaves it out',
  rates: 'the chart of the measured rates',
  dose: 'the charts of the measured strengths',
  transfer: 'the table of directions and fine-tunes',
  clouds: 'the two clouds of transcripts of a direction',
  words: 'the words of a direction',
  separation: 'the chart of how well a direction separates, by layer',
  cosines: 'the chart of how alike directions are',
  training: 'the charts of a training',
} as const satisfies Readonly<Record<PanelLocation | Exclude<Result, 'tally'>, string>> &
  Readonly<Record<string, string>>;

export type PagePlace = keyof typeof PLACES;

/** How long the code of a tool that was just opened may take to come, before its tab is shown without it, ms. */
const TOOL_MS = 5000;

/** The first visible element of a place; without one, the first. */
export function findPlace(place: PagePlace): HTMLElement | undefined {
  const all = [...document.querySelectorAll<HTMLElement>(`[data-place="${place}"]`)];
  return all.find((element) => element.checkVisibility()) ?? all[0];
}

/** The element of a place, once it is on the page; the selected tab where it does not come. */
export function whenPlace(place: PagePlace): Promise<HTMLElement | undefined> {
  const there = findPlace(place);
  if (there) return Promise.resolve(there);
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      observer.disconnect();
      resolve(findPlace(place) ?? findPlace('panel'));
    };
    const observer = new MutationObserver(() => {
      if (findPlace(place)) end();
    });
    const timer = setTimeout(end, TOOL_MS);
    observer.observe(document.body, { subtree: true, childList: true });
  });
}

/** The first heading in an element, which can take the focus then; what is folded around it is opened. */
export function headingOf(element: HTMLElement | undefined): HTMLElement | undefined {
  const heading = element?.querySelector<HTMLElement>('h2, h3, h4') ?? element;
  if (!heading) return undefined;
  for (
    let fold = heading.closest('details');
    fold;
    fold = fold.parentElement?.closest('details') ?? null
  ) {
    fold.open = true;
  }
  if (heading.tabIndex < 0) heading.tabIndex = -1;
  return heading;
}
