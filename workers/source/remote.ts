// A folder at the other end of a network, whose files can be asked for from any byte on.

import type { Network } from './network';
import type { FolderEntry } from './folder';

/** The description of a folder, before any download. */
export interface RemoteListing {
  readonly entries: readonly FolderEntry[];
  /** The commit that a branch or tag stood for; null: the source has none. */
  readonly commit: string | null;
  /** As the source states it; null: none stated, or it cannot be told. */
  readonly licence: string | null;
}

export interface Remote {
  /** Names the folder in this browser's storage; without token. */
  readonly key: string;
  readonly name: string;
  /** Web page of the folder. */
  readonly page: string;
  readonly network: Network;
  /** @throws ModelError */
  list(say: (note: string | null) => void, signal: AbortSignal): Promise<RemoteListing>;
  /** Address of a file, as of one commit. */
  url(path: string, commit: string | null): string;
  /** With the token, where there is one. */
  headers(): Readonly<Record<string, string>>;
  /**
   * The description of an unlisted file, from the response headers; without this function, the listing holds.
   */
  entryOf?(path: string, headers: Headers): FolderEntry;
  /** Explains a status other than 2xx. @throws ModelError always. */
  refuse(response: Response, path?: string): never;
}
