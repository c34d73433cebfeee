// Writes the tiny checkpoint folders that the browser tests fetch from the test server.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { tinyOrganism } from '../unit/workers/tiny-organism';

const FOLDER = resolve(import.meta.dirname, '..', 'output', 'tiny-organism');

export default function setup(): void {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const [path, bytes] of tinyOrganism()) {
    const file = join(FOLDER, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}
