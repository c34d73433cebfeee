// Writes the service worker into the built page: `workers/service.worker.ts` as one script that contains the list
// of all files of the page (offline-list.ts).

import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Plugin, ResolvedConfig } from 'vite';
import { build } from 'vite';
import { listFiles, SCRIPT, withList } from './offline-list.ts';

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
