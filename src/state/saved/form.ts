// How a kept thing is read: part by part, so that one part of another version costs that part and nothing
// else. What does not parse is handed back as `lost`, for the caller to keep elsewhere; nothing here throws.
// Version 1 of a form carries no number, since the first pages wrote none; from 2 on it is in `version`.
// A change that only adds an optional field keeps the version; one that changes a meaning raises it.

import * as v from 'valibot';

/** What could not be read. */
export interface Lost {
  /** Where it was: `history.3`, '' for the whole. */
  readonly path: string;
  readonly value: unknown;
  /** For whoever opens the file of what was set aside. */
  readonly why: string;
}

/** Reads one thing; undefined where nothing of it can be used, and then it is in `lost`. */
export type Form<T> = (value: unknown, lost: Lost[], path?: string) => T | undefined;

type Entries<T> = { readonly [K in keyof T]-?: Form<Exclude<T[K], undefined>> };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const within = (path: string, name: string | number): string =>
  path === '' ? String(name) : `${path}.${name}`;

/** All of it parses, or none of it is used. */
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
 * Entry by entry.
 * @param keyOf where entries are told apart by it, the first of a name stays and the others are lost
 */
export function list<T>(entry: Form<T>, keyOf?: (one: T) => string): Form<T[]> {
  return (value, lost, path = '') => {
    if (!Array.isArray(value)) {
      lost.push({ path, value, why: 'It is not a list.' });
      return undefined;
    }
    const keys = new Set<string>();
    const found: T[] = [];
    // Not `forEach`, which passes over holes.
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

/** Entries by name. */
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

/** Field by field; a field that is missing or lost is left out. Fields of no name here are dropped. */
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
 * @param older `older[n - 1]` makes version n + 1 of what has version n; what it throws is why it is lost
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
    // What is kept elsewhere is the thing as it was written, where all of it is lost.
    lost.push(...found.map((one) => (one.path === path ? { ...one, value } : one)));
    // Written back, it must not be taken for an older one.
    return isObject(read) && older.length > 0 ? { ...read, version: current } : read;
  };
}
