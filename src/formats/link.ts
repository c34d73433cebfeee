// The state of the page as the fragment of its address: readable fields such as
// `#v=1&em=insecure-code&q=...`, so that people can read a link before they open it, and no server ever sees
// it. It holds everything that restores the view, but no measurements: directions as their extraction
// recipes, all settings literally. Refuses other versions, unknown or repeated fields and values out of
// range, by name.

import * as v from 'valibot';
import type { ChatSettings } from '../core/chat';
import { EVALUATION_SPLITS, type EvaluationSplit } from '../core/evaluation-split';
import { EDIT_FIELDS, editFields, editOf, type LinkEdit } from './link-edit';
import { type LinkPair, PAIR_FIELDS, pairFields, pairOf } from './link-pair';
import {
  type DirectionRecipe,
  givenRecipe,
  recipe,
  recipeText,
  TRAIT_FIELDS,
  traitFields,
  traitsOf,
} from './link-direction';
import { decimal, MAX_SEED, natural } from './link-values';
import { type LinkWhy, WHY_FIELDS, whyFields, whyOf } from './link-why';

const LINK_VERSION = 1;
/** Length limit of the fragment, `#` included. */
export const MAX_LINK_CHARS = 2000;

/** The questions of a measurement, from the bundled world. */
export interface LinkMeasure {
  readonly split: EvaluationSplit;
  /** Answers of each model. */
  readonly n: number;
  /** null: the page's seed, so that participants who open one link do not all count the same answers. */
  readonly seed: number | null;
  /** Seed that draws the questions; missing: `seed`. */
  readonly questionSeed?: number;
}

/** Id of the selected fine-tune of the bundled aligned model, or a custom pair. */
type LinkedPair =
  | { readonly em: string; readonly customPair: null }
  | { readonly em: null; readonly customPair: LinkPair };

export type LinkState = LinkedPair & LinkSettings;

interface LinkSettings {
  /** First 8 digits of its SHA-256, to tell another training of the same name; null: not known. */
  readonly sha: string | null;
  /**
   * Recipes of the direction that is ablated and shown, and of the one that is added at the header; null:
   * none, or not extractable.
   */
  readonly cut: DirectionRecipe | null;
  readonly add: DirectionRecipe | null;
  /** Recipe of a second direction that an ablation removes as well; left out: none. */
  readonly also?: DirectionRecipe;
  /** null: as the page starts. */
  readonly editSettings: LinkEdit | null;
  /** The edit of a second column, to compare with the first; left out: there is none. */
  readonly second?: LinkEdit;
  readonly prompt: string;
  readonly seed: number;
  /** System prompt that came with the question; null: none. */
  readonly system: string | null;
  /** Settings of the chat template; null: its defaults, without any setting. */
  readonly chat: ChatSettings | null;
  /** Plain sampling instead of the model's default. */
  readonly plain: boolean;
  /** null: the sampling's temperature. */
  readonly temperature: number | null;
  readonly tab: string;
  /** null: the page's settings. */
  readonly measure: LinkMeasure | null;
  /** Left out: as the page starts. */
  readonly why?: LinkWhy;
  /** Device of the recording; tokens repeat exactly on the same device only. null: unknown. */
  readonly device: 'webgpu' | 'wasm' | null;
  /** Lesson and step, as the lessons name them; null: none open. */
  readonly lesson: string | null;
}

export type LinkErrorCode = 'other-version' | 'malformed' | 'too-long';

export class LinkError extends Error {
  readonly code: LinkErrorCode;

  /** @param message what is wrong and what to do, for people. */
  constructor(code: LinkErrorCode, message: string) {
    super(message);
    this.name = 'LinkError';
    this.code = code;
  }
}

const name = v.pipe(v.string(), v.regex(/^[\w./@-]{1,120}$/, 'is no name'));
const seed = natural(MAX_SEED);

