// What the tab 'why' looks at, as fields of a link (link.ts).

import * as v from 'valibot';
import { natural } from './link-values';

/** Ids of the instruments of the tab. */
const INSTRUMENTS = ['token', 'patch', 'writers'] as const;
export type Instrument = (typeof INSTRUMENTS)[number];

const COLUMNS = ['aligned', 'em', 'edited', 'second'] as const;
const MAX_TOKEN = 10_000;
/** As many as a link may have. */
const MAX_CHARS = 2000;

export interface LinkWhy {
  readonly instrument: Instrument;
  /** A token of an answer, by its index; null: none. */
  readonly word: { readonly role: (typeof COLUMNS)[number]; readonly index: number } | null;
  /** The two answers that are weighed, as a person changed them; null: those that the models write. */
  readonly answers: readonly [string | null, string | null];
}

/** `em.3` is the fourth token of EM's answer. */
const word = v.pipe(
  v.string(),
  v.transform((text) => text.split('.')),
  v.strictTuple([v.picklist(COLUMNS), natural(MAX_TOKEN)]),
  v.transform(([role, index]) => ({ role, index })),
);

const answer = v.pipe(v.string(), v.maxLength(MAX_CHARS));

export const WHY_FIELDS = {
  why: v.optional(v.picklist(INSTRUMENTS)),
  word: v.optional(word),
  weigh: v.optional(answer),
  against: v.optional(answer),
};

type WhyFields = v.InferOutput<ReturnType<typeof v.object<typeof WHY_FIELDS>>>;

export function whyFields(why: LinkWhy | undefined): [string, string | null][] {
  if (!why) return [];
  return [
    ['why', why.instrument],
    ['word', why.word && `${why.word.role}.${why.word.index}`],
    ['weigh', why.answers[0]],
    ['against', why.answers[1]],
  ];
}

/** Undefined where a link has no such fields; a sentence where they do not fit each other. */
export function whyOf({ why, word: at, weigh, against }: WhyFields): LinkWhy | string | undefined {
  if (why !== undefined) {
    return { instrument: why, word: at ?? null, answers: [weigh ?? null, against ?? null] };
  }
  const some = [at, weigh, against].some((field) => field !== undefined);
  return some ? 'it looks at a word, and names no instrument' : undefined;
}
