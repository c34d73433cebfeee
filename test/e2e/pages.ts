// The two built pages of the end-to-end tests: the one that is shipped, and the same with the small organism.

import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DIST } from '../../src/serve/build';
import { writeSmallOrganism } from './small-organism';

const ROOT = resolve(import.meta.dirname, '../..');
const OUTPUT = join(ROOT, 'test', 'output');
const SMALL_MODELS = join(OUTPUT, 'small-organism');

/** Folders to serve. */
export const PAGES = { bundled: DIST, small: join(OUTPUT, 'small-page') } as const;

/** Builds the page with the small organism. @throws Error with what Vite said. */
export async function buildSmallPage(): Promise<void> {
  writeSmallOrganism(join(ROOT, 'models'), SMALL_MODELS);
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = [vite, 'build', '--logLevel', 'error', '--outDir', PAGES.small, '--emptyOutDir'];
  // Vitest sets another NODE_ENV, with which the page would take itself for one in development.
  const env = { ...process.env, NODE_ENV: 'production', POSTERN_MODELS: SMALL_MODELS };
  const child = spawn(process.execPath, args, { cwd: ROOT, env });
  let said = '';
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const status = await new Promise((done, fail) => child.on('error', fail).on('close', done));
  if (status !== 0) throw new Error(`The page with the small organism was not built. ${said}`);
}

/**
 * Before the end-to-end tests: builds the small page where it is missing or older than the shipped one.
 * `npm test` has built both by then.
 */
export default async function setup(): Promise<void> {
  const [shipped, small] = [PAGES.bundled, PAGES.small].map((page) => join(page, 'index.html'));
  if (!existsSync(shipped!)) {
    throw new Error('There is no built page. Run "npm run build" first; "npm test" does both.');
  }
  if (!existsSync(small!) || statSync(small!).mtimeMs < statSync(shipped!).mtimeMs) {
    await buildSmallPage();
  }
}
