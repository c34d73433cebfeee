import { messageOf } from '../core/message';
// What outlives a reload, in IndexedDB. Where the browser has none (a private window, storage full, a storage that
// never answers) the page works the same and says once that nothing is kept. What is there and cannot be read
// (another version wrote it) is set aside under a key of its own before anything is written over it, and the
// page says so; a version that can read it takes it back.

import { get, set, update } from 'idb-keyval';
import { createSubscriber } from 'svelte/reactivity';
import type { Form, Lost } from './saved/form';
import type { SetAside } from './saved/set-aside';

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

const ASIDE = 'postern:set-aside';
let aside: readonly SetAside[] = [];

/** What is set aside in this browser, as far as this visit has looked. Reactive. */
export function setAside(): readonly SetAside[] {
  subscribe();
  return aside;
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const asideOf = (value: unknown): SetAside[] =>
  isList(value)
    ? value.filter(
        (one): one is SetAside =>
          typeof one === 'object' && one !== null && 'key' in one && 'path' in one,
      )
    : [];

/** Reads what earlier visits set aside, so that the page can offer it. */
export async function readSetAside(): Promise<void> {
  try {
    show(asideOf(await asked(() => get(ASIDE))));
  } catch (error) {
    remember(error);
  }
}

/** Lets go of everything that is set aside, for good. */
export async function dropSetAside(): Promise<void> {
  try {
    await asked(() => set(ASIDE, []));
    show([]);
  } catch (error) {
    remember(error);
  }
}

function show(next: readonly SetAside[]): void {
  aside = next;
  changed();
}

/** @throws what the storage throws; then nothing was kept, and the original must not be written over */
async function keepAside(key: string, lost: readonly Lost[]): Promise<void> {
  const added = lost.map((one) => ({ ...one, key, atMs: Date.now() }));
  let all: readonly SetAside[] = [];
  await asked(() => update(ASIDE, (there) => (all = [...asideOf(there), ...added])));
  show(all);
}

/**
 * The value under a key as far as it can be read, else null. What cannot be read is set aside, and what is
 * left takes its place.
 */
export async function readSaved<T>(key: string, form: Form<T>): Promise<T | null> {
  let read: T | undefined;
  try {
    const there: unknown = await asked(() => get(`postern:${key}`));
    if (there === undefined) return null;
    const lost: Lost[] = [];
    read = form(there, lost);
    if (lost.length > 0) {
      await keepAside(key, lost);
      await asked(() => update(`postern:${key}`, (now) => form(now, [])));
    }
    return read ?? null;
  } catch (error) {
    remember(error);
    return read ?? null;
  }
}

/**
 * What of a kept list was set aside by a version that could not read it, and this one can. It is no longer
 * set aside then: the caller puts it back.
 * @param wanted whether the caller takes one; others stay where they are
 */
export async function takeBack<T>(
  key: string,
  entry: Form<T>,
  wanted: (one: T) => boolean,
): Promise<readonly T[]> {
  const back: T[] = [];
  try {
    if (asideOf(await asked(() => get(ASIDE))).every((one) => one.key !== key)) return back;
    let left: readonly SetAside[] = [];
    const without = (there: unknown): readonly SetAside[] => {
      back.length = 0;
      left = asideOf(there).filter((one) => {
        const read = one.key === key && /^\d+$/.test(one.path) ? entry(one.value, []) : undefined;
        if (read === undefined || !wanted(read)) return true;
        back.push(read);
        return false;
      });
      return left;
    };
    await asked(() => update(ASIDE, without));
    show(left);
  } catch (error) {
    remember(error);
  }
  return back;
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
export async function mergeSaved<T>(
  key: string,
  form: Form<T>,
  merge: (there: T | null) => T,
): Promise<boolean> {
  let lost: Lost[] = [];
  const merged = (there: unknown): unknown => {
    lost = [];
    const read = there === undefined ? null : (form(there, lost) ?? null);
    return lost.length > 0 ? there : merge(read);
  };
  try {
    await asked(() => update(`postern:${key}`, merged));
    if (lost.length === 0) return true;
    // Another version has written there meanwhile.
    await keepAside(key, lost);
    await asked(() => update(`postern:${key}`, (there) => merge(form(there, []) ?? null)));
    return true;
  } catch (error) {
    remember(error);
    return false;
  }
}