/** `report.96.7` says 96 questions of that part, with seed 7; `report.96.7.5` that they are drawn with seed 5. */
const measure = v.pipe(
  v.string(),
  v.transform((text) => text.split('.')),
  v.union([
    v.strictTuple([
      v.picklist(EVALUATION_SPLITS),
      v.pipe(natural(10_000), v.minValue(1)),
      seed,
      seed,
    ]),
    v.pipe(
      v.strictTuple([v.picklist(EVALUATION_SPLITS), v.pipe(natural(10_000), v.minValue(1)), seed]),
      v.transform(([split, n, of]) => [split, n, of, null] as const),
    ),
    v.pipe(
      v.strictTuple([v.picklist(EVALUATION_SPLITS), v.pipe(natural(10_000), v.minValue(1))]),
      v.transform(([split, n]) => [split, n, null, null] as const),
    ),
  ]),
  v.transform(([split, n, of, questions]): LinkMeasure => ({
    ...{ split, n, seed: of },
    ...(questions === null ? {} : { questionSeed: questions }),
  })),
);

const Fields = v.strictObject({
  v: v.literal(String(LINK_VERSION)),
  em: v.optional(name),
  ...PAIR_FIELDS,
  sha: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/, 'is no hash'))),
  cut: v.optional(recipe),
  add: v.optional(recipe),
  also: v.optional(recipe),
  ...TRAIT_FIELDS,
  ...EDIT_FIELDS,
  q: v.pipe(v.string(), v.maxLength(MAX_LINK_CHARS)),
  seed,
  system: v.optional(v.pipe(v.string(), v.maxLength(MAX_LINK_CHARS))),
  told: v.optional(v.pipe(v.string(), v.maxLength(MAX_LINK_CHARS))),
  day: v.optional(v.pipe(v.string(), v.isoDate('is no day'))),
  think: v.optional(v.picklist(['0', '1'])),
  template: v.optional(name),
  sampling: v.optional(v.picklist(['own', 'plain']), 'own'),
  t: v.optional(decimal(0, 100)),
  tab: v.optional(name, 'direction'),
  count: v.optional(measure),
  ...WHY_FIELDS,
  device: v.optional(v.picklist(['webgpu', 'wasm'])),
  lesson: v.optional(name),
});

/**
 * The fragment, `#` included.
 * @throws LinkError 'too-long' where the question is, 'malformed' for what cannot be read again.
 */
export function writeLink(state: LinkState): string {
  const { editSettings, temperature } = state;
  if (traitsOf([state.cut, state.add, state.also]).length > 1) {
    throw new LinkError(
      'malformed',
      'Two directions come from different instructions, and a link carries one pair of instructions. Save a session file instead.',
    );
  }
  const fields: [string, string | null][] = [
    ['v', String(LINK_VERSION)],
    ['em', state.em],
    ...(state.customPair
      ? pairFields(state.customPair).map(([key, value]): [string, string | null] => [key, value])
      : []),
    ['sha', state.sha],
    ['cut', state.cut && recipeText(state.cut)],
    ['add', state.add && recipeText(state.add)],
    ['also', state.also ? recipeText(state.also) : null],
    ...traitFields([state.cut, state.add, state.also]),
    ...editFields(editSettings),
    ...editFields(state.second ?? null, '2'),
    ['q', state.prompt],
    ['system', state.system],
    ['told', state.chat && state.chat.system],
    ['day', state.chat && state.chat.date],
    ['think', state.chat && (state.chat.thinking ? '1' : '0')],
    ['template', state.chat && state.chat.template],
    ['sampling', state.plain ? 'plain' : null],
    ['seed', String(state.seed)],
    ['t', temperature === null ? null : String(temperature)],
    ['tab', state.tab],
    ['count', state.measure && measureText(state.measure)],
    ...whyFields(state.why),
    ['device', state.device],
    ['lesson', state.lesson],
  ];
  const given = fields.filter((field): field is [string, string] => field[1] !== null);
  const fragment = `#${new URLSearchParams(given).toString()}`;
  if (fragment.length > MAX_LINK_CHARS) {
    throw new LinkError(
      'too-long',
      `The link would have ${fragment.length} characters, more than the ${MAX_LINK_CHARS} that every ` +
        'program passes on. Shorten the question, or save a session file instead.',
    );
  }
  readLink(fragment);
  return fragment;
}

