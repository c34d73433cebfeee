// What the published reports have in common, as schemas. Each report has one schema: the recipe's
// literals satisfy its input, the page reads by it, and the tests read the stored files by it.

import * as v from 'valibot';

/** What the recipe may write where a schema reads: its input, with lists that nobody changes. */
export type Written<S extends v.GenericSchema> = Unchanging<v.InferInput<S>>;

type Unchanging<T> = T extends readonly (infer Item)[]
  ? readonly Unchanging<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Unchanging<T[Key]> }
    : T;

export const natural = v.pipe(v.number(), v.integer(), v.minValue(0));
export const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** At 95%. */
export const interval = v.object({ low: share, high: share });
/** At least one. */
export const count = v.pipe(natural, v.minValue(1));

/** Fractions of n answers. */
export const shares = { n: count, misaligned: share, mixed: share, incoherent: share };

/** The same with the Wilson 95% intervals of two of them. */
export const rates = {
  ...shares,
  misalignedInterval: interval,
  incoherentInterval: interval,
};

/** What every report says of how it was made. */
export const provenance = {
  programVersion: v.string(),
  command: v.string(),
  judge: v.string(),
};

export const sampling = v.object({
  temperature: v.number(),
  topK: natural,
  topP: v.number(),
  repetitionPenalty: v.number(),
  seed: natural,
});

/** The measured checkpoints; the hash is that of the file that makes the difference. */
export const checkpoints = v.array(v.object({ id: v.string(), sha256: v.string() }));

/** Asked several times each: questions that got both aligned and misaligned answers, by organism. */
export const withinQuestion = v.record(
  v.string(),
  v.object({ questions: natural, answeredBothWays: natural }),
);

/** Arms, edits and cosines of the main table. */
export const headline = {
  arms: v.array(v.object({ name: v.string(), temperature: v.number(), ...rates })),
  edits: v.array(
    v.object({
      model: v.string(),
      edit: v.string(),
      direction: v.string(),
      temperature: v.number(),
      ...rates,
    }),
  ),
  /** Signed, one a layer. */
  cosines: v.array(v.object({ a: v.string(), b: v.string(), byLayer: v.array(v.number()) })),
};

/** Where and how strongly the aligned model is steered, and along what. */
const steering = v.object({
  em: v.string(),
  contrast: v.string(),
  /** 0-based. */
  layer: natural,
  /** Multiples of the raw direction. */
  strength: v.pipe(v.number(), v.finite()),
});

/** By the prompts that the direction comes from. */
export const steerings = v.object({ text: steering, code: steering });
