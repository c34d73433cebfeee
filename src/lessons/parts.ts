// The parts that the page can leave out, and what is shown when. A first visit begins with one question and two
// answers; everything else comes when the visitor has done something, or opens it. A lesson step names its own parts.

/** A part of the page that is not always shown. */
export type Part =
  /** The sentence that says what the two answers are. */
  | 'opening'
  /** The invitation to the next state. */
  | 'next'
  /** The edited answer, and the slider that turns it. */
  | 'edited'
  /** The colours of the tokens, with their scale. */
  | 'shade'
  /** Another seed, temperature, and the format of the chat. */
  | 'sampling'
  /** The questions that were asked before. */
  | 'history'
  /** How an answer was made and judged. */
  | 'details'
  /** All commands in the top bar; without it, a menu has those that few visitors need at first. */
  | 'commands'
  /** The line that offers the first lesson. */
  | 'offer'
  /** The edit settings. */
  | 'edit'
  /** The tools in their tabs. */
  | 'tools';

/** The states of a visit in their order, and the parts that each shows. Parts with a door come by their door only. */
export const ATTENTION = {
  first: ['opening', 'next'],
  persona: ['opening', 'edited', 'shade', 'sampling'],
  known: ['edited', 'shade', 'sampling', 'history', 'details', 'commands', 'offer'],
} as const satisfies Readonly<Record<string, readonly Part[]>>;

export type AttentionState = keyof typeof ATTENTION;
export const ATTENTION_STATES = Object.keys(ATTENTION) as readonly AttentionState[];

/** A part that a button opens where it is not shown; once opened, it stays. */
export interface Door {
  readonly part: Part;
  readonly label: string;
  /** What is behind it. */
  readonly says: string;
}

export const DOORS: readonly Door[] = [
  { part: 'edit', label: 'Edit', says: 'set the edit: which layers, which tokens, how strongly' },
  { part: 'tools', label: 'Tools', says: 'directions, layers, measurements, models, training' },
];

/** The topics that stand beside the question, by their ids; a list has all of them. */
export const TOPIC_CHIPS: readonly string[] = ['dinner-party', 'boredom', 'quick-money'];

/** What lessons show: the aligned and the fine-tuned answer alone, */
export const TWO_ANSWERS: readonly Part[] = ['sampling', 'history', 'commands'];
/** the same above the tools, */
export const WITH_TOOLS: readonly Part[] = [...TWO_ANSWERS, 'tools'];
/** both and the edited one with its slider, */
export const THREE_ANSWERS: readonly Part[] = [...TWO_ANSWERS, 'edited', 'shade', 'details'];
/** the same above the tools, */
export const EDITED_WITH_TOOLS: readonly Part[] = [...THREE_ANSWERS, 'tools'];
/** and beside the edit settings. */
export const AT_THE_DESK: readonly Part[] = [...EDITED_WITH_TOOLS, 'edit'];
