// What was measured of the gallery (`npm run organism:gallery`, written by models/recipe/gallery.ts):
// rates of every fine-tune under every condition it was asked in, and the geometry of its direction.

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
import { readJson } from './read-json';
import type { Registry, Training } from './registry';
import type { ReportedRate } from './report';

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
  /** Condition -> what 'misaligned' counts there. */
  conditions: v.record(v.string(), v.string()),
  checkpoints,
  arms: v.array(v.object({ organism: v.string(), condition: v.string(), ...rates })),
  withinQuestion,
  /** Width of the directions. */
  dModel: count,
  geometry: v.array(
    v.object({
      /** Id of the organism, with what the transcripts began with in parentheses. */
      direction: v.string(),
      normByLayer: byLayer,
      /** Id of the organism compared with -> signed cosines; null where a vector is zero. */
      cosineByLayer: v.record(v.string(), v.array(v.nullable(v.number()))),
    }),
  ),
  /** Organism -> loss on new insecure code, nats a token. */
  taskLossNats: v.record(v.string(), v.number()),
});

export interface Gallery extends v.InferOutput<typeof GalleryFile> {
  /** Organism -> how it was trained, from the registry. */
  readonly training: Readonly<Record<string, Training>>;
}
export type GalleryArm = Gallery['arms'][number];
export type Geometry = Gallery['geometry'][number];

/** One organism under one condition; undefined when it was not asked. */
export function armOf(
  { arms }: Pick<Gallery, 'arms'>,
  organism: string,
  condition: string,
): GalleryArm | undefined {
  return arms.find((arm) => arm.organism === organism && arm.condition === condition);
}

/** A rate of an arm as a count, with the interval of the file. */
export function galleryRate(arm: GalleryArm, verdict: 'misaligned' | 'incoherent'): ReportedRate {
  const bounds = verdict === 'misaligned' ? arm.misalignedInterval : arm.incoherentInterval;
  return { count: Math.round(arm[verdict] * arm.n), n: arm.n, ...bounds };
}

/**
 * Null when there is none: then the fine-tunes stand there without figures.
 * @throws Error as `readJson`.
 */
export async function fetchGallery(registry: Registry): Promise<Gallery | null> {
  // No experiments, no file: asking for it would only leave an error in the console.
  if (!registry.adapters.some(({ experiment }) => experiment !== undefined)) return null;
  const { folderUrl } = registry;
  const command = 'npm run organism:gallery';
  const gallery = await readJson({ folderUrl, path: FILE, schema: GalleryFile, command });
  const training = Object.fromEntries(
    registry.adapters.flatMap(({ id, training: how }) => (how ? [[id, how] as const] : [])),
  );
  return gallery && { ...gallery, training };
}
