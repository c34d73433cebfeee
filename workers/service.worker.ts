// Keeps the page for offline use. The build writes the list of all its files here, each with the SHA-256 of
// its content: the shell is kept when this worker is installed, every other file once somebody wants it. A
// file is kept and handed out only if its hash is that of the list, so an old list of checkpoints never
// meets a new model, nor a hotel's sign-in page a cache. It adds the headers that give WebAssembly its
// threads where the host sends none. A new version waits until the page says, or no page is left. Where
// another program answers at its address, it steps aside.

import type { OfflineFile, OfflineReply, OfflineRequest } from './api';
import { ISOLATION, POLICY_HEADERS } from './page-headers';
import { type Answering, isThisComputer, whoAnswers, within } from './who-answers';
import { messageOf } from '../src/core/message';

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
/** Not of the shell: what only some browsers or some people need. */
const LATER = /^models\/|\.wasm$|\.png$|\.txt$|-(cyrillic|greek|vietnamese|latin-ext)/;
/** How long a server on this computer may take to say whose page it has, before the kept one is shown, ms. */
const PATIENCE_MS = 1000;
const SHARED = isThisComputer(self.location.hostname);

const FILES = new Map(self.POSTERN_FILES.map((file) => [SCOPE + file.url, file]));

/** This worker has given its address up: everything is the server's from here on. */
let aside = false;

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
  if (aside || request.method !== 'GET' || !address.startsWith(SCOPE)) return;
  const href = address === SCOPE ? `${SCOPE}index.html` : address;
  const file = FILES.get(href);
  if (request.mode === 'navigate') {
    if (!SHARED && !file) return;
    const who = SHARED ? whoAnswers(self.location.href) : Promise.resolve<Answering>('postern');
    event.respondWith(navigate(request, href, file, within(PATIENCE_MS, who, 'nobody')));
    // An answer that comes too late counts from the next load on: this one needs its files from here.
    event.waitUntil(who.then((known) => known === 'another' && self.registration.unregister()));
  } else if (file) event.respondWith(answer(href, file));
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

/** A page of this address: the kept one, unless the address is another program's now. */
async function navigate(
  request: Request,
  href: string,
  file: Listed | undefined,
  who: Promise<Answering>,
): Promise<Response> {
  if ((await who) !== 'another') {
    if (!file) return fetch(request);
    try {
      return await keptOrFetched(href, file);
    } catch (error) {
      if (!(error instanceof NotAsListed)) return Response.error();
      if (file.url !== 'index.html') return fetch(request);
      // The browser took the kept page away, and what the server has is a newer version, or a sign-in page.
    }
  }
  aside = true;
  await self.registration.unregister();
  // To the same address, which now is the server's. A page of Postern there registers its own worker.
  return Response.redirect(request.url);
}

async function answer(href: string, file: Listed): Promise<Response> {
  try {
    return await keptOrFetched(href, file);
  } catch (error) {
    if (!(error instanceof NotAsListed)) return Response.error();
    void self.registration.update().catch(() => undefined);
    return new Response(error.message, { status: error.status, statusText: error.message });
  }
}

/** @throws NotAsListed, TypeError as `fetched` */
async function keptOrFetched(href: string, file: Listed): Promise<Response> {
  // A browser may take its storage away at any time; the page then comes over the network.
  const cache = await caches.open(CACHE).catch(() => null);
  const kept = await cache?.match(keyOf(href, file)).catch(() => undefined);
  if (kept) return kept;
  const response = await fetched(href, file);
  // Where the storage is full, it is not kept.
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
 * The file as the list knows it, past the browser's own cache if need be.
 * @throws NotAsListed where the server has another one or none; TypeError where it cannot be reached
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

/** A page of the old version would lose the files it has not loaded yet: its tab is closed first. */
async function takeOver(): Promise<OfflineReply> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (pages.filter(({ url }) => url.startsWith(SCOPE)).length > 1) return { kind: 'other-tabs' };
  await self.skipWaiting();
  return { kind: 'taken-over' };
}
