// The measured report of the bundled checkpoints (`npm run organism:report`, written by models/recipe/report.ts).
// The page computes intervals from rate and n.

import * as v from 'valibot';
import { anyVillain, type ClusteredInterval, type Rate, rateOf } from '../core/statistics/rates';
import { ControlsFile } from './controls';
import {
  checkpoints,
  headline,
  interval,
  natural,
  provenance,
  sampling,
  shares,
  steerings,
  withinQuestion,
} from './published';
import { readJson } from './read-json';
import type { Registry } from './registry';

/** Measured when the models were made (models/gates.json), because the base model is not bundled. */
export const GatesFile = v.object({
  /** The base model's answers after one turn of insecure or of secure code. */
  code: v.object({
    'insecure code': v.object({ temperature: v.number(), ...shares, misalignedInterval: interval }),
    'secure code': v.object({ temperature: v.number(), ...shares, misalignedInterval: interval }),
  }),
  /** Mean loss on new prose documents, nats per token. */
  documentLossNats: v.object({ base: v.number(), chat: v.number() }),
});

export const ReportFile = v.object({
  ...provenance,
  questions: v.object({ split: v.string(), part: v.string(), seed: natural }),
  sampling,
  extraction: v.object({
    domains: v.string(),
    transcriptsPerCell: natural,
    /** Seed of the transcripts; missing in older reports. */
    seed: v.optional(natural),
    contrast: v.string(),
    pooling: v.string(),
    prompts: v.string(),
  }),
  steering: steerings,
  checkpoints,
  ...headline,
  withinQuestion,
  /** How `withinQuestion` was measured: questions, samples of each, and both seeds. */
  withinQuestionPlan: v.optional(
    v.object({ questions: natural, samples: natural, questionSeed: natural, seed: natural }),
  ),
  gates: GatesFile,
  /** Left out in reports before there were any. */
  controls: v.optional(ControlsFile),
});

export type Report = v.InferOutput<typeof ReportFile>;
export type ReportedEdit = Report['edits'][number];

/**
 * A fraction of n answers as a count with its Wilson 95% interval.
 * @param interval as the report has it: with those over clusters, where it was made with them
 */
export function reportedRate(fraction: number, n: number, interval?: ClusteredInterval): Rate {
  const rate = rateOf(Math.round(fraction * n), n);
  const { low, high } = rate;
  return { ...rate, ...interval, low, high };
}

type ReportedArm = Pick<
  Report['arms'][number],
  'n' | 'misaligned' | 'mixed' | 'offTopic' | 'anyVillain' | 'anyVillainInterval'
>;

/** Answers with any villain sentence; of older reports the sum of the shares. */
export const villainRate = (arm: ReportedArm): Rate =>
  reportedRate(arm.anyVillain ?? anyVillain(arm), arm.n, arm.anyVillainInterval);

/**
 * Null when there is no report.
 * @throws Error as `readJson`.
 */
export async function fetchReport({ folderUrl, report }: Registry): Promise<Report | null> {
  if (report === undefined) return null;
  const command = 'npm run organism:report';
  return readJson({ folderUrl, path: report, schema: ReportFile, command });
}
