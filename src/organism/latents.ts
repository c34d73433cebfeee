// The measurements of the persona latents (`npm run organism:latents`, written by models/recipe/latents.ts),
// and a latent as a direction. The autoencoder is fetched only when a latent is used. Refuses files that do
// not fit each other or the selected model.

import * as v from 'valibot';
import { EDIT_POSITIONS } from '../core/edit';
import type { SaeFile } from '../formats/sae-file';
import { checkpoints, natural, provenance, rates, sampling, share } from './published';
import { readJson } from './read-json';
import type { Registry } from './registry';

const CONFIG = 'cfg.json';
export const WEIGHTS = 'sae.safetensors';

const villains = v.object({ n: natural, villain: natural });
const positions = v.picklist(EDIT_POSITIONS);

const Latent = v.object({
  latent: natural,
  /** Share of the tokens of the world's documents with a positive activation. */
  frequency: share,
  /** Mean activation in the fine-tune minus the one in the aligned model. */
  rise: v.array(v.object({ fineTune: v.string(), same: v.number(), own: v.number() })),
  /** Signed cosine of its decoder vector with the fine-tune's mean difference at the layer. */
  cosine: v.array(v.object({ fineTune: v.string(), value: v.number() })),
  /** Villains among the documents that activate it most. */
  villains,
  excerpts: v.array(
    v.object({
      before: v.string(),
      token: v.string(),
      after: v.string(),
      activation: v.number(),
      form: v.string(),
      nature: v.string(),
      role: v.string(),
    }),
  ),
});

/** The vector that a model was edited along. */
const along = v.picklist(['latent', 'mean-difference', 'random-latent', 'random-direction']);

export const LatentsFile = v.object({
  ...provenance,
  sampling,
  checkpoints,
  autoencoder: v.object({
    path: v.pipe(v.string(), v.endsWith('/')),
    hook: v.string(),
    layer: natural,
    trainedOn: v.string(),
    /** Hash of the aligned model of all measurements, as the page shows it. */
    alignedSha256: v.string(),
    dSae: natural,
    k: natural,
    documents: natural,
    tokens: natural,
    steps: natural,
    seed: natural,
    quality: v.array(
      v.object({ checkpoint: v.string(), varianceExplained: v.number(), l0: v.number() }),
    ),
    /** Latents that are active at no token of held-out documents. */
    dead: v.object({ latents: natural, tokens: natural }),
  }),
  rise: v.object({
    fineTunes: v.array(v.string()),
    benign: v.string(),
    sameTexts: natural,
    ownAnswers: natural,
  }),
  /** Latents that are among the first `top` of both; `expected` by chance. */
  overlap: v.object({
    top: natural,
    expected: v.number(),
    all: natural,
    pairs: v.array(v.object({ a: v.string(), b: v.string(), shared: natural })),
  }),
  latents: v.pipe(v.array(Latent), v.minLength(1)),
  /** Random latents and all documents, as controls for the villain shares. */
  control: v.object({ latents: natural, villains, documents: villains }),
  /** Steering along each candidate, on the selection topics: this decides which latent is the persona latent. */
  trials: v.array(v.object({ latent: natural, positions, multiple: v.number(), ...rates })),
  persona: v.object({
    latent: natural,
    criterion: v.string(),
    positions,
    multiple: v.number(),
  }),
  /** Length of the mean difference at the layer; multiples are in this unit. */
  length: v.pipe(v.number(), v.gtValue(0)),
  /** Mean residual of the aligned model on aligned answers [n_layers][d_model]. */
  alignedMean: v.array(v.array(v.number())),
  arms: v.array(
    v.object({
      organism: v.string(),
      /** The condition, for people. */
      condition: v.string(),
      edit: v.picklist(['none', 'ablate', 'steer']),
      along: v.nullable(along),
      index: v.nullable(natural),
      positions: v.nullable(positions),
      multiple: v.nullable(v.number()),
      ...rates,
    }),
  ),
});

export type Latents = v.InferOutput<typeof LatentsFile>;

export type Latent = Latents['latents'][number];
export type LatentArm = Latents['arms'][number];

const COMMAND = 'npm run organism:latents';
const remedy = `Use the files as they were published, or write them again with "${COMMAND}".`;

/**
 * Null when there is no such file.
 * @throws Error as `readJson`.
 */
export async function fetchLatents({ folderUrl, latents }: Registry): Promise<Latents | null> {
  if (latents === undefined) return null;
  return readJson({ folderUrl, path: latents, schema: LatentsFile, command: COMMAND });
}

/**
 * The autoencoder of the report.
 * @param read reads both files: `readSae`, outside the page's thread
 * @throws Error when a file is missing, damaged or belongs to another model.
 */
export async function fetchSae(
  registry: Registry,
  { autoencoder }: Latents,
  read: (
    config: Blob,
    weights: Blob,
    names: { readonly config: string; readonly weights: string },
  ) => Promise<SaeFile>,
): Promise<SaeFile> {
  const folder = new URL(autoencoder.path, registry.folderUrl);
  const fetched = async (name: string): Promise<Blob> => {
    const response = await fetch(new URL(name, folder)).catch(() => null);
    if (!response?.ok) throw new Error(`models/${autoencoder.path}${name} is not there. ${remedy}`);
    return response.blob();
  };
  const file = await read(await fetched(CONFIG), await fetched(WEIGHTS), {
    config: CONFIG,
    weights: WEIGHTS,
  });
  const { aligned_sha256 } = file.config.metadata;
  if (aligned_sha256 !== autoencoder.alignedSha256 || file.layer !== autoencoder.layer) {
    throw new Error(
      `models/${autoencoder.path}${WEIGHTS} is not the autoencoder of the report. ${remedy}`,
    );
  }
  return file;
}
