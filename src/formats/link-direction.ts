// How a direction is extracted again, as fields of a link (link.ts). Two instructions may be long, so they have fields
// of their own; a link carries one pair of them.

import * as v from 'valibot';
import { CONTRAST_IDS, type Contrast, type Pooling, POOLINGS } from '../core/direction';
import {
  type DirectionTexts,
  INSTRUCTION_PLACES,
  MAX_INSTRUCTION,
  type TraitTexts,
} from '../core/instruments/direction-texts';
import { MAX_SEED, natural } from './link-values';

/** How a direction is extracted again. */
export interface DirectionRecipe {
  readonly contrast: Contrast;
  readonly pooling: Pooling;
  /** Number that each model reads. */
  readonly transcripts: number;
  readonly seed: number;
  /** Left out: the two kinds of answers. */
  readonly from?: DirectionTexts;
}

const parts = [
  v.picklist(CONTRAST_IDS),
  v.picklist(POOLINGS),
  v.pipe(natural(4096), v.minValue(2)),
  natural(MAX_SEED),
] as const;

/** `answer.last-prompt.64.1`; with `.turn` or `.trait` at its end: which other texts are read. */
export const recipe = v.pipe(
  v.string(),
  v.transform((text) => text.split('.')),
  v.union([v.strictTuple(parts), v.strictTuple([...parts, v.picklist(['turn', 'trait'])])]),
  v.transform(([contrast, pooling, transcripts, seed, from]) => ({
    ...{ contrast, pooling, transcripts, seed },
    ...(from === undefined ? {} : { from }),
  })),
);

type WrittenRecipe = v.InferOutput<typeof recipe>;

const instruction = v.pipe(v.string(), v.maxLength(MAX_INSTRUCTION));

export const TRAIT_FIELDS = {
  toward: v.optional(instruction),
  away: v.optional(instruction),
  instructed: v.optional(v.picklist(INSTRUCTION_PLACES)),
};

type TraitFields = v.InferOutput<v.StrictObjectSchema<typeof TRAIT_FIELDS, undefined>>;

export function recipeText({
  contrast,
  pooling,
  transcripts,
  seed,
  from,
}: DirectionRecipe): string {
  return [contrast, pooling, transcripts, seed, ...(from ? [from.kind] : [])].join('.');
}

export function traitFields(
  recipes: readonly (DirectionRecipe | null | undefined)[],
): [string, string | null][] {
  const trait = traitsOf(recipes)[0];
  if (!trait) return [];
  return [
    ['toward', trait.toward],
    ['away', trait.away],
    ['instructed', trait.place],
  ];
}

/** The different pairs of instructions that recipes name; a link carries one. */
export function traitsOf(recipes: readonly (DirectionRecipe | null | undefined)[]): TraitTexts[] {
  const all = recipes.flatMap((one) => (one?.from?.kind === 'trait' ? [one.from] : []));
  return all.filter(
    (one, i) => all.findIndex((other) => JSON.stringify(other) === JSON.stringify(one)) === i,
  );
}

/** The recipe of a field; a sentence where the fields of its instructions are missing. */
export function givenRecipe(
  written: WrittenRecipe | undefined,
  { toward, away, instructed }: TraitFields,
): DirectionRecipe | string | null {
  if (!written) return null;
  const { from, ...rest } = written;
  if (from === undefined) return rest;
  if (from === 'turn') return { ...rest, from: { kind: 'turn' } };
  if (toward === undefined || away === undefined || instructed === undefined) {
    return 'its direction comes from two instructions, and it does not have both';
  }
  return { ...rest, from: { kind: 'trait', toward, away, place: instructed } };
}
