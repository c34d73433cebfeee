// Before every file: all of them share one browser's storage, and none should find what another left.

import { clear } from 'idb-keyval';
import { beforeAll } from 'vitest';

beforeAll(() => clear());
