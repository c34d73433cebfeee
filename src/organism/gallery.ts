// The measurements of the gallery (`npm run organism:gallery`, written by models/recipe/gallery.ts): rates of
// every fine-tune under every measured condition, and the geometry of its direction.

import * as v from 'valibot';
import {
  checkpoints,
  count,
  natural,
  provenance,
  rates,
  sampling,
  withinQuestion,
} from './published';
import {
  completeSeeds,
  fetchFineTuneSeeds,
  type FineTuneSeeds,
  SEEDED_CONDITION,
} from './fine-tune-seeds';
import { readJson } from './read-json';
import type { Registry, Training } from './registry';
import type { Rate } from '../core/statistics/rates';

const FILE = 'gallery.json';

const byLayer = v.pipe(v.array(v.number()), v.minLength(1));

export const GalleryFile = v.object({
  ...provenance,
  sampling,
  questions: v.object({ part: v.string(), seed: natural }),
  extraction: v.object({
    contrast: v.string(),
    pooling: v.string(),
    transcriptsPerCell: natural,
  }),
  /** Condition -> the meaning of 'misaligned' there. */
  conditions: v.record(v.string(), v.string()),
  checkpoints,
  arms: v.array(v.object({ organism: v.string(), condition: v.string(), ...rates })),
  withinQuestion,
  /** Width of the directions. */
  dModel: count,
  geometry: v.array(
    v.object({
      /** Id of the fine-tune, with the beginning of the transcripts in parentheses. */
      direction: v.string(),
      normByLayer: byLayer,
      /** Id of the compared fine-tune -> signed cosines; null where a vector is zero. */
      cosineByLayer: v.record(v.string(), v.array(v.nullable(v.number()))),
    }),
  ),
  /** Fine-tune -> loss on new insecure code, nats per token. */
  taskLossNats: v.record(v.string(), v.number()),
});

type StoredGalleryArm = StoredGallery['arms'][number];
type StoredGallery = v.InferOutput<typeof GalleryFile>;
export interface GalleryArm extends Readonly<StoredGalleryArm> {
  /** The same fine-tune trained with each planned seed, the shipped one first; missing unless all are measured. */
  readonly seeds?: readonly { readonly n: number; readonly misaligned: number }[];
}

export interface Gallery extends Omit<StoredGallery, 'arms'> {
  readonly arms: readonly GalleryArm[];
  /** What is measured of further training seeds; missing where nothing is. */
  readonly seeds?: FineTuneSeeds;
  /** Fine-tune -> how it was trained, from the registry. */
  readonly training: Readonly<Record<string, Training>>;
}
export type Geometry = Gallery['geometry'][number];

/** A fine-tune under a condition; undefined if it was not measured. */
export function armOf(
  { arms }: Pick<Gallery, 'arms'>,
  organism: string,
  condition: string,
): GalleryArm | undefined {
  return arms.find((arm) => arm.organism === organism && arm.condition === condition);
}

/** An arm's rate as a count, with the file's interval. */
export function galleryRate(arm: GalleryArm, verdict: 'misaligned' | 'incoherent'): Rate {
  const bounds = verdict === 'misaligned' ? arm.misalignedInterval : arm.incoherentInterval;
  return { count: Math.round(arm[verdict] * arm.n), n: arm.n, ...bounds };
}

/** The arms with the seeds of those fine-tunes that have them all. */
export function withSeeds(
  arms: readonly GalleryArm[],
  file: FineTuneSeeds | null,
): readonly GalleryArm[] {
  return arms.map((arm) => {
    const seeds = arm.condition === SEEDED_CONDITION ? completeSeeds(file, arm.organism) : null;
    return seeds ? { ...arm, seeds } : arm;
  });
}

/**
 * Null when there is no gallery: then the page lists the fine-tunes without figures.
 * @throws Error as `readJson`.
 */
export async function fetchGallery(registry: Registry): Promise<Gallery | null> {
  // Without experiments the file does not exist, and a request would only log an error in the console.
  if (!registry.adapters.some(({ experiment }) => experiment !== undefined)) return null;
  const { folderUrl } = registry;
  const command = 'npm run organism:gallery';
  const [gallery, seeds] = await Promise.all([
    readJson({ folderUrl, path: FILE, schema: GalleryFile, command }),
    fetchFineTuneSeeds(registry),
  ]);
  const training = Object.fromEntries(
    registry.adapters.flatMap(({ id, training: how }) => (how ? [[id, how] as const] : [])),
  );
  if (!gallery) return null;
  return seeds
    ? { ...gallery, arms: withSeeds(gallery.arms, seeds), seeds, training }
    : { ...gallery, training };
}
