// State that survives a reload, in IndexedDB. Where the browser has none (a private window, full storage, a storage
// that never answers) the page works the same and says once that nothing is saved. Unreadable values, written by
// another version, are set aside under a separate key before they are overwritten, and the page says so; a
// version that can read them takes them back.

import { del, get, set, update } from 'idb-keyval';
import { createSubscriber } from 'svelte/reactivity';
import { messageOf } from '../core/message';
import type { Form, Lost } from './saved/form';
import type { SetAside } from './saved/set-aside';

/** How long the browser may take to open its storage before the page continues without it, ms. */
const OPEN_TIMEOUT_MS = 10_000;

class NoStorage extends Error {}

/** Whether the storage has ever answered. A later delay only means that it is slow. */
let opened = false;
let silent = false;

/** Runs a request. @throws Silent where the storage does not open; later requests then fail at once. */
export async function asked<T>(ask: () => Promise<T>): Promise<T> {
  // A late answer is ignored: the page began without it, and writing now would overwrite stored work.
  if (silent) throw new NoStorage();
  if (opened) return ask();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      silent = !opened;
      reject(new NoStorage());
    }, OPEN_TIMEOUT_MS);
  });
  try {
    const answer = await Promise.race([ask(), timeout]);
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

/** The message for the user once a read or a write has failed, else null. Reactive. */
export function storageFailure(): string | null {
  subscribe();
  return failure;
}

/** Keeps the first failed read or write for `storageFailure`. */
export function remember(error: unknown): void {
  const [why, advice] = reasonOf(error);
  failure ??= `What you do here will not be there after a reload: ${why}. Everything else works. ${advice}`;
  changed();
}

/** Why nothing is saved, and what the user can do. */
function reasonOf(error: unknown): readonly [string, string] {
  if (error instanceof NoStorage) {
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
  const reason = messageOf(error);
  return [
    `this browser gives no storage (IndexedDB: ${reason})`,
    'To keep things, use a window that is not private, or allow this site to store data.',
  ];
}

const ASIDE = 'postern:set-aside';
let aside: readonly SetAside[] = [];

/** The values set aside in this browser, as far as this visit has read them. Reactive. */
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

/** Reads the values that earlier visits set aside, so that the page can offer them. */
export async function readSetAside(): Promise<void> {
  try {
    show(asideOf(await asked(() => get(ASIDE))));
  } catch (error) {
    remember(error);
  }
}

/** Deletes all values that are set aside. */
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

/** Sets unreadable values aside. @throws the storage's error; then nothing was set aside, and the original must not be overwritten */
export async function keepAside(key: string, lost: readonly Lost[]): Promise<void> {
  const added = lost.map((one) => ({ ...one, key, atMs: Date.now() }));
  let all: readonly SetAside[] = [];
  await asked(() => update(ASIDE, (there) => (all = [...asideOf(there), ...added])));
  show(all);
}

/**
 * The readable part of the value under a key, else null. The unreadable part is set aside, and the readable
 * part replaces the value.
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
 * Entries of a list that another version set aside and that this version can read. They are no longer set
 * aside: the caller puts them back.
 * @param wanted whether the caller takes an entry; others stay
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

/** Deletes a value, so that a reload begins without it; a failure is remembered, never thrown. */
export async function deleteSaved(key: string): Promise<void> {
  await asked(() => del(`postern:${key}`)).catch(remember);
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
