// Files that the person dropped or picked. They stay where they are: a worker reads from disk what it
// needs, when it needs it, so nothing is copied and nothing leaves the machine.

import { textOf, type FileBytes } from '../../src/checkpoint/file-bytes';
import { ModelError } from '../runtime';
import type { Folder } from './folder';

/** Exists in workers only, so the page's types, under which tests see this file, lack it. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** The files of one folder, each under its own name. */
export function filesFolder(name: string, files: readonly File[]): Folder {
  return {
    name,
    list: () =>
      Promise.resolve(
        files.map((file) => ({ path: file.name, bytes: file.size, sha256: null, validator: null })),
      ),
    peek(path) {
      const file = files.find((one) => one.name === path);
      return Promise.resolve(file ? textOf(bytesOnDisk(`${name}/${path}`, file)) : null);
    },
    header(path) {
      const file = files.find((one) => one.name === path);
      return Promise.resolve(file ? bytesOnDisk(`${name}/${path}`, file) : null);
    },
    take: (entries) =>
      Promise.resolve(
        new Map(
          entries.flatMap(({ path }) => {
            const file = files.find((one) => one.name === path);
            return file ? [[path, bytesOnDisk(`${name}/${path}`, file)] as const] : [];
          }),
        ),
      ),
  };
}

/** A file on disk, read synchronously: only a worker may. @throws ModelError `bad-input` when it is gone. */
export function bytesOnDisk(name: string, file: Blob, sha256?: string): FileBytes {
  const reader = new FileReaderSync();
  return {
    name,
    bytes: file.size,
    ...(sha256 === undefined ? {} : { sha256 }),
    slice(start, end) {
      try {
        return new Uint8Array(reader.readAsArrayBuffer(file.slice(start, end)));
      } catch (error) {
        throw new ModelError(
          'bad-input',
          `${name} can no longer be read: it was changed, moved or removed since it was chosen. Choose the folder again.`,
          { cause: error },
        );
      }
    },
  };
}
