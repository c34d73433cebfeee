// The store of downloaded checkpoints: folders of files that support appending, so that a download can
// resume. In the browser it is the private file system (store-opfs.ts); without one (some private windows)
// and in Node it is memory, and lost with the page.

import { bytesInMemory, type FileBytes } from '../../src/checkpoint/file-bytes';
import { ModelError } from '../runtime';

/** A file that is being written, from its end on. */
export interface StoreWriter {
  /** Written so far. */
  readonly bytes: number;
  /** @throws ModelError `storage-full`. */
  append(part: Uint8Array): void;
  /** Bytes that were written before, up to `end`. */
  read(start: number, end: number): Uint8Array;
  clear(): void;
  close(): void;
}

export interface FileStore {
  /** Whether files outlive the page. */
  readonly kept: boolean;
  folders(): Promise<readonly string[]>;
  /** null if there is no such file. */
  open(folder: string, file: string, shownAs: string, sha256?: string): Promise<FileBytes | null>;
  /** @throws ModelError `bad-input` while another tab writes the same file. */
  write(folder: string, file: string): Promise<StoreWriter>;
  remove(folder: string): Promise<void>;
  /** Bytes this site may store in all, and uses; null where the browser does not say. */
  space(): Promise<{ readonly usedBytes: number; readonly quotaBytes: number } | null>;
}

export class MemoryStore implements FileStore {
  readonly kept: boolean = false;
  readonly #folders = new Map<string, Map<string, Uint8Array>>();

  folders(): Promise<readonly string[]> {
    return Promise.resolve([...this.#folders.keys()]);
  }

  open(folder: string, file: string, shownAs: string, sha256?: string): Promise<FileBytes | null> {
    const data = this.#folders.get(folder)?.get(file);
    const hash = sha256 === undefined ? {} : { sha256 };
    return Promise.resolve(data ? { ...bytesInMemory(shownAs, data), ...hash } : null);
  }

  write(folder: string, file: string): Promise<StoreWriter> {
    const files = this.#folders.get(folder) ?? new Map<string, Uint8Array>();
    this.#folders.set(folder, files);
    let buffer = files.get(file) ?? new Uint8Array(0);
    let used = buffer.length;
    const done = (): void => void files.set(file, buffer.subarray(0, used));
    done();
    return Promise.resolve({
      get bytes() {
        return used;
      },
      append(part) {
        if (used + part.length > buffer.length) {
          const larger = new Uint8Array(Math.max(used + part.length, 2 * buffer.length));
          larger.set(buffer.subarray(0, used));
          buffer = larger;
        }
        buffer.set(part, used);
        used += part.length;
        done();
      },
      read: (start, end) => buffer.subarray(start, end),
      clear() {
        used = 0;
        done();
      },
      close: done,
    });
  }

  remove(folder: string): Promise<void> {
    this.#folders.delete(folder);
    return Promise.resolve();
  }

  space(): ReturnType<FileStore['space']> {
    return Promise.resolve(null);
  }
}

/** The error for a full store. */
export function full(cause: unknown): ModelError {
  return new ModelError(
    'storage-full',
    'The storage that this browser gives the page is full. Remove a stored checkpoint below, or free space on the ' +
      'disk, then go on: what has arrived is kept.',
    { cause },
  );
}
