// The browser's private file system (File System standard, "origin private file system"), through the
// synchronous handles that only workers have. What was written stays when the tab is closed in the middle.

import type { FileBytes } from '../../src/checkpoint/file-bytes';
import { bytesOnDisk } from './files';
import { ModelError } from '../runtime';
import { full, MemoryStore, type FileStore, type StoreWriter } from './store';

const ROOT = 'checkpoints';
/** Written bytes after which the browser is told to put them on disk. */
const FLUSH_BYTES = 32 << 20;

const isNamed = (error: unknown, name: string): boolean =>
  error instanceof DOMException && error.name === name;

/** The store of this browser; memory where it gives none. */
export async function openStore(): Promise<FileStore> {
  try {
    const root = await navigator.storage.getDirectory();
    return new OpfsStore(await root.getDirectoryHandle(ROOT, { create: true }));
  } catch {
    return new MemoryStore();
  }
}

/** Names of any kind, as file names. */
const safe = (name: string): string => encodeURIComponent(name).replaceAll('*', '%2A');

/** The name that `safe` was given; null: another program of this address, or another version, wrote this one. */
function nameOf(stored: string): string | null {
  try {
    const name = decodeURIComponent(stored);
    return safe(name) === stored ? name : null;
  } catch {
    return null;
  }
}

/** Exists in workers only, so the page's types, under which tests see this file, lack it. */
interface SyncHandle {
  read(into: Uint8Array, options: { at: number }): number;
  write(from: Uint8Array, options: { at: number }): number;
  getSize(): number;
  truncate(bytes: number): void;
  flush(): void;
  close(): void;
}

declare global {
  interface FileSystemFileHandle {
    /** A browser that does not know `mode` locks the file for all others. */
    createSyncAccessHandle(options?: { mode: 'read-only' }): Promise<SyncHandle>;
  }
}

/**
 * A handle reads many times as fast as a File (600 MB in pieces of 3 MB, Chromium 156: 0.5 s against 2 s),
 * but blocks writing and removing the file: so there is one only while the file is held.
 */
function holdable(file: FileBytes, handle: FileSystemFileHandle): FileBytes {
  const open = new Set<SyncHandle>();
  return {
    ...file,
    slice(start, end, into = new Uint8Array(0)) {
      const [access] = open;
      if (!access) return file.slice(start, end);
      const size = end - start;
      const bytes = into.length < size ? new Uint8Array(size) : into.subarray(0, size);
      // Where less is there than was, the File says so.
      return access.read(bytes, { at: start }) === size ? bytes : file.slice(start, end);
    },
    async hold() {
      const access = await handle.createSyncAccessHandle({ mode: 'read-only' }).catch(() => null);
      if (!access) return () => {};
      open.add(access);
      return () => {
        open.delete(access);
        access.close();
      };
    },
  };
}

class OpfsStore implements FileStore {
  readonly kept = true;
  readonly #root: FileSystemDirectoryHandle;

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  async folders(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const [name, { kind }] of this.#root.entries()) {
      const shown = kind === 'directory' ? nameOf(name) : null;
      if (shown !== null) names.push(shown);
    }
    return names;
  }

  async open(folder: string, file: string, shownAs: string, sha256?: string) {
    try {
      const directory = await this.#root.getDirectoryHandle(safe(folder));
      const handle = await directory.getFileHandle(safe(file));
      return holdable(bytesOnDisk(shownAs, await handle.getFile(), sha256), handle);
    } catch (error) {
      // A folder of that name is no file.
      if (isNamed(error, 'NotFoundError') || isNamed(error, 'TypeMismatchError')) return null;
      throw error;
    }
  }

  async write(folder: string, file: string): Promise<StoreWriter> {
    const directory = await this.#root.getDirectoryHandle(safe(folder), { create: true });
    const handle = await directory.getFileHandle(safe(file), { create: true });
    const access = await handle.createSyncAccessHandle().catch((error: unknown) => {
      if (!isNamed(error, 'NoModificationAllowedError')) throw error;
      throw new ModelError(
        'bad-input',
        'Another tab is downloading or reading this checkpoint. Let it finish or close it, then try again.',
        { cause: error },
      );
    });
    let bytes = access.getSize();
    let waiting = 0;
    return {
      get bytes() {
        return bytes;
      },
      append(part) {
        try {
          const written = access.write(part, { at: bytes });
          // Chromium 156 gives its error code as an unsigned number instead of throwing: 2^32 - 8, no space.
          if (written !== part.length) {
            bytes = access.getSize();
            throw new DOMException('short write', 'QuotaExceededError');
          }
          bytes += written;
          waiting += part.length;
          if (waiting < FLUSH_BYTES) return;
          access.flush();
          waiting = 0;
        } catch (error) {
          throw isNamed(error, 'QuotaExceededError') ? full(error) : error;
        }
      },
      read(start, end) {
        const into = new Uint8Array(end - start);
        return into.subarray(0, access.read(into, { at: start }));
      },
      clear() {
        access.truncate(0);
        bytes = 0;
      },
      close() {
        // An open handle locks the file for everyone until this worker ends.
        try {
          access.flush();
        } finally {
          access.close();
        }
      },
    };
  }

  async remove(folder: string): Promise<void> {
    try {
      await this.#root.removeEntry(safe(folder), { recursive: true });
    } catch (error) {
      if (isNamed(error, 'NotFoundError')) return;
      throw new ModelError(
        'bad-input',
        'It could not be removed: it is in use, here or in another tab. Put another pair on stage or close that tab, then try again.',
        { cause: error },
      );
    }
  }

  async space() {
    const { usage, quota } = await navigator.storage.estimate();
    return usage === undefined || quota === undefined
      ? null
      : { usedBytes: usage, quotaBytes: quota };
  }
}
