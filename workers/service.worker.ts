// Stores the page for offline use. The build writes the list of all its files here, each with its SHA-256: the
// shell is cached when this worker is installed, every other file at its first use. A file is cached and
// served only if its hash matches the list, so an old list of checkpoints never meets a new model, and a
// hotel's sign-in page never enters the cache. The worker adds the headers for WebAssembly threads if the
// host sends none. A new version waits until the page activates it or no page is open. If another program
// uses the address, the worker unregisters.

import { messageOf } from '../src/core/message';
import type { OfflineFile, OfflineReply, OfflineRequest } from './api';
import { ISOLATION, POLICY_HEADERS } from './page-headers';
import { type Answering, isThisComputer, identifyServer, within } from './server-identity';

interface Listed {
  /** Relative to this script. */
  readonly url: string;
  /** SHA-256 of the content, hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

declare const self: ServiceWorkerGlobalScope & {
  /** Replaced by the list at build (`src/serve/offline-plugin.ts`). */
  readonly POSTERN_FILES: readonly Listed[];
};

const SCOPE = new URL('./', self.location.href).href;
const CACHE = `postern ${SCOPE}`;
const MODELS = `${SCOPE}models/`;
/** Files outside the shell, which only some browsers or users need. Firefox requests the small icon at every start. */
const LATER =
  /^models\/|\.packed$|^(icon-(512|maskable)|screenshot)\.png$|\.txt$|-(cyrillic|greek|vietnamese|latin-ext)/;
/** How long a server on this computer may take to identify its page before the cached one is shown, ms. */
const SERVER_TIMEOUT_MS = 1000;
const SHARED = isThisComputer(self.location.hostname);

const FILES = new Map(self.POSTERN_FILES.map((file) => [SCOPE + file.url, file]));

/** True once this worker has unregistered: from then on the server answers every request. */
let unregistered = false;

const keyOf = (href: string, { sha256 }: Listed): string => `${href}?${sha256}`;

self.addEventListener('install', (event) => {
  event.waitUntil(keepShell());
});

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOld().then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const [address = ''] = request.url.split(/[?#]/);
  if (unregistered || request.method !== 'GET' || !address.startsWith(SCOPE)) return;
  const href = address === SCOPE ? `${SCOPE}index.html` : address;
  const file = FILES.get(href);
  if (request.mode === 'navigate') {
    if (!SHARED && !file) return;
    const server = SHARED
      ? identifyServer(self.location.href)
      : Promise.resolve<Answering>('postern');
    event.respondWith(navigate(request, href, file, within(SERVER_TIMEOUT_MS, server, 'nobody')));
    // A late reply counts from the next load on: this load needs its files from the cache.
    event.waitUntil(server.then((known) => known === 'another' && self.registration.unregister()));
  } else if (file) event.respondWith(answer(href, file));
  // This version has no such model, so the server, which may be offline, is not asked.
  else if (href.startsWith(MODELS)) event.respondWith(new Response(null, { status: 404 }));
});

self.addEventListener('message', (event) => {
  const [port] = event.ports;
  if (!port) return;
  event.waitUntil(
    reply(event.data as OfflineRequest).then((response) => port.postMessage(response)),
  );
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

/** A page of this address: the cached one, unless another program uses the address now. */
async function navigate(
  request: Request,
  href: string,
  file: Listed | undefined,
  server: Promise<Answering>,
): Promise<Response> {
  if ((await server) !== 'another') {
    if (!file) return fetch(request);
    try {
      return await cachedOrFetched(href, file);
    } catch (error) {
      if (!(error instanceof NotAsListed)) return Response.error();
      if (file.url !== 'index.html') return fetch(request);
      // The browser evicted the cached page, and the server has a newer version, or a sign-in page.
    }
  }
  unregistered = true;
  await self.registration.unregister();
  // Redirects to the same address, which now is the server's. A page of Postern there registers its own
  // worker.
  return Response.redirect(request.url);
}

async function answer(href: string, file: Listed): Promise<Response> {
  try {
    return await cachedOrFetched(href, file);
  } catch (error) {
    if (!(error instanceof NotAsListed)) return Response.error();
    void self.registration.update().catch(() => undefined);
    return new Response(error.message, { status: error.status, statusText: error.message });
  }
}

/** @throws NotAsListed, TypeError as `fetched` */
async function cachedOrFetched(href: string, file: Listed): Promise<Response> {
  // A browser may evict its storage at any time; the page then comes over the network.
  const cache = await caches.open(CACHE).catch(() => null);
  const cached = await cache?.match(keyOf(href, file)).catch(() => undefined);
  if (cached) return cached;
  const response = await fetched(href, file);
  // If the storage is full, the file is not cached.
  await cache?.put(keyOf(href, file), response.clone()).catch(() => undefined);
  return response;
}

class NotAsListed extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/**
 * The listed version of the file, past the browser's HTTP cache if needed.
 * @throws NotAsListed if the server has another version or none; TypeError if it cannot be reached
 */
async function fetched(href: string, file: Listed): Promise<Response> {
  let type = 'application/octet-stream';
  for (const cache of ['default', 'reload'] as const) {
    const response = await fetch(href, { cache });
    if (!response.ok) {
      throw new NotAsListed(
        `The server answered ${response.status} for ${file.url}. Try again later.`,
        response.status,
      );
    }
    const bytes = await response.arrayBuffer();
    type = response.headers.get('Content-Type') ?? type;
    if ((await sha256(bytes)) !== file.sha256) continue;
    const headers = {
      'Content-Type': type,
      'Content-Length': String(bytes.byteLength),
      ...POLICY_HEADERS,
      ...ISOLATION,
    };
    return new Response(bytes, { headers });
  }
  if (type.startsWith('text/html') && !file.url.endsWith('.html')) {
    throw new NotAsListed(
      `The network sent a web page instead of ${file.url}, perhaps its sign-in page. Sign in, then try again.`,
      511,
    );
  }
  throw new NotAsListed(`The server has another version of ${file.url}. Reload the page.`, 409);
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
    return { kind: 'failed', message: messageOf(error) };
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

/** A page of the old version would lose the files that it has not loaded yet: its tab must be closed first. */
async function takeOver(): Promise<OfflineReply> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (pages.filter(({ url }) => url.startsWith(SCOPE)).length > 1) return { kind: 'other-tabs' };
  await self.skipWaiting();
  return { kind: 'taken-over' };
}
