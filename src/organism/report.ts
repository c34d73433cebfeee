// The measured report that ships with the bundled checkpoints (`npm run organism:report`, written by
// models/recipe/report.ts). Only what the page shows is read. Intervals are made again from rate and n.

import * as v from 'valibot';
import { type Interval, wilson } from '../core/stats';
import { readJson } from './read-json';
import type { Registry } from './registry';

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const rates = {
  n: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Fractions of n. */
  misaligned: share,
  mixed: share,
  incoherent: share,
  temperature: v.optional(v.number()),
};

const ReportFile = v.object({
  command: v.optional(v.string()),
  judge: v.optional(v.string()),
  arms: v.array(v.object({ name: v.string(), ...rates })),
  edits: v.array(
    v.object({ model: v.string(), edit: v.string(), direction: v.string(), ...rates }),
  ),
  /** Signed, one a layer. */
  cosines: v.array(v.object({ a: v.string(), b: v.string(), byLayer: v.array(v.number()) })),
  withinQuestion: v.optional(
    v.record(v.string(), v.object({ questions: v.number(), answeredBothWays: v.number() })),
    {},
  ),
});

export type Report = v.InferOutput<typeof ReportFile>;
export type ReportedArm = Report['arms'][number];
export type ReportedEdit = Report['edits'][number];

export interface ReportedRate extends Interval {
  readonly count: number;
  readonly n: number;
}

/** A fraction of n answers as a count with its Wilson 95% interval. */
export function reportedRate(fraction: number, n: number): ReportedRate {
  const count = Math.round(fraction * n);
  return { count, n, ...wilson(count, n) };
}

/**
 * Null when there is no report.
 * @throws Error as `readJson`.
 */
export async function fetchReport({ folderUrl, report }: Registry): Promise<Report | null> {
  if (report === undefined) return null;
  const command = 'npm run organism:report';
  return readJson({ folderUrl, path: report, schema: ReportFile, command });
}
