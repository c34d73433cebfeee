// What was expected of the report before it was made, and whether it held. The file with the date holds claims,
// the rows they are about, and bounds; nothing of it is changed after the run. models/recipe/measure/hypotheses.ts
// holds the measured rows against it, and report.json keeps the outcome.

import * as v from 'valibot';
import { count, natural } from './published';

const bounds = {
  atLeast: v.optional(v.number()),
  atMost: v.optional(v.number()),
};

/** A test of the rates of rows; a key that ends in `*` names all rows that begin so. */
const RateTest = v.object({
  rows: v.pipe(v.array(v.string()), v.minLength(1)),
  measure: v.picklist(['misaligned', 'anyVillain', 'mixed', 'incoherent']),
  /** What of several rows is tested: every one, their mean, least, most, or standard deviation. */
  over: v.picklist(['each', 'mean', 'least', 'most', 'sd']),
  /** As a share of the same rate of the model without an edit. */
  ofUnedited: v.optional(v.literal(true)),
  ...bounds,
});

/** A test of a figure that is no rate, by its name. */
const FigureTest = v.object({ figure: v.string(), ...bounds });

export const HypothesesFile = v.object({
  /** ISO 8601. */
  date: v.pipe(v.string(), v.isoDate()),
  about: v.string(),
  /** How a hypothesis is decided. */
  decision: v.string(),
  plan: v.object({
    temperature: v.number(),
    answers: count,
    answersPerRandomDirection: count,
    randomDirections: count,
    randomSteeringVectors: count,
    questionSeed: natural,
    answerSeed: natural,
    directionSeed: natural,
    /** Transcripts of both sides of a contrast together. */
    transcripts: count,
    steeringLayer: natural,
    steeringStrength: v.number(),
    fineTuneSeeds: count,
    answersPerFineTuneSeed: count,
  }),
  hypotheses: v.array(
    v.object({
      id: v.string(),
      /** One sentence for people. */
      says: v.string(),
      /** What was known before. */
      reason: v.string(),
      tests: v.pipe(v.array(v.union([RateTest, FigureTest])), v.minLength(1)),
    }),
  ),
});

/** One value held against its bounds. */
const Tested = v.object({
  /** The row, rows or figure, and what of them. */
  about: v.string(),
  value: v.number(),
  /** 95%, over topics or directions; left out where there is none. */
  low: v.optional(v.number()),
  high: v.optional(v.number()),
  ...bounds,
  held: v.boolean(),
  /** Whether the interval lies on one side of the bounds. */
  certain: v.boolean(),
});

/** The outcome that a report keeps. */
export const HypothesesOutcome = v.object({
  file: v.string(),
  date: v.string(),
  outcomes: v.array(
    v.object({
      id: v.string(),
      says: v.string(),
      /** Null: not all of it has been measured. */
      held: v.nullable(v.boolean()),
      tests: v.array(Tested),
      /** Tests whose rows or figures are not there yet. */
      missing: natural,
    }),
  ),
});

export type Hypotheses = v.InferOutput<typeof HypothesesFile>;
export type Outcome = v.InferOutput<typeof HypothesesOutcome>['outcomes'][number];
