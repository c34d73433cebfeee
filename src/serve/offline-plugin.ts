// Writes the service worker into the built page: `workers/service.worker.ts` as one script that contains the list
// of all files of the page, each with its size and the SHA-256 of its content.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import type { Plugin, ResolvedConfig } from 'vite';
import { build } from 'vite';

/** A file of the page, as the service worker lists it. */
export interface ListedFile {
  /** Path relative to the page. */
  readonly url: string;
  /** SHA-256 of the content, hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

const SCRIPT = 'service.worker.js';
/** Files for the README, not for the page. */
const UNLISTED: readonly string[] = [SCRIPT, 'screenshot.png'];
/** The placeholder in the script that the list replaces. */
const PLACEHOLDER = 'self.POSTERN_FILES';

/** Every file of a built page except the service worker, sorted by name. */
export function listFiles(folder: string): ListedFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, url: file.slice(folder.length + 1).replaceAll(sep, '/') }))
    .filter(({ url }) => !UNLISTED.includes(url))
    .sort((a, b) => (a.url < b.url ? -1 : 1))
    .map(({ file, url }) => {
      const content = readFileSync(file);
      const sha256 = createHash('sha256').update(content).digest('hex');
      return { url, sha256, bytes: content.byteLength };
    });
}

/** The script with the list, one file per line. @throws Error where the script has no placeholder */
export function withList(script: string, files: readonly ListedFile[]): string {
  const parts = script.split(PLACEHOLDER);
  if (parts.length !== 2) throw new Error(`${SCRIPT} should name ${PLACEHOLDER} once.`);
  return parts.join(`[\n${files.map((file) => JSON.stringify(file)).join(',\n')}\n]`);
}

/** @param entry the service worker's source, an absolute path */
export function offline(entry: string): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'postern-offline',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    writeBundle: {
      // Runs after all other files, including the models, are written.
      order: 'post',
      sequential: true,
      async handler() {
        const folder = resolve(config.root, config.build.outDir);
        const script = await bundled(entry, config.build.target);
        writeFileSync(join(folder, SCRIPT), withList(script, listFiles(folder)));
      },
    },
  };
}

/** One classic script: some browsers don't support module service workers. */
async function bundled(entry: string, target: ResolvedConfig['build']['target']): Promise<string> {
  const result = await build({
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    build: {
      target,
      write: false,
      lib: { entry, formats: ['iife'], name: 'serviceWorker' },
      rolldownOptions: { checks: { pluginTimings: false } },
    },
  });
  const [first] = Array.isArray(result) ? result : [result];
  if (!first || !('output' in first)) throw new Error('The service worker was not built.');
  return first.output[0].code;
}
