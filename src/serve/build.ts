// Builds the page if no build exists, or if it is older than its sources.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** The folder of the built page; POSTERN_DIST selects another, to try a second build. */
export const DIST = process.env['POSTERN_DIST'] ?? join(ROOT, 'dist');

const SOURCES = [
  'src',
  'workers',
  'static',
  'models',
  'index.html',
  'LICENSE',
  'package-lock.json',
  'svelte.config.js',
  'vite.config.ts',
];
const NOT_SHIPPED = join(ROOT, 'models', 'recipe');

/** Builds the page into `dist/`. @throws Vite's error. */
export async function buildPage(): Promise<void> {
  // Imported only here, so that serving an existing build starts at once.
  const { build } = await import('vite');
  await build({ root: ROOT, logLevel: 'warn' });
}

/** Builds only when needed. @returns whether it did. */
export async function buildIfOld(): Promise<boolean> {
  const built = join(DIST, 'index.html');
  const newest = Math.max(...SOURCES.map((name) => newestIn(join(ROOT, name))));
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return false;
  await buildPage();
  return true;
}

/** Latest change under a path in ms since 1970; 0 for a missing path. */
function newestIn(path: string): number {
  if (!existsSync(path) || path === NOT_SHIPPED) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  // The folder's own time changes when a file is deleted.
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}
