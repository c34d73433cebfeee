// From what the page names to a folder that can be read.

import type { FolderSource } from '../api';
import { MemoryStore, type FileStore } from './store';
import { addressKey, addressRemote, bundledFolder } from './address';
import { filesFolder } from './files';
import type { Folder } from './folder';
import { hubKey, hubRemote } from './hub';
import { LookedUpFiles } from './looked-up';
import { NETWORK, type Network } from './network';
import { StoredFolder } from './stored-folder';

/** The environment that sources need; tests pass a replacement. */
export interface Sources {
  readonly store: () => Promise<FileStore>;
  readonly network: Network;
  readonly lookedUp: LookedUpFiles;
}

/** Downloads are kept in memory only. */
export function memorySources(network = NETWORK): Sources {
  const store = new MemoryStore();
  return { network, store: () => Promise.resolve(store), lookedUp: new LookedUpFiles() };
}

/** @throws ModelError `bad-input` for a name that cannot be one. */
export async function openFolder(source: FolderSource, sources: Sources): Promise<Folder> {
  const { network, lookedUp } = sources;
  switch (source.kind) {
    case 'beside':
      return bundledFolder(source.url);
    case 'files':
      return filesFolder(source.name, source.files);
    case 'address':
      return new StoredFolder(addressRemote(source.url, network), await sources.store(), lookedUp);
    case 'hub':
      return new StoredFolder(hubRemote(source, network), await sources.store(), lookedUp);
  }
}

/**
 * The same for two sources that are the same folder, and the key under which it is stored; without token.
 * @throws ModelError `bad-input` for a name that cannot be one.
 */
export function folderKey(source: FolderSource): string {
  switch (source.kind) {
    case 'beside':
      return `beside ${source.url}`;
    case 'address':
      return addressKey(source.url);
    case 'files':
      return `files ${source.name} ${source.files.map((f) => `${f.name}:${f.size}:${f.lastModified}`).join(' ')}`;
    case 'hub':
      return hubKey(source);
  }
}
