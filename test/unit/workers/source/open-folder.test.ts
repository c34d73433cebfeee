// One key for a folder, however its address was typed: what is on stage is known by it in the store.

import { expect, test } from 'vitest';
import type { FolderSource } from '../../../../workers/api';
import { folderKey, memorySources, openFolder } from '../../../../workers/source/open-folder';
import { StoredFolder } from '../../../../workers/source/stored-folder';

const address = (url: string): FolderSource => ({ kind: 'address', url });
const hub = (endpoint: string, revision = 'main'): FolderSource => ({
  kind: 'hub',
  endpoint,
  id: 'postern/organism',
  revision,
});

const SAME: readonly (readonly FolderSource[])[] = [
  [
    address('https://example.org/models/tiny/'),
    address('https://example.org/models/tiny'),
    address('HTTPS://Example.org:443/models/tiny//'),
    address('https://example.org/models/./tiny'),
  ],
  [hub('https://hub.example.org/mirror'), hub('https://HUB.example.org/mirror/')],
  [hub('https://hub.example.org/mirror', 'next')],
  [hub('https://hub.example.org')],
];

test('a folder has the key under which it is stored, however its address or mirror was typed', async () => {
  for (const sources of SAME) {
    for (const source of sources) {
      const folder = await openFolder(source, memorySources());
      expect(folder).toBeInstanceOf(StoredFolder);
      expect((folder as StoredFolder).remote.key).toBe(folderKey(source));
    }
  }
});

test('two folders have one key only when they are the same', () => {
  const keys = SAME.map((sources) => [...new Set(sources.map(folderKey))]);
  expect(keys.map(({ length }) => length)).toEqual(SAME.map(() => 1));
  expect(new Set(keys.flat()).size).toBe(SAME.length);
});
