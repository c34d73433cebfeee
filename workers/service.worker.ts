// Keeps the page for offline use. The build writes the list of all its files here, each with the SHA-256 of
// its content: the shell is kept when this worker is installed, every other file once somebody wants it. A
// file is kept and handed out only if its hash is that of the list, so an old list of checkpoints never
// meets a new model, nor a hotel's sign-in page a cache. It adds the headers that give WebAssembly its
// threads where the host sends none. A new version waits until the page says, or no page is left.

import type { OfflineFile, OfflineReply, OfflineRequest } from './api';
import { CONTENT_POLICY, ISOLATION } from './page-headers';

interface Listed {
  /** Relative to this script. */
  readonly url: string;
  /** SHA-256 of the content, hexadecimal. */
  readonly revision: string;
  readonly bytes: number;
}

declare const self: ServiceWorkerGlobalScope & { readonly __WB_MANIFEST: readonly Listed[] };

const SCOPE = new URL('./', self.location.href).href;
const CACHE = `postern ${SCOPE}`;
const MODELS = `${SCOPE}models/`;
/** Not of the shell: what only some browsers or some people need. */
const LATER = /^models\/|\.wasm$|\.png$|-(cyrillic|greek|vietnamese|latin-ext)/;

const FILES = new Map(self.__WB_MANIFEST.map((file) => [SCOPE + file.url, file]));

const keyOf = (href: string, { revision }: Listed): string => `${href}?${revision}`;

self.addEventListener('install', (event) => {
  event.waitUntil(keepShell());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOld().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const [address = ''] = request.url.split(/[?#]/);
  if (request.method !== 'GET' || !address.startsWith(SCOPE)) return;
  const href = address === SCOPE ? `${SCOPE}index.html` : address;
  const file = FILES.get(href);
  if (file) event.respondWith(answer(href, file));
  // This version has no such model: nobody need be asked, who may be out of reach.
  else if (href.startsWith(MODELS)) event.respondWith(new Response(null, { status: 404 }));
});

self.addEventListener('message', (event) => {
  const [port] = event.ports;
  if (!port) return;
  event.waitUntil(reply(event.data as OfflineRequest).then((said) => port.postMessage(said)));
});

async function keepShell(): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const [href, file] of FILES) {
    if (LATER.test(file.url) || (await cache.match(keyOf(href, file)))) continue;
    await cache.put(keyOf(href, file), await fetched(href, file));
  }
}

async function dropOld(): Promise<void> {
  const cache = await caches.open(CACHE);
  const wanted = new Set([...FILES].map(([href, file]) => keyOf(href, file)));
  for (const request of await cache.keys()) {
    if (!wanted.has(request.url)) await cache.delete(request);
  }
}

async function answer(href: string, file: Listed): Promise<Response> {
  // A browser may take its storage away at any time; the page then comes over the network.
  const cache = await caches.open(CACHE).catch(() => null);
  const kept = await cache?.match(keyOf(href, file)).catch(() => undefined);
  if (kept) return kept;
  try {
    const response = await fetched(href, file);
    // Where the storage is full, it is not kept.
    await cache?.put(keyOf(href, file), response.clone()).catch(() => undefined);
    return response;
  } catch (error) {
    if (!(error instanceof NotAsListed)) return Response.error();
    void self.registration.update().catch(() => undefined);
    return new Response(error.message, { status: error.status, statusText: error.message });
  }
}

class NotAsListed extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/**
 * The file as the list knows it, past the browser's own cache if need be.
 * @throws NotAsListed where the server has another one or none; TypeError where it cannot be reached
 */
async function fetched(href: string, file: Listed): Promise<Response> {
  for (const cache of ['default', 'reload'] as const) {
    const response = await fetch(href, { cache });
    if (!response.ok) {
      throw new NotAsListed(`The server answered ${response.status} for ${href}.`, response.status);
    }
    const bytes = await response.arrayBuffer();
    if ((await sha256(bytes)) !== file.revision) continue;
    const type = response.headers.get('Content-Type') ?? 'application/octet-stream';
    const headers = {
      'Content-Type': type,
      'Content-Length': String(bytes.byteLength),
      'Content-Security-Policy': CONTENT_POLICY,
      ...ISOLATION,
    };
    return new Response(bytes, { headers });
  }
  throw new NotAsListed('The server has another version of this page: reload it', 409);
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function reply(request: OfflineRequest): Promise<OfflineReply> {
  try {
    switch (request.kind) {
      case 'list':
        return { kind: 'list', files: await list() };
      case 'keep':
        return await keep(SCOPE + request.url);
      case 'take-over':
        return await takeOver();
    }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

async function list(): Promise<readonly OfflineFile[]> {
  const cache = await caches.open(CACHE);
  const keys = new Set((await cache.keys()).map(({ url }) => url));
  return [...FILES].map(([href, file]) => ({
    url: file.url,
    bytes: file.bytes,
    kept: keys.has(keyOf(href, file)),
  }));
}

async function keep(href: string): Promise<OfflineReply> {
  const file = FILES.get(href);
  if (!file) return { kind: 'failed', message: `${href} is not of this page.` };
  const cache = await caches.open(CACHE);
  if (await cache.match(keyOf(href, file))) return { kind: 'kept' };
  const response = await fetched(href, file);
  try {
    await cache.put(keyOf(href, file), response);
    return { kind: 'kept' };
  } catch (error) {
    const full = error instanceof DOMException && error.name === 'QuotaExceededError';
    if (full) return { kind: 'full' };
    throw error;
  }
}

/** A page of the old version would lose the files it has not loaded yet: its tab is closed first. */
async function takeOver(): Promise<OfflineReply> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (pages.filter(({ url }) => url.startsWith(SCOPE)).length > 1) return { kind: 'other-tabs' };
  await self.skipWaiting();
  return { kind: 'taken-over' };
}
