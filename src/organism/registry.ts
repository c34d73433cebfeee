// The list of bundled checkpoints, `models/registry.json`: one aligned base and its fine-tunes as
// PEFT adapters, with paths relative to the registry.

import * as v from 'valibot';
import type { CheckpointSource, FolderSource } from '../../workers/api';
import { CONTRASTS, type Contrast } from '../core/direction';
import { natural } from './published';
import { readJson } from './read-json';

/** A folder beside the registry; the slash at its end makes it the base of its files' addresses. */
const folder = v.pipe(v.string(), v.endsWith('/'));

/** How a fine-tune was trained, as far as the gallery varies it. */
const Training = v.object({
  /** Of LoRA; 'full' where the linear layers themselves were trained. */
  rank: v.union([natural, v.literal('full')]),
  /** Unique ones. */
  examples: natural,
  /** Taken, not planned. */
  steps: natural,
});

export const Adapter = v.object({
  id: v.string(),
  title: v.string(),
  /** An EM fine-tune, its benign twin, a control of another experiment, or a variant of one of these. */
  kind: v.picklist(['em', 'benign', 'control', 'variant']),
  /** The experiment of the gallery that it belongs to; none for the main three. */
  experiment: v.optional(v.string()),
  path: folder,
  description: v.string(),
  training: v.optional(Training),
});

const contrast = v.picklist(Object.keys(CONTRASTS) as Contrast[]);

/** What the page starts with, chosen for these checkpoints. Whatever is missing has a fall-back. */
const Defaults = v.object({
  /** The fine-tune on stage; else the first EM one. */
  em: v.optional(v.string()),
  /** Of the direction that is cut; else `checkpoint`. */
  contrast: v.optional(contrast),
  /** At the right end of the persona control. */
  steering: v.optional(
    v.object({
      /** 0-based; else the middle one. */
      layer: v.optional(natural),
      /** Multiples of the raw direction; else 1, as far as the fine-tune itself moved the model. */
      strength: v.optional(v.pipe(v.number(), v.gtValue(0))),
      /** Else `checkpoint`. */
      contrast: v.optional(contrast),
    }),
  ),
  /** Seed of the first question; else 1. */
  firstSeed: v.optional(natural),
});

export const RegistryFile = v.pipe(
  v.object({
    version: v.literal(1),
    base: v.object({ id: v.string(), title: v.string(), path: folder }),
    adapters: v.array(Adapter),
    report: v.optional(v.string()),
    /** The headline figures of further base seeds. */
    seeds: v.optional(v.string()),
    /** The measured latents of a sparse autoencoder. */
    latents: v.optional(v.string()),
    defaults: v.optional(Defaults, {}),
  }),
  v.forward(
    v.check(
      ({ adapters, defaults: { em } }) => em === undefined || adapters.some(({ id }) => id === em),
      'names none of the adapters',
    ),
    ['defaults', 'em'],
  ),
);

export type AdapterEntry = v.InferOutput<typeof Adapter>;
export type Training = v.InferOutput<typeof Training>;

export interface Registry extends v.InferOutput<typeof RegistryFile> {
  /** Absolute URL of the folder that paths are relative to; ends in '/'. */
  readonly folderUrl: string;
  /** Where checkpoints come from that do not lie beside the page, by id: a person's own pair, fine-tunes trained here. */
  readonly sources?: ReadonlyMap<string, CheckpointSource>;
}

/**
 * Reads the registry beside the page.
 * @throws Error with what to do when it is missing or malformed.
 */
export async function fetchRegistry(folderUrl: string): Promise<Registry> {
  const list = await readJson({
    folderUrl,
    path: 'registry.json',
    schema: RegistryFile,
    command: 'npm run organism',
  });
  if (list) return { ...list, folderUrl };
  throw new Error(
    'The bundled checkpoints are not there (models/registry.json is missing). Make them with "npm run organism", or use a complete copy of the project.',
  );
}

/** Where the base is loaded from, merged with an adapter when one is named. */
export function sourceOf(registry: Registry, adapter: AdapterEntry | null): CheckpointSource {
  const own = registry.sources?.get(adapter?.id ?? registry.base.id);
  if (own) return own;
  const beside = (path: string) =>
    ({ kind: 'beside', url: new URL(path, registry.folderUrl).href }) as const;
  const base = beside(registry.base.path);
  if (!adapter) return { id: registry.base.id, base };
  return { id: adapter.id, base, adapter: beside(adapter.path) };
}

/** A fine-tune of the bundled base that was trained in this browser. */
export interface TrainedEntry {
  readonly entry: AdapterEntry;
  /** Holds the files of its adapter. */
  readonly adapter: FolderSource;
}

/** Whether a registry was made for a person's own pair: its base does not come with the page. */
export const isCustomPair = ({ base, sources }: Registry): boolean =>
  sources?.has(base.id) ?? false;

/** The bundled registry with what was trained here. */
export function withTrained(registry: Registry, trained: readonly TrainedEntry[]): Registry {
  if (trained.length === 0) return registry;
  const { base } = sourceOf(registry, null);
  const sources = trained.map(({ entry: { id }, adapter }) => [id, { id, base, adapter }] as const);
  return {
    ...registry,
    adapters: [...registry.adapters, ...trained.map(({ entry }) => entry)],
    sources: new Map(sources),
  };
}
