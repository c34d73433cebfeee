// A stand-in for the Hugging Face Hub on this machine: the paths that a download needs (model information,
// tree, resolve with byte ranges), the Hub's own error headers, and any misbehaviour a test asks for.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface Repository {
  /** By name; nothing lies deeper. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly licence?: string;
}

/** The files of a folder of this machine, as a repository holds them. */
export function filesOf(folder: string): Map<string, Uint8Array> {
  return new Map(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
  );
}

/** What goes wrong with a request; undefined: nothing. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  /** The body stops after `after` bytes: the connection breaks, or stays open without a byte. */
  | { readonly kind: 'cut' | 'stall'; readonly after: number }
  /** The same, whatever range was asked for. */
  | { readonly kind: 'cut-whole'; readonly after: number }
  | { readonly kind: 'page' }
  | { readonly kind: 'body'; readonly body: Uint8Array }
  /** The whole file whatever range was asked for. */
  | { readonly kind: 'no-ranges' }
  | { readonly kind: 'no-cors' };

export interface StandIn {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** `GET /path` with the range asked for, in order. */
  readonly requests: readonly string[];
  /** The header of the last request. */
  readonly authorization: () => string | undefined;
  /** Asked for each request by its path; may be set at any time. */
  fault: (path: string) => Fault | undefined;
  /** More headers of an answer; may be set at any time. */
  headers: (path: string) => Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'authorization, range',
  'Access-Control-Expose-Headers':
    'X-Error-Code, X-Error-Message, Link, Content-Range, Content-Length, Retry-After, RateLimit',
};

export async function serveHub(
  repositories: ReadonlyMap<string, Repository>,
  port = 0,
): Promise<StandIn> {
  const requests: string[] = [];
  let authorization: string | undefined;
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://hub').pathname);
    if (request.method === 'OPTIONS') {
      response.writeHead(204, CORS).end();
      return;
    }
    requests.push(`${request.method} ${path} ${request.headers.range ?? ''}`.trim());
    authorization = request.headers.authorization;
    answer(repositories, path, hub.fault(path), hub.headers(path), request, response);
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const hub: StandIn = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorization: () => authorization,
    fault: () => undefined,
    headers: () => ({}),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return hub;
}

function answer(
  repositories: ReadonlyMap<string, Repository>,
  path: string,
  fault: Fault | undefined,
  headers: Readonly<Record<string, string>>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const cors = fault?.kind === 'no-cors' ? {} : CORS;
  const refuse = (status: number, code: string): void => {
    response
      .writeHead(status, { ...cors, 'X-Error-Code': code })
      .end(JSON.stringify({ error: code }));
  };
  if (fault?.kind === 'status') {
    response.writeHead(fault.status, { ...cors, ...fault.headers }).end('{}');
    return;
  }
  if (fault?.kind === 'page') {
    response
      .writeHead(200, { ...cors, 'Content-Type': 'text/html' })
      .end('<!doctype html><title>Sign in</title>');
    return;
  }
  const [, api, name, verb] =
    /^\/(api\/models\/)?([\w.-]+\/[\w.-]+?)\/(revision|tree|resolve)\//.exec(path) ?? [];
  const repository = repositories.get(name ?? '');
  // As the Hub does for those who are not signed in.
  if (!repository) return refuse(401, 'RepoNotFound');
  const rest = path.slice(`/${api ?? ''}${name}/${verb}/`.length);
  const json = (value: unknown): void => {
    response
      .writeHead(200, { ...cors, ...headers, 'Content-Type': 'application/json' })
      .end(fault?.kind === 'body' ? fault.body : JSON.stringify(value));
  };
  if (verb === 'revision' || verb === 'tree') {
    if (rest !== 'main' && rest !== COMMIT) return refuse(404, 'RevisionNotFound');
    if (verb === 'tree') return json(tree(repository));
    const cardData = repository.licence === undefined ? {} : { license: repository.licence };
    return json({
      _id: '1',
      id: name,
      sha: COMMIT,
      private: false,
      gated: false,
      cardData,
      tags: [],
    });
  }
  const [revision, file = ''] = rest.split('/');
  if (revision !== 'main' && revision !== COMMIT) return refuse(404, 'RevisionNotFound');
  const found = repository.files.get(file);
  if (!found) return refuse(404, 'EntryNotFound');
  const body = fault?.kind === 'body' ? fault.body : found;
  send(body, fault, { ...cors, ...headers }, request, response);
}

const hashes = new WeakMap<Uint8Array, string>();

/** Once for each file: a large one takes seconds. */
function sha256(bytes: Uint8Array): string {
  const hash = hashes.get(bytes) ?? createHash('sha256').update(bytes).digest('hex');
  hashes.set(bytes, hash);
  return hash;
}

function tree({ files }: Repository): unknown {
  return [...files].map(([path, bytes]) => ({
    type: 'file',
    oid: createHash('sha1').update(bytes).digest('hex'),
    size: bytes.length,
    path,
    ...(path.endsWith('.safetensors')
      ? {
          lfs: {
            oid: sha256(bytes),
            size: bytes.length,
            pointerSize: 134,
          },
        }
      : {}),
  }));
}

function send(
  bytes: Uint8Array,
  fault: Fault | undefined,
  headers: Readonly<Record<string, string>>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const ranged = from > 0 && fault?.kind !== 'no-ranges' && fault?.kind !== 'cut-whole';
  if (ranged && from >= bytes.length) {
    response.writeHead(416, { ...headers, 'Content-Range': `bytes */${bytes.length}` }).end();
    return;
  }
  const body = ranged ? bytes.subarray(from) : bytes;
  response.writeHead(ranged ? 206 : 200, {
    ...headers,
    'Content-Type': 'application/octet-stream',
    'Content-Length': body.length,
    ...(ranged ? { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  if (request.method === 'HEAD') response.end();
  else if (fault?.kind === 'cut' || fault?.kind === 'cut-whole' || fault?.kind === 'stall') {
    response.write(body.subarray(0, fault.after), () => {
      if (fault.kind !== 'stall') setTimeout(() => response.destroy(), 20);
    });
  } else response.end(body);
}
