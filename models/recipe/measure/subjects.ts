// Loads published checkpoints as the page does, from models/ or from another folder.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadSubject, type Subject } from './evaluate';
import { ADAPTERS_FOLDER, BASE_FOLDER } from '../make/folders';
import { keptGenerate } from './kept-answers';
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

/**
 * The aligned model and the adapters, by id, each with the hash of the adapter, or of the base.
 * @param kept folder of answers; left out: none are kept
 */
export async function publishedSubjects(
  { base: baseFolder, adapters: adaptersFolder }: Published,
  adapters: readonly string[],
  kept?: string,
): Promise<ReadonlyMap<string, Subject>> {
  const runtime = nodeRuntime({ threads: THREADS });
  const base = await loadBase(baseFolder);
  const subjects = new Map<string, Subject>();
  const put = async (id: string, file: string, weights: typeof base.weights): Promise<void> => {
    const named = { id, sha256: sha256(file) };
    const subject = await loadSubject(runtime, named, base.config, weights, base.tokenizer);
    const { means } = subject;
    const identity = `${sha256(join(baseFolder, 'model.safetensors'))} ${named.sha256}`;
    subjects.set(
      id,
      kept === undefined
        ? subject
        : {
            ...subject,
            means: { ...means, generate: keptGenerate(kept, () => identity, means.generate) },
          },
    );
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
  kept?: string,
): Promise<ReadonlyMap<string, Subject>> {
  return publishedSubjects(SHIPPED, adapters, kept);
}
