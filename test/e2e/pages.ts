// The two built pages of the end-to-end tests: the one that is shipped, and the same with the small organism.

import { cpSync, existsSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DIST } from '../../src/serve/build';
import { writeServiceWorkerOfCopy } from '../../src/serve/offline-list';
import { writeSmallOrganism } from './small-organism';

const ROOT = resolve(import.meta.dirname, '../..');

/** Folders to serve. */
export const PAGES = { bundled: DIST, small: join(ROOT, 'test', 'output', 'small-page') } as const;

/** Copies the shipped page, with the small organism in place of the bundled one. @throws Error where it is not whole */
export function writeSmallPage(): void {
  const { bundled, small } = PAGES;
  rmSync(small, { recursive: true, force: true });
  const models = join(bundled, 'models');
  cpSync(bundled, small, { recursive: true, filter: (source) => source !== models });
  writeSmallOrganism(models, join(small, 'models'));
  writeServiceWorkerOfCopy(bundled, small);
}

/**
 * Before the end-to-end tests: writes the small page where it is missing or older than the shipped one.
 * `npm test` has written it by then.
 */
export default function setup(): void {
  const [shipped, small] = Object.values(PAGES).map((page) => join(page, 'service.worker.js'));
  if (!existsSync(shipped!)) {
    throw new Error('There is no built page. Run "npm run build" first; "npm test" does both.');
  }
  // The service worker is the last file of either.
  if (!existsSync(small!) || statSync(small!).mtimeMs < statSync(shipped!).mtimeMs) {
    writeSmallPage();
  }
}
