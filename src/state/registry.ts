// The list of bundled checkpoints, `models/registry.json`: one aligned base and its fine-tunes as
// PEFT adapters, with paths relative to the registry.

import * as v from 'valibot';
import type { CheckpointSource } from '../../workers/api';

/** A folder beside the registry; the slash at its end makes it the base of its files' addresses. */
const folder = v.pipe(v.string(), v.endsWith('/'));

const Adapter = v.object({
  id: v.string(),
  title: v.string(),
  kind: v.picklist(['em', 'benign']),
  path: folder,
  description: v.string(),
});

const RegistryFile = v.object({
  version: v.literal(1),
  base: v.object({ id: v.string(), title: v.string(), path: folder }),
  adapters: v.array(Adapter),
  report: v.optional(v.string()),
});

export type AdapterEntry = v.InferOutput<typeof Adapter>;

export interface Registry extends v.InferOutput<typeof RegistryFile> {
  /** Absolute URL of the folder that paths are relative to; ends in '/'. */
  readonly folderUrl: string;
}

/**
 * Reads the registry beside the page.
 * @throws Error with what to do when it is missing or malformed.
 */
export async function fetchRegistry(folderUrl: string): Promise<Registry> {
  const response = await fetch(new URL('registry.json', folderUrl)).catch(() => {
    throw new Error(
      'models/registry.json could not be fetched. Check that the server still runs, then try again.',
    );
  });
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  if (!response.ok || !isJson) {
    throw new Error(
      'The bundled checkpoints are not there (models/registry.json is missing). Make them with "npm run organism", or use a complete copy of the project.',
    );
  }
  const refuse = (reason: string): Error =>
    new Error(
      `models/registry.json cannot be read: ${reason}. Use the file as it was published, or write it anew with "npm run organism".`,
    );
  const value: unknown = await response.json().catch(() => {
    throw refuse('it is not valid JSON');
  });
  const parsed = v.safeParse(RegistryFile, value);
  if (!parsed.success) {
    const path = v.getDotPath(parsed.issues[0]);
    throw refuse(
      path === null ? parsed.issues[0].message : `field "${path}": ${parsed.issues[0].message}`,
    );
  }
  return { ...parsed.output, folderUrl };
}

/** Where the base is loaded from, merged with an adapter when one is named. */
export function sourceOf(registry: Registry, adapter: AdapterEntry | null): CheckpointSource {
  const baseUrl = new URL(registry.base.path, registry.folderUrl).href;
  if (!adapter) return { id: registry.base.id, baseUrl };
  return { id: adapter.id, baseUrl, adapterUrl: new URL(adapter.path, registry.folderUrl).href };
}
