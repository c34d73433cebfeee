// A small static server for the built page: correct content types, no file outside its folder (also not through a
// link), the two headers that the wasm fallback needs for threads, and the page's policy. It answers 304 for files
// that the browser has, and compresses text. It has no ranges and no listing.

import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { type Encoding, encodingFor, packed } from './packed-text';
import { ISOLATION, POLICY_HEADERS } from '../../workers/page-headers';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jinja': 'text/plain; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

export interface ServeOptions {
  /** The folder to serve. */
  readonly root: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Path the page lives under, `/` or `/name/`. */
  readonly base?: string;
  /** Sends the headers of isolation and policy. Off imitates a static host without header control. */
  readonly isolated?: boolean;
  /** The network address to listen at; default: only this machine can connect. */
  readonly host?: string;
  /** Serves https with this key and certificate, as PEM. */
  readonly certificate?: { readonly key: string; readonly cert: string };
}

export interface Served {
  /** Address of the page on this machine, ending in `base`. */
  readonly url: string;
  close(): Promise<void>;
}

/** @throws Error with code EADDRINUSE when the port is taken. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { base = '/', host = '127.0.0.1', certificate } = options;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(options, base, request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };
  const server = certificate ? createSecureServer(certificate, listener) : createServer(listener);
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(options.port, host, done);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate ? 'https' : 'http'}://localhost:${port}${base}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { root, isolated = true }: ServeOptions,
  base: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    return;
  }
  const file = await fileInside(root, fileFor(root, base, request.url ?? '/'));
  await sendFile(file, request, response, isolated ? headersFor(request) : {});
}

/** Leaves out isolation headers for other computers on plain http, where browsers only log a warning. */
function headersFor({ headers, socket }: IncomingMessage): Readonly<Record<string, string>> {
  const secure = 'encrypted' in socket || /^(localhost|127\.0\.0\.1)(:|$)/.test(headers.host ?? '');
  return { ...(secure ? ISOLATION : {}), ...POLICY_HEADERS };
}

/** The real path of a file, with all links resolved; null where it is missing or outside `root`. */
async function fileInside(root: string, file: string | null): Promise<string | null> {
  if (file === null) return null;
  try {
    const [folder, real] = await Promise.all([realpath(root), realpath(file)]);
    return real.startsWith(folder + sep) ? real : null;
  } catch {
    return null;
  }
}

/** Answers with a file, or with 404 if it is null or missing. */
export async function sendFile(
  file: string | null,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const found = file === null ? null : await stat(file).catch(() => null);
  if (file === null || !found?.isFile()) {
    const plain = { 'Content-Type': 'text/plain; charset=utf-8', ...headers };
    response.writeHead(404, plain).end('Not found.\n');
    return;
  }
  const type = CONTENT_TYPES[extname(file)] ?? 'application/octet-stream';
  const encoding = encodingFor(type, found.size, request.headers['accept-encoding']);
  const version = `${found.size.toString(36)}-${Math.round(found.mtimeMs).toString(36)}`;
  // Packed and unpacked it is not the same sequence of bytes, which a tag of this form stands for.
  const tag = `"${version}${encoding === null ? '' : `-${encoding}`}"`;
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end();
    return;
  }
  const body = encoding && (await packedFile(file, version, encoding));
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Length': body ? body.byteLength : found.size,
    ...(encoding ? { 'Content-Encoding': encoding } : {}),
    Vary: 'Accept-Encoding',
    ETag: tag,
    // A new build must show at once; names under assets/ contain a hash of their content.
    'Cache-Control':
      basename(dirname(file)) === 'assets' ? 'max-age=31536000, immutable' : 'no-cache',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  if (request.method === 'HEAD') response.end();
  else if (body) response.end(body);
  else
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response);
}

/** Compressed files by encoding and path, each with the version of the file. */
const packedFiles = new Map<string, { readonly version: string; readonly body: Promise<Buffer> }>();

/** A compressed file; each version is compressed once, because a whole class loads the same files. */
function packedFile(file: string, version: string, encoding: Encoding): Promise<Buffer> {
  const key = `${encoding} ${file}`;
  const known = packedFiles.get(key);
  if (known?.version === version) return known.body;
  const body = readFile(file).then((bytes) => packed(bytes, encoding));
  packedFiles.set(key, { version, body });
  body.catch(() => packedFiles.delete(key));
  return body;
}

/** The file that a request path names inside `root`, or null. */
export function fileFor(root: string, base: string, requestUrl: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(requestUrl.split(/[?#]/)[0] ?? '');
  } catch {
    return null;
  }
  if (!path.startsWith(base) || path.includes('\0') || path.includes('\\')) return null;
  const inside = path.slice(base.length);
  const folder = resolve(root);
  const file = resolve(folder, `.${sep}${inside}`);
  if (file !== folder && !file.startsWith(folder + sep)) return null;
  return inside === '' || inside.endsWith('/') ? join(file, 'index.html') : file;
}
