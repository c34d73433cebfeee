// Loads published checkpoints as the page does, from models/ or from another folder.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadSubject, type Subject } from './evaluate';
import { ADAPTERS_FOLDER, BASE_FOLDER } from '../make/folders';
import { nodeRuntime } from '../make/node-runtime';
import { loadAdapted, loadBase, sha256 } from '../make/publish';
import { THREADS } from '../make/trainer';

export const ALIGNED = 'aligned';

/** The folder of a published model. */
export interface Published {
  readonly base: string;
  /** Folder with one subfolder per adapter. */
  readonly adapters: string;
}

const SHIPPED: Published = { base: BASE_FOLDER, adapters: ADAPTERS_FOLDER };

/** The aligned model and the adapters, by id, each with the hash of the adapter, or of the base. */
export async function publishedSubjects(
  { base: baseFolder, adapters: adaptersFolder }: Published,
  adapters: readonly string[],
): Promise<ReadonlyMap<string, Subject>> {
  const runtime = nodeRuntime({ threads: THREADS });
  const base = await loadBase(baseFolder);
  const subjects = new Map<string, Subject>();
  const put = async (id: string, file: string, weights: typeof base.weights): Promise<void> => {
    const named = { id, sha256: sha256(file) };
    subjects.set(id, await loadSubject(runtime, named, base.config, weights, base.tokenizer));
  };
  await put(ALIGNED, join(baseFolder, 'model.safetensors'), base.weights);
  for (const id of adapters) {
    const folder = join(adaptersFolder, id);
    await put(id, join(folder, 'adapter_model.safetensors'), loadAdapted(folder, base));
  }
  return subjects;
}

/** The checkpoints of models/; all adapters if none are named. */
export function shippedSubjects(
  adapters: readonly string[] = readdirSync(ADAPTERS_FOLDER).sort(),
): Promise<ReadonlyMap<string, Subject>> {
  return publishedSubjects(SHIPPED, adapters);
}
