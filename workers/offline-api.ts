// What the page asks of the service worker, which keeps it for offline use. Types only; part of the contract in
// `api.ts`.

/** A file of the page as the service worker lists it. */
export interface OfflineFile {
  /** Relative to the page. */
  readonly url: string;
  readonly bytes: number;
  readonly kept: boolean;
}

/** Requests to `service.worker.ts`; each is answered through the port sent with it. */
export type OfflineRequest =
  | { readonly kind: 'list' }
  /** Fetches a file of the page if needed, and stores it. */
  | { readonly kind: 'keep'; readonly url: string }
  /** Makes a waiting version the active one. */
  | { readonly kind: 'take-over' };

export type OfflineReply =
  | { readonly kind: 'list'; readonly files: readonly OfflineFile[] }
  | { readonly kind: 'kept' }
  /** The browser's storage is full. */
  | { readonly kind: 'full' }
  | { readonly kind: 'taken-over' }
  /** Another tab has a page of the previous version open; nothing was done. */
  | { readonly kind: 'other-tabs' }
  | { readonly kind: 'failed'; readonly message: string };
