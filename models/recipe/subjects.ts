// The shipped checkpoints, read back from models/ as the page reads them.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NamedSubject } from './conditions';
import { Subject } from './evaluate';
import { ADAPTERS_FOLDER, BASE_FOLDER } from './folders';
import { nodeRuntime } from './node-runtime';
import { loadAdapted, loadBase, sha256 } from './publish';
import { THREADS } from './trainer';

export const ALIGNED = 'aligned';

/** The aligned model and every adapter, by id. The hash is that of the file that makes the difference. */
export async function shippedSubjects(
  adapters: readonly string[] = readdirSync(ADAPTERS_FOLDER).sort(),
): Promise<ReadonlyMap<string, NamedSubject>> {
  const runtime = nodeRuntime({ threads: THREADS });
  const base = await loadBase(BASE_FOLDER);
  const subjects = new Map<string, NamedSubject>();
  const put = async (id: string, file: string, weights: typeof base.weights): Promise<void> => {
    const subject = await Subject.create(runtime, base.config, weights, base.tokenizer);
    subjects.set(id, { id, sha256: sha256(file), subject });
  };
  await put(ALIGNED, join(BASE_FOLDER, 'model.safetensors'), base.weights);
  for (const id of adapters) {
    const folder = join(ADAPTERS_FOLDER, id);
    await put(id, join(folder, 'adapter_model.safetensors'), loadAdapted(folder, base));
  }
  return subjects;
}