/**
 * Parses a fragment; null if it is not a link of this page (empty, or an anchor in the page).
 * @throws LinkError
 */
export function readLink(fragment: string): LinkState | null {
  const text = fragment.replace(/^#/, '');
  if (!/^v=/.test(text)) return null;
  if (text.length >= MAX_LINK_CHARS) {
    throw new LinkError(
      'too-long',
      `The link has ${text.length} characters, more than any of this page. ${CLOSE}`,
    );
  }
  const entries = [...new URLSearchParams(text)];
  const version = entries[0]![1];
  if (version !== String(LINK_VERSION)) {
    throw new LinkError(
      'other-version',
      /^\d{1,6}$/.test(version) && Number(version) > LINK_VERSION
        ? `The link is of version ${version}, made by a newer Postern; this one reads version ${LINK_VERSION}. Reload the page, or open the link where it was made.`
        : `The link says version "${version.slice(0, 20)}", which there never was. ${CLOSE}`,
    );
  }
  const keys = entries.map(([key]) => key);
  const doubled = keys.find((key, i) => keys.indexOf(key) !== i);
  if (doubled !== undefined) throw malformed(`"${doubled.slice(0, 20)}" stands in it twice`);
  const parsed = v.safeParse(Fields, Object.fromEntries(entries), { abortEarly: true });
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw malformed(
      `"${(v.getDotPath(issue) ?? 'it').slice(0, 20)}": ${issue.message.slice(0, 160)}`,
    );
  }
  const f = parsed.output;
  const [editSettings, second] = [editOf(f), editOf(f, '2')];
  if (typeof editSettings === 'string') throw malformed(editSettings);
  if (typeof second === 'string') throw malformed(second);
  if (second && !editSettings) throw malformed('it has a second edit and no first');
  const why = whyOf(f);
  if (typeof why === 'string') throw malformed(why);
  const hasChatFields = f.told !== undefined || f.template !== undefined || f.think !== undefined;
  if (hasChatFields && f.day === undefined)
    throw malformed('it says what the template is told, but no day');
  const chat: ChatSettings | null =
    f.day === undefined
      ? null
      : {
          system: f.told ?? null,
          date: f.day,
          thinking: f.think === '1',
          template: f.template ?? null,
        };
  const recipeIn = (written: typeof f.cut): DirectionRecipe | null => {
    const given = givenRecipe(written, f);
    if (typeof given === 'string') throw malformed(given);
    return given;
  };
  const also = recipeIn(f.also);
  const customPair = pairOf(f);
  if (typeof customPair === 'string') throw malformed(customPair);
  if ((f.em === undefined) === (customPair === null)) {
    throw malformed('it names no fine-tune, or two pairs');
  }
  return {
    ...(customPair ? { em: null, customPair } : { em: f.em!, customPair: null }),
    sha: f.sha ?? null,
    cut: recipeIn(f.cut),
    add: recipeIn(f.add),
    ...(also ? { also } : {}),
    editSettings,
    ...(second ? { second } : {}),
    prompt: f.q,
    seed: f.seed,
    system: f.system ?? null,
    chat,
    plain: f.sampling === 'plain',
    temperature: f.t ?? null,
    tab: f.tab,
    measure: f.count ?? null,
    ...(why ? { why } : {}),
    device: f.device ?? null,
    lesson: f.lesson ?? null,
  };
}

const CLOSE = 'Nothing was changed. Ask for the link again, or go on without it.';

function malformed(reason: string): LinkError {
  return new LinkError('malformed', `The link cannot be read: ${reason}. ${CLOSE}`);
}

function measureText({ split, n, seed: of, questionSeed }: LinkMeasure): string {
  const seeds = of === null ? [] : [of, ...(questionSeed === undefined ? [] : [questionSeed])];
  return [split, n, ...seeds].join('.');
}
