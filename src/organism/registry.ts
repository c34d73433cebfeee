// The list of bundled checkpoints, `models/registry.json`: one aligned base and its fine-tunes as
// PEFT adapters, with paths relative to the registry.

import * as v from 'valibot';
import type { CheckpointSource, FolderSource } from '../../workers/api';
import { describeScale, scaledFrom } from '../checkpoint/adapter/adapter-scale';
import { CONTRASTS, type Contrast } from '../core/direction';
import { natural } from './published';
import { readJson } from './read-json';

/** A folder next to the registry; the final slash makes it a base for relative addresses. */
const folder = v.pipe(v.string(), v.endsWith('/'));

/** How a fine-tune was trained, as far as the gallery varies it. */
const Training = v.object({
  /** Rank of the LoRA adapter; 'full' where the linear layers themselves were trained. */
  rank: v.union([natural, v.literal('full')]),
  /** Number of unique examples. */
  examples: natural,
  /** Steps taken, which may be fewer than planned. */
  steps: natural,
});

export const Adapter = v.object({
  id: v.string(),
  title: v.string(),
  /** A misaligned fine-tune, its benign control, a control of another experiment, or a variant of one of these. */
  kind: v.picklist(['em', 'benign', 'control', 'variant']),
  /** The experiment of the gallery that it belongs to; missing for the main three. */
  experiment: v.optional(v.string()),
  path: folder,
  description: v.string(),
  training: v.optional(Training),
});

const contrast = v.picklist(Object.keys(CONTRASTS) as Contrast[]);

/** The page's initial settings, chosen for these checkpoints. Each has a default. */
const Defaults = v.object({
  /** The fine-tune selected first; default: the first misaligned one. */
  em: v.optional(v.string()),
  /** Contrast of the direction to ablate along; default: `checkpoint`. */
  contrast: v.optional(contrast),
  /** Steering at the right end of the persona control. */
  steering: v.optional(
    v.object({
      /** 0-based; default: the middle layer. */
      layer: v.optional(natural),
      /** Multiples of the raw direction; default: 1, as far as fine-tuning moved the model. */
      strength: v.optional(v.pipe(v.number(), v.gtValue(0))),
      /** Default: `checkpoint`. */
      contrast: v.optional(contrast),
    }),
  ),
  /** Seed of the first question; default: 1. */
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
    /** Rates of the same fine-tunes with further training seeds. */
    fineTuneSeeds: v.optional(v.string()),
    /** Rates of the insecure-code fine-tune with each cure of a training. */
    cures: v.optional(v.string()),
    /** What a look at each data set predicted, and what the training did. */
    flags: v.optional(v.string()),
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
  /** Sources of checkpoints that are not next to the page, by id: custom pairs and fine-tunes trained here. */
  readonly sources?: ReadonlyMap<string, CheckpointSource>;
  /**
   * Id of the adapter that the edited column runs, where a server has the edit already: as a LoRA without the
   * direction, or as a vector that it was started with. Left out: the edit panel makes the edit.
   */
  readonly edited?: string;
}

/**
 * Reads the registry next to the page.
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

/** A fine-tune by id: of the list, or one of the list with its LoRA counted otherwise (`scaledId`). */
export function fineTuneById({ adapters }: Registry, id: string): AdapterEntry | undefined {
  const listed = adapters.find((adapter) => adapter.id === id);
  const scaled = scaledFrom(id);
  const entry = adapters.find((adapter) => adapter.id === scaled?.id);
  if (listed || !scaled || !entry) return listed;
  return { ...entry, id, title: `${entry.title}, ${describeScale(scaled.scale)}` };
}

/** The source of the base, with an adapter if one is given. */
export function sourceOf(registry: Registry, adapter: AdapterEntry | null): CheckpointSource {
  const source = registry.sources?.get(adapter?.id ?? registry.base.id);
  if (source) return source;
  const scaled = adapter && scaledFrom(adapter.id);
  const unscaled = registry.adapters.find(({ id }) => id === scaled?.id);
  if (adapter && scaled && unscaled && registry.adapters.every(({ id }) => id !== adapter.id)) {
    return scaledSource(sourceOf(registry, unscaled), adapter.id, scaled.scale);
  }
  const bundledFolder = (path: string) =>
    ({ kind: 'beside', url: new URL(path, registry.folderUrl).href }) as const;
  const base = bundledFolder(registry.base.path);
  if (!adapter) return { id: registry.base.id, base };
  return { id: adapter.id, base, adapter: bundledFolder(adapter.path) };
}

/** The same with its LoRA counted otherwise: here, or by the server that answers. */
function scaledSource(source: CheckpointSource, id: string, scale: number): CheckpointSource {
  const { server } = source;
  if (!server) return { ...source, id, adapterScale: scale };
  const loras = server.loras.map((lora) => ({ ...lora, scale: lora.scale * scale }));
  return { ...source, id, server: { ...server, loras } };
}

/** A fine-tune of the bundled base that was trained in this browser. */
export interface TrainedEntry {
  readonly entry: AdapterEntry;
  /** The folder with the adapter's files. */
  readonly adapter: FolderSource;
}

/** Whether a registry belongs to a custom pair: its base is not bundled. */
export const isCustomPair = ({ base, sources }: Registry): boolean =>
  sources?.has(base.id) ?? false;

/** The bundled registry with the fine-tunes that were trained here. */
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
