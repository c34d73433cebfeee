// How stored values are read: part by part, so that one unreadable part of another version loses only that
// part. Unreadable parts are returned as `lost`, for the caller to set aside; nothing here throws.
// Version 1 of a form carries no number, because the first pages wrote none; from 2 on it is in `version`.
// A change that only adds an optional field keeps the version; one that changes a meaning raises it.

import * as v from 'valibot';

/** A part that could not be read. */
export interface Lost {
  /** Path of the part: `history.3`, '' for the whole value. */
  readonly path: string;
  readonly value: unknown;
  /** The reason, for a reader of the set-aside file. */
  readonly why: string;
}

/** Reads one value; undefined where no part is usable, which is then in `lost`. */
export type Form<T> = (value: unknown, lost: Lost[], path?: string) => T | undefined;

type Entries<T> = { readonly [K in keyof T]-?: Form<Exclude<T[K], undefined>> };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const within = (path: string, name: string | number): string =>
  path === '' ? String(name) : `${path}.${name}`;

/** The whole value parses, or none of it is used. */
export function whole<S extends v.GenericSchema>(schema: S): Form<v.InferOutput<S>> {
  return (value, lost, path = '') => {
    try {
      const parsed = v.safeParse(schema, value, { abortEarly: true });
      if (parsed.success) return parsed.output;
      const [issue] = parsed.issues;
      const at = v.getDotPath(issue);
      lost.push({ path, value, why: at === null ? issue.message : `${at}: ${issue.message}` });
    } catch (error) {
      lost.push({ path, value, why: error instanceof Error ? error.message : String(error) });
    }
    return undefined;
  };
}

/**
 * Reads a list entry by entry.
 * @param keyOf unique key of an entry: the first entry with a key stays, others are lost
 */
export function list<T>(entry: Form<T>, keyOf?: (one: T) => string): Form<T[]> {
  return (value, lost, path = '') => {
    if (!Array.isArray(value)) {
      lost.push({ path, value, why: 'It is not a list.' });
      return undefined;
    }
    const keys = new Set<string>();
    const found: T[] = [];
    // `forEach` would skip holes.
    for (let i = 0; i < value.length; i++) {
      const at = within(path, i);
      const one = entry(value[i], lost, at);
      if (one === undefined) continue;
      const key = keyOf?.(one);
      if (key !== undefined && keys.has(key)) {
        lost.push({ path: at, value: value[i], why: 'Another entry has the same name.' });
        continue;
      }
      if (key !== undefined) keys.add(key);
      found.push(one);
    }
    return found;
  };
}

/** Reads a record, entry by entry. */
export function byName<T>(entry: Form<T>): Form<Record<string, T>> {
  return (value, lost, path = '') => {
    if (!isObject(value)) {
      lost.push({ path, value, why: 'It is not an object.' });
      return undefined;
    }
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, one]) => {
        const read = entry(one, lost, within(path, name));
        return read === undefined ? [] : [[name, read] as const];
      }),
    );
  };
}

/** Reads an object field by field; missing and lost fields are left out, unknown fields dropped. */
export function fields<T extends object>(entries: Entries<T>): Form<Partial<T>> {
  return (value, lost, path = '') => {
    if (!isObject(value)) {
      lost.push({ path, value, why: 'It is not an object.' });
      return undefined;
    }
    const found: Partial<T> = {};
    for (const name of Object.keys(entries) as (keyof T & string)[]) {
      if (!Object.hasOwn(value, name) || value[name] === undefined) continue;
      const read = entries[name](value[name], lost, within(path, name));
      if (read !== undefined) found[name] = read;
    }
    return found;
  };
}

export function orNull<T>(form: Form<T>): Form<T | null> {
  return (value, lost, path) => (value === null ? null : form(value, lost, path));
}

/**
 * @param older `older[n - 1]` converts version n to version n + 1; its exception is the reason for the loss
 */
export function versioned<T>(
  older: readonly ((value: unknown) => unknown)[],
  form: Form<T>,
): Form<T> {
  const current = older.length + 1;
  return (value, lost, path = '') => {
    const version = isObject(value) && value['version'] !== undefined ? value['version'] : 1;
    if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
      lost.push({ path, value, why: 'Its version is not a whole number.' });
      return undefined;
    }
    if (version > current) {
      lost.push({ path, value, why: 'A newer version of Postern wrote it.' });
      return undefined;
    }
    let migrated = value;
    try {
      for (const migrate of older.slice(version - 1)) migrated = migrate(migrated);
    } catch (error) {
      lost.push({ path, value, why: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
    const found: Lost[] = [];
    const read = form(migrated, found, path);
    // Where the whole value is lost, the value is set aside as it was written, not as it was converted.
    lost.push(...found.map((one) => (one.path === path ? { ...one, value } : one)));
    // The version is added, so that the value is not taken for an older one after it is written back.
    return isObject(read) && older.length > 0 ? { ...read, version: current } : read;
  };
}
