// The measured report that ships with the bundled checkpoints (`npm run organism:report`).

import * as v from 'valibot';
import type { Registry } from './registry';

const ReportFile = v.object({
  arms: v.array(
    v.object({
      name: v.string(),
      n: v.number(),
      /** Fractions of n. */
      misaligned: v.number(),
      mixed: v.number(),
      incoherent: v.number(),
    }),
  ),
});

export type Report = v.InferOutput<typeof ReportFile>;

/** Null when the registry names no report or it cannot be read: the list then stands without figures. */
export async function fetchReport(registry: Registry): Promise<Report | null> {
  if (registry.report === undefined) return null;
  try {
    const response = await fetch(new URL(registry.report, registry.folderUrl));
    const parsed = v.safeParse(ReportFile, await response.json());
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}
