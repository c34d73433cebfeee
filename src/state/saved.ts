// What outlives a reload, in IndexedDB. Where the browser has none (a private window, storage full)
// the page works the same and says once that nothing is kept.

import { get, set } from 'idb-keyval';
import * as v from 'valibot';

/** The desk as it is written down. */
export const DeskSchema = v.object({
  base: v.picklist(['aligned', 'em']),
  mode: v.picklist(['off', 'ablate-zero', 'ablate-mean', 'cap', 'steer']),
  strength: v.number(),
  layers: v.array(v.boolean()),
  source: v.variant('kind', [
    v.object({ kind: v.literal('own') }),
    v.object({ kind: v.literal('layer'), layer: v.number() }),
  ]),
  positions: v.picklist(['all', 'answer', 'header']),
  randomSeed: v.nullable(v.number()),
});

let broken = false;

/** True once a read or a write has failed. */
export const storageIsBroken = (): boolean => broken;

/** The value under a key if it is there and still has the expected shape, else null. */
export async function readSaved<S extends v.GenericSchema>(
  key: string,
  schema: S,
): Promise<v.InferOutput<S> | null> {
  try {
    const parsed = v.safeParse(schema, await get(`postern:${key}`));
    return parsed.success ? parsed.output : null;
  } catch {
    broken = true;
    return null;
  }
}

/** Writes a structured-cloneable value; a failure is remembered, never thrown. */
export async function writeSaved(key: string, value: unknown): Promise<void> {
  try {
    await set(`postern:${key}`, value);
  } catch {
    broken = true;
  }
}
