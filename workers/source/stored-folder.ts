// A remote folder behind this browser's storage: stored files are not requested again, partial files resume,
// and a complete folder needs no request at all. A small manifest beside the files describes them.

import * as v from 'valibot';
import { bytesInMemory, type FileBytes } from '../../src/checkpoint/file-bytes';
import { hasWholeHeader } from '../../src/checkpoint/safetensors';
import { Sha256 } from '../../src/core/sha256';
import type { ByteCounter } from './fetch-file';
import { ModelError } from '../runtime';
import type { FileStore } from './store';
import { download } from './download';
import type { Folder, FolderEntry } from './folder';
import { Bytes, Sha256Hex, WellFormed } from './hub-answers';
import type { LookedUpFiles } from './looked-up';
import { once, smallBytes, type Watched } from './network';
import type { Remote } from './remote';

const MANIFEST = 'manifest.json';

const ManifestFile = v.object({
  version: v.literal(1),
  name: v.string(),
  page: v.string(),
  commit: v.nullable(WellFormed),
  licence: v.nullable(v.string()),
  files: v.array(
    v.object({
      path: WellFormed,
      bytes: v.nullable(Bytes),
      sha256: v.nullable(Sha256Hex),
      /** Validator of the version that the stored part belongs to. */
      validator: v.optional(v.nullable(v.string()), null),
      /** A checkpoint or an adapter needs it. */
      wanted: v.boolean(),
      /** All of it is here, and was checked. */
      done: v.boolean(),
    }),
  ),
});

export type Manifest = v.InferOutput<typeof ManifestFile>;

/** The manifest of a stored folder; null if it is damaged or incomplete. */
export async function readManifest(store: FileStore, folder: string): Promise<Manifest | null> {
  const file = await store.open(folder, MANIFEST, MANIFEST);
  if (!file) return null;
  try {
    const text = new TextDecoder().decode(file.slice(0, file.bytes));
    return v.parse(ManifestFile, JSON.parse(text));
  } catch {
    return null;
  }
}

async function writeManifest(store: FileStore, folder: string, manifest: Manifest): Promise<void> {
  const writer = await store.write(folder, MANIFEST);
  writer.clear();
  writer.append(new TextEncoder().encode(JSON.stringify(manifest)));
  writer.close();
}

export class StoredFolder implements Folder {
  readonly name: string;
  readonly remote: Remote;
  readonly #store: FileStore;
  readonly #lookedUp: LookedUpFiles;
  #manifest: Manifest | null = null;
  /** Bytes of files that were read here, by path: a plain address states no size of a text. */
  readonly #read = new Map<string, number>();

  constructor(remote: Remote, store: FileStore, lookedUp: LookedUpFiles) {
    this.name = remote.name;
    this.remote = remote;
    this.#store = store;
    this.#lookedUp = lookedUp;
  }

  /** From the store where it is known, else from the server. */
  async manifest(signal: AbortSignal, say: (note: string | null) => void): Promise<Manifest> {
    const { name, page, key } = this.remote;
    this.#manifest ??= await readManifest(this.#store, key);
    if (!this.#manifest) {
      const { entries, commit, licence } = await this.remote.list(say, signal);
      const files = entries.map((entry) => ({ ...entry, wanted: false, done: false }));
      this.#manifest = { version: 1, name, page, commit, licence, files };
    }
    return this.#manifest;
  }

  async list(signal: AbortSignal): Promise<readonly FolderEntry[]> {
    return (await this.manifest(signal, () => {})).files;
  }

  /** Bytes of these files that are already here. */
  async storedBytes(entries: readonly FolderEntry[]): Promise<number> {
    let sum = 0;
    for (const { path } of entries) {
      sum += (await this.#store.open(this.remote.key, path, path))?.bytes ?? 0;
    }
    return sum;
  }

  /** Size of these files: as stated, or as read. A file of unknown size that was not read counts 0. */
  bytesOf(entries: readonly FolderEntry[]): number {
    return entries.reduce((sum, { path, bytes }) => sum + (bytes ?? this.#read.get(path) ?? 0), 0);
  }

  /** Read from the store where it is stored. */
  async peek(path: string, signal: AbortSignal): Promise<string | null> {
    const { remote } = this;
    const manifest = await this.manifest(signal, () => {});
    const known = manifest.files.find((file) => file.path === path);
    if (!known) return null;
    const kept = known.done ? await this.#store.open(remote.key, path, path) : null;
    if (kept) return new TextDecoder().decode(kept.slice(0, kept.bytes));
    const version = this.#versionOf(known, manifest);
    const data =
      (version === null ? null : this.#lookedUp.get(version)) ??
      (await this.#ask(path, manifest, signal, async (response, watched) => {
        const arrived = await smallBytes(response, watched, `${this.name}/${path}`);
        const now = remote.entryOf?.(path, response.headers).validator ?? known.validator;
        if (version !== null && now === known.validator) this.#lookedUp.keep(version, arrived);
        return arrived;
      }));
    this.#read.set(path, data.length);
    return new TextDecoder().decode(data);
  }

  async header(path: string, signal: AbortSignal): Promise<FileBytes | null> {
    const { remote } = this;
    const manifest = await this.manifest(signal, () => {});
    const known = manifest.files.find((file) => file.path === path);
    if (!known) return null;
    const shown = `${this.name}/${path}`;
    const kept = known.done ? await this.#store.open(remote.key, path, shown) : null;
    if (kept) return kept;
    const { bytes } = known;
    if (bytes === null) return null;
    const begin = await this.#ask(path, manifest, signal, (response, watched) =>
      smallBytes(response, watched, `The header of ${shown}`, hasWholeHeader),
    );
    return { ...bytesInMemory(shown, begin), bytes };
  }

  #ask<T>(
    path: string,
    { commit }: Manifest,
    signal: AbortSignal,
    read: (response: Response, watched: Watched) => Promise<T>,
  ): Promise<T> {
    const { remote } = this;
    return once(
      remote.network,
      remote.url(path, commit),
      { headers: remote.headers() },
      (response) => remote.refuse(response, path),
      read,
      signal,
    );
  }

