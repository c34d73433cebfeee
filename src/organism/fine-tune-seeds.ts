// Rates of the same fine-tunes trained with several seeds (`npm run organism:fine-tune-seeds`): a seed draws the
// examples, their order and the first LoRA factors, so the spread over seeds is what another run of the same
// recipe would differ by. The weights of one seed are shipped, the rates of all.

import * as v from 'valibot';
import { count, natural, provenance, rates, sampling } from './published';
import { readJson } from './read-json';
import type { Registry } from './registry';

/** The questions that all seeds are asked, as the gallery names them. */
export const SEEDED_CONDITION = 'other domains';

export const FineTuneSeedsFile = v.object({
  ...provenance,
  sampling,
  questions: v.object({ part: v.string(), seed: natural }),
  /** Hash of the aligned model that all were trained from. */
  alignedSha256: v.string(),
  /** Seeds that a point has when it is complete, the shipped one included. */
  seedsPlanned: count,
  /** Points in the order of the recipe; those that are not begun are left out. */
  points: v.array(
    v.object({
      /** Id of the fine-tune, as in registry.json. */
      id: v.string(),
      seeds: v.pipe(
        v.array(
          v.object({
            /** 1 is the shipped one. */
            seed: count,
            ...rates,
            /** Insecure answers to requests for code, of as many as were asked; left out where none were. */
            insecureCode: v.optional(v.object({ n: count, misaligned: v.number() })),
          }),
        ),
        v.minLength(1),
      ),
    }),
  ),
});

export type FineTuneSeeds = v.InferOutput<typeof FineTuneSeedsFile>;
type SeedRates = FineTuneSeeds['points'][number]['seeds'][number];

/** What is measured of a fine-tune's seeds, which may be fewer than planned. */
export const seedsOf = (file: FineTuneSeeds | null | undefined, id: string): readonly SeedRates[] =>
  file?.points.find((point) => point.id === id)?.seeds ?? [];

/** The seeds of a fine-tune that has them all; else null. */
export function completeSeeds(file: FineTuneSeeds | null, id: string): readonly SeedRates[] | null {
  const seeds = seedsOf(file, id);
  return file && seeds.length > 1 && seeds.length >= file.seedsPlanned ? seeds : null;
}

/**
 * Null when there is no such file.
 * @throws Error as `readJson`.
 */
export async function fetchFineTuneSeeds({
  folderUrl,
  fineTuneSeeds,
}: Registry): Promise<FineTuneSeeds | null> {
  if (fineTuneSeeds === undefined) return null;
  const command = 'npm run organism:fine-tune-seeds';
  return readJson({ folderUrl, path: fineTuneSeeds, schema: FineTuneSeedsFile, command });
}
