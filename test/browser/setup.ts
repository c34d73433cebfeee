// All files share one browser: none should find what another stored, and no test where the pointer was left, for a
// chart that comes to stand under it would be pointed at.

import { clear } from 'idb-keyval';
import { beforeAll, beforeEach } from 'vitest';
import { commands } from 'vitest/browser';

declare module 'vitest/browser' {
  interface BrowserCommands {
    parkPointer: () => Promise<void>;
  }
}

beforeAll(() => clear());
beforeEach(() => commands.parkPointer());
