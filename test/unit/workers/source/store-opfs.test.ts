// The browser's private file system by a stand-in; the real one is tested in the browser.

import { afterEach, expect, test, vi } from 'vitest';
import { openStore } from '../../../../workers/source/store-opfs';

afterEach(() => vi.unstubAllGlobals());

test('a file is let go of even when what was written cannot be put on disk any more', async () => {
  const access = {
    getSize: () => 0,
    write: (part: Uint8Array) => part.length,
    flush: (): never => {
      throw new DOMException('The disk is full.', 'QuotaExceededError');
    },
    close: vi.fn(),
  };
  const file = { createSyncAccessHandle: () => Promise.resolve(access) };
  const folder = {
    getDirectoryHandle: () => Promise.resolve(folder),
    getFileHandle: () => Promise.resolve(file),
  };
  vi.stubGlobal('navigator', { storage: { getDirectory: () => Promise.resolve(folder) } });
  const writer = await (await openStore()).write('folder', 'file');
  writer.append(new Uint8Array(3));
  expect(() => writer.close()).toThrow('The disk is full.');
  expect(access.close).toHaveBeenCalledOnce();
});
