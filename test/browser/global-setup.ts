// Writes the tiny checkpoint folders, whole and broken, that the browser tests fetch from the test server.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { brokenFolders } from '../unit/bad-input/broken-folders';

const FOLDER = resolve(import.meta.dirname, '..', 'output', 'tiny-organism');

export default function setup(): void {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const [path, bytes] of brokenFolders()) {
    const file = join(FOLDER, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}
