// What outlives a reload, in IndexedDB. Where the browser has none (a private window, storage full, a storage that
// never answers) the page works the same and says once that nothing is kept.

import { get, set, update } from 'idb-keyval';
import { createSubscriber } from 'svelte/reactivity';
import * as v from 'valibot';
import { EDIT_BASES, EDIT_MODES, EDIT_POSITIONS } from '../core/edit';
import { messageOf } from '../core/message';

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

/** How long the browser may take to open its storage before the page goes on without, ms. */
const PATIENCE_MS = 10_000;

class Silent extends Error {}

/** Whether the storage has ever answered. What takes long after that is only slow. */
let opened = false;
let silent = false;

/** What is asked of the storage. @throws Silent where it does not open; then nothing is asked of it any more */
async function asked<T>(ask: () => Promise<T>): Promise<T> {
  // An answer that came after all must not be written over by a page that began without it.
  if (silent) throw new Silent();
  if (opened) return ask();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      silent = !opened;
      reject(new Silent());
    }, PATIENCE_MS);
  });
  try {
    const answer = await Promise.race([ask(), patience]);
    opened = true;
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

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
  const [why, advice] = reasonOf(error);
  failure ??= `What you do here will not be there after a reload: ${why}. Everything else works. ${advice}`;
  changed();
}

/** Why nothing is kept, and what the person can do. */
function reasonOf(error: unknown): readonly [string, string] {
  if (error instanceof Silent) {
    return [
      'the storage of this browser (IndexedDB) does not answer',
      'To keep things, close the other tabs of Postern or restart the browser, then reload.',
    ];
  }
  if (error instanceof DOMException && error.name === 'QuotaExceededError') {
    return [
      'the storage of this browser (IndexedDB) is full',
      'To keep things, free some space (clear the data of sites you do not need), then reload.',
    ];
  }
  const said = messageOf(error);
  return [
    `this browser gives no storage (IndexedDB: ${said})`,
    'To keep things, use a window that is not private, or allow this site to store data.',
  ];
}

/** The value under a key if it is there and still has the expected shape, else null. */
export async function readSaved<S extends v.GenericSchema>(
  key: string,
  schema: S,
): Promise<v.InferOutput<S> | null> {
  try {
    const parsed = v.safeParse(schema, await asked(() => get(`postern:${key}`)));
    return parsed.success ? parsed.output : null;
  } catch (error) {
    remember(error);
    return null;
  }
}

/** Writes a structured-cloneable value; a failure is remembered, never thrown. @returns whether it was written. */
export async function writeSaved(key: string, value: unknown): Promise<boolean> {
  try {
    await asked(() => set(`postern:${key}`, value));
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
    await asked(() =>
      update(`postern:${key}`, (there) => {
        const parsed = v.safeParse(schema, there);
        return merge(parsed.success ? parsed.output : null);
      }),
    );
    return true;
  } catch (error) {
    remember(error);
    return false;
  }
}
