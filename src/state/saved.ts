// What outlives a reload, in IndexedDB. Where the browser has none (a private window, storage full)
// the page works the same and says once that nothing is kept.

import { get, set, update } from 'idb-keyval';
import { createSubscriber } from 'svelte/reactivity';
import * as v from 'valibot';
import { EDIT_BASES, EDIT_MODES, EDIT_POSITIONS } from '../core/edit';

/** The desk as it is written down. */
export const EditStateSchema = v.object({
  base: v.picklist(EDIT_BASES),
  mode: v.picklist(EDIT_MODES),
  strength: v.number(),
  layers: v.array(v.boolean()),
  source: v.variant('kind', [
    v.object({ kind: v.literal('own') }),
    v.object({ kind: v.literal('layer'), layer: v.number() }),
  ]),
  positions: v.picklist(EDIT_POSITIONS),
  randomSeed: v.nullable(v.number()),
});

let failure: string | null = null;
let changed = (): void => {};
const subscribe = createSubscriber((update) => {
  changed = update;
  return () => (changed = () => {});
});

/** What to tell the person once a read or a write has failed, else null. Reactive. */
export function storageFailure(): string | null {
  subscribe();
  return failure;
}

function remember(error: unknown): void {
  const full = error instanceof DOMException && error.name === 'QuotaExceededError';
  const why = full
    ? 'the storage of this browser (IndexedDB) is full'
    : `this browser gives no storage (IndexedDB: ${error instanceof Error ? error.message : String(error)})`;
  failure ??=
    `What you do here will not be there after a reload: ${why}. Everything else works. ` +
    (full
      ? 'To keep things, free some space (clear the data of sites you do not need), then reload.'
      : 'To keep things, use a window that is not private, or allow this site to store data.');
  changed();
}

/** The value under a key if it is there and still has the expected shape, else null. */
export async function readSaved<S extends v.GenericSchema>(
  key: string,
  schema: S,
): Promise<v.InferOutput<S> | null> {
  try {
    const parsed = v.safeParse(schema, await get(`postern:${key}`));
    return parsed.success ? parsed.output : null;
  } catch (error) {
    remember(error);
    return null;
  }
}

/** Writes a structured-cloneable value; a failure is remembered, never thrown. @returns whether it was written. */
export async function writeSaved(key: string, value: unknown): Promise<boolean> {
  try {
    await set(`postern:${key}`, value);
    return true;
  } catch (error) {
    remember(error);
    return false;
  }
}

/** Writes what `merge` makes of the value that is there, which another tab may have written; null: none. @returns whether it was written. */
export async function mergeSaved<S extends v.GenericSchema>(
  key: string,
  schema: S,
  merge: (there: v.InferOutput<S> | null) => v.InferOutput<S>,
): Promise<boolean> {
  try {
    await update(`postern:${key}`, (there) => {
      const parsed = v.safeParse(schema, there);
      return merge(parsed.success ? parsed.output : null);
    });
    return true;
  } catch (error) {
    remember(error);
    return false;
  }
}
