// The list in the service worker of a built page: all files of the page, each with its size and the SHA-256 of its
// content.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/** A file of the page, as the service worker lists it. */
export interface ListedFile {
  /** Path relative to the page. */
  readonly url: string;
  /** SHA-256 of the content, hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** The service worker of a built page. */
export const SCRIPT = 'service.worker.js';
/** The placeholder in the script that the list replaces. */
const PLACEHOLDER = 'self.POSTERN_FILES';

/** Every file of a built page except the service worker, sorted by name. */
export function listFiles(folder: string): ListedFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, url: file.slice(folder.length + 1).replaceAll(sep, '/') }))
    .filter(({ url }) => url !== SCRIPT)
    .sort((a, b) => (a.url < b.url ? -1 : 1))
    .map(({ file, url }) => {
      const content = readFileSync(file);
      const sha256 = createHash('sha256').update(content).digest('hex');
      return { url, sha256, bytes: content.byteLength };
    });
}

/** The list as the script has it, one file per line. */
const listed = (files: readonly ListedFile[]): string =>
  `[\n${files.map((file) => JSON.stringify(file)).join(',\n')}\n]`;

/** The script with the list. @throws Error where the script has no placeholder */
export function withList(script: string, files: readonly ListedFile[]): string {
  const parts = script.split(PLACEHOLDER);
  if (parts.length !== 2) throw new Error(`${SCRIPT} should name ${PLACEHOLDER} once.`);
  return parts.join(listed(files));
}

/**
 * Writes the service worker of a page that is a copy of a built one with other files beside its scripts.
 * @param from folder of the built page
 * @param to folder of the copy
 * @throws Error where the built page's service worker does not list what that page holds
 */
export function writeServiceWorkerOfCopy(from: string, to: string): void {
  const parts = readFileSync(join(from, SCRIPT), 'utf8').split(listed(listFiles(from)));
  if (parts.length !== 2) {
    throw new Error(`${SCRIPT} in ${from} does not list the files that are there. Build it again.`);
  }
  writeFileSync(join(to, SCRIPT), parts.join(listed(listFiles(to))));
}