  /** Names one version of a file for `LookedUpFiles`; null: nothing tells its versions apart. */
  #versionOf({ path, sha256, validator }: FolderEntry, { commit }: Manifest): string | null {
    const stated = commit ?? sha256 ?? validator;
    return stated === null ? null : `${this.remote.key} ${path} ${stated}`;
  }

  async take(
    entries: readonly FolderEntry[],
    counter: ByteCounter,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, FileBytes>> {
    const { remote } = this;
    const manifest = await this.manifest(signal, (note) => counter.say(note));
    const wanted = manifest.files.filter(({ path }) => entries.some((one) => one.path === path));
    for (const file of wanted) file.wanted = true;
    const stored = await this.storedBytes(wanted);
    counter.expect(wanted.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0));
    counter.keep(stored);
    await this.#requireRoom(wanted, stored);
    const files = new Map<string, FileBytes>();
    // One after the other, small ones first: what is wrong with a configuration shows before the weights.
    for (const file of [...wanted].sort((a, b) => (a.bytes ?? 0) - (b.bytes ?? 0))) {
      const shown = `${this.name}/${file.path}`;
      const open = () => this.#store.open(remote.key, file.path, shown, file.sha256 ?? undefined);
      let found = file.done ? await open() : null;
      if (!found || (file.bytes !== null && found.bytes !== file.bytes)) {
        // Before the first byte, so that what arrives can be told for what it is after any accident.
        if (!wanted.some(({ done }) => done))
          await writeManifest(this.#store, remote.key, manifest);
        await this.#fetch(file, manifest, counter, signal);
        found = await open();
      }
      if (found) files.set(file.path, found);
    }
    counter.say(null);
    return files;
  }

  async #fetch(
    file: Manifest['files'][number],
    manifest: Manifest,
    counter: ByteCounter,
    signal: AbortSignal,
  ): Promise<void> {
    const { key } = this.remote;
    const version = this.#versionOf(file, manifest);
    const lookedUp = version === null ? null : this.#lookedUp.get(version);
    const writer = await this.#store.write(key, file.path);
    try {
      const before = writer.bytes;
      const sha256 = lookedUp && new Sha256().update(lookedUp).hex();
      const fits =
        (file.bytes ?? lookedUp?.length) === lookedUp?.length && (file.sha256 ?? sha256) === sha256;
      if (version !== null && lookedUp && fits) {
        counter.keep(-before);
        writer.clear();
        writer.append(lookedUp);
        if (file.bytes === null) counter.expect(lookedUp.length);
        counter.keep(lookedUp.length);
        Object.assign(file, { sha256, bytes: lookedUp.length, done: true });
        this.#lookedUp.drop(version);
        return await writeManifest(this.#store, key, manifest);
      }
      if (file.bytes === null) counter.keep(-before);
      const events = {
        onBytes: (bytes: number) => {
          if (file.bytes === null) counter.expect(bytes);
          counter.add(bytes);
        },
        say: (note: string | null) => counter.say(note),
        onEntry: async (other: FolderEntry) => {
          counter.expect((other.bytes ?? 0) - (file.bytes ?? 0));
          Object.assign(file, other, { done: false });
          await writeManifest(this.#store, key, manifest);
        },
      };
      file.sha256 = await download(this.remote, file, manifest.commit, writer, events, signal);
      file.bytes = writer.bytes;
      file.done = true;
    } finally {
      writer.close();
    }
    await writeManifest(this.#store, key, manifest);
  }

  /** @throws ModelError `storage-full` before anything is downloaded in vain. */
  async #requireRoom(wanted: readonly FolderEntry[], stored: number): Promise<void> {
    const space = await this.#store.space();
    if (!space) return;
    const needed = wanted.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) - stored;
    const free = space.quotaBytes - space.usedBytes;
    if (needed <= free) return;
    const mb = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
    throw new ModelError(
      'storage-full',
      `${this.name} needs ${mb(needed)} more, and this browser lets the page store only ${mb(Math.max(0, free))}. ` +
        'Remove a stored checkpoint below, free space on the disk, or drop the folder from disk instead.',
    );
  }
}
