// A folder at the other end of a network, whose files can be asked for from any byte on.

import type { Network } from './network';
import type { FolderEntry } from './folder';

/** What a source says of a folder before anything of it is downloaded. */
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
  /** Where a person can look at it. */
  readonly page: string;
  readonly network: Network;
  /** @throws ModelError */
  list(say: (note: string | null) => void, signal: AbortSignal): Promise<RemoteListing>;
  /** Address of a file, as of one commit. */
  url(path: string, commit: string | null): string;
  /** With the token, where there is one. */
  headers(): Readonly<Record<string, string>>;
  /** What the head of an answer says of a file that no listing describes; without it, the listing holds. */
  entryOf?(path: string, headers: Headers): FolderEntry;
  /** What a status other than 2xx means. @throws ModelError always. */
  refuse(response: Response, path?: string): never;
}
