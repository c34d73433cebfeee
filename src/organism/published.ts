// The common parts of the published reports, as schemas. Each report has one schema: the recipe's literals
// satisfy its input, the page reads with it, and the tests read the stored files with it.

import * as v from 'valibot';

/** The values that a recipe may write for a schema: its input, with read-only lists. */
export type Written<S extends v.GenericSchema> = Unchanging<v.InferInput<S>>;

type Unchanging<T> = T extends readonly (infer Item)[]
  ? readonly Unchanging<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Unchanging<T[Key]> }
    : T;

export const natural = v.pipe(v.number(), v.integer(), v.minValue(0));
export const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** At 95%: Wilson's, and where answers come in clusters those over new wordings and new topics. */
export const interval = v.object({
  low: share,
  high: share,
  templateLow: v.exactOptional(share),
  templateHigh: v.exactOptional(share),
  clusterLow: v.exactOptional(share),
  clusterHigh: v.exactOptional(share),
  designEffect: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
});
/** At least one. */
export const count = v.pipe(natural, v.minValue(1));

/** Fractions of n answers. */
export const shares = {
  n: count,
  misaligned: share,
  mixed: share,
  /** Left out in reports made before it was told from incoherent. */
  offTopic: v.exactOptional(share),
  incoherent: share,
};

/** The same with their intervals. */
export const rates = {
  ...shares,
  misalignedInterval: interval,
  incoherentInterval: interval,
  /** Answers with any villain sentence; left out in older reports, where it is the sum of the shares. */
  anyVillain: v.exactOptional(share),
  anyVillainInterval: v.exactOptional(interval),
};

/** How a report was made. */
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

/** The measured checkpoints; the hash is that of the adapter, or of the base. */
export const checkpoints = v.array(v.object({ id: v.string(), sha256: v.string() }));

/** Questions asked several times each: those with both aligned and misaligned answers, by fine-tune. */
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
  /** Signed, one per layer. */
  cosines: v.array(v.object({ a: v.string(), b: v.string(), byLayer: v.array(v.number()) })),
};

/** Layer, strength and contrast of steering the aligned model. */
const steering = v.object({
  em: v.string(),
  contrast: v.string(),
  /** 0-based. */
  layer: natural,
  /** Multiples of the raw direction. */
  strength: v.pipe(v.number(), v.finite()),
});

/** By the prompts that the direction was extracted from. */
export const steerings = v.object({ text: steering, code: steering });
