import { get, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Served } from '../../../src/serve/server';
import { fileFor, serve } from '../../../src/serve/server';

let parent: string;
let plain: Served;
let under: Served;

beforeAll(async () => {
  parent = mkdtempSync(join(tmpdir(), 'postern-serve-'));
  const root = join(parent, 'dist');
  mkdirSync(join(root, 'assets'), { recursive: true });
  writeFileSync(join(parent, 'secret.txt'), 'secret');
  writeFileSync(join(root, 'index.html'), '<title>page</title>');
  writeFileSync(join(root, 'assets', 'a.wasm'), 'wasm');
  symlinkSync(join(parent, 'secret.txt'), join(root, 'link.txt'));
  symlinkSync(parent, join(root, 'up'));
  symlinkSync(join(root, 'nowhere'), join(root, 'broken.txt'));
  symlinkSync(join('assets', 'a.wasm'), join(root, 'inside.wasm'));
  plain = await serve({ root, port: 0 });
  under = await serve({ root, port: 0, base: '/name/', isolated: false });
});

afterAll(async () => {
  await plain.close();
  await under.close();
  rmSync(parent, { recursive: true });
});

describe('the static server', () => {
  test('serves the page with its type and the headers of cross-origin isolation', async () => {
    const response = await fetch(plain.url);
    expect(await response.text()).toBe('<title>page</title>');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(response.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  });

  test('sends the policy of the page with it, which workers have from nowhere else', async () => {
    const policy = (await fetch(plain.url)).headers.get('content-security-policy');
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect((await fetch(under.url)).headers.get('content-security-policy')).toBeNull();
  });

  test('lets no page frame it', async () => {
    for (const path of ['', 'assets/a.wasm', 'none.js']) {
      const { headers } = await fetch(plain.url + path);
      expect(headers.get('content-security-policy')).toMatch(/; frame-ancestors 'none'$/);
      expect(headers.get('x-frame-options')).toBe('DENY');
    }
  });

  test.each(['link.txt', 'up/secret.txt', 'broken.txt'])(
    'follows no link out of its folder: %s',
    async (path) => {
      const response = await fetch(plain.url + path);
      expect(response.status).toBe(404);
      expect(await response.text()).toBe('Not found.\n');
    },
  );

  test('follows a link inside its folder, also where the folder itself is named by a link', async () => {
    expect(await (await fetch(`${plain.url}inside.wasm`)).text()).toBe('wasm');
    symlinkSync(join(parent, 'dist'), join(parent, 'named'));
    const named = await serve({ root: join(parent, 'named'), port: 0 });
    try {
      expect((await fetch(named.url)).status).toBe(200);
      expect((await fetch(`${named.url}link.txt`)).status).toBe(404);
    } finally {
      await named.close();
    }
  });

  test('answers 304 for what the browser has, and sends anew what has changed', async () => {
    const first = await fetch(plain.url);
    const known = { headers: { 'If-None-Match': first.headers.get('etag')! } };
    expect((await fetch(plain.url, known)).status).toBe(304);
    utimesSync(join(parent, 'dist', 'index.html'), 1, 1);
    expect((await fetch(plain.url, known)).status).toBe(200);
  });

  test('serves wasm as wasm, so that it compiles while it streams', async () => {
    const response = await fetch(`${plain.url}assets/a.wasm?v=1`);
    expect(response.headers.get('content-type')).toBe('application/wasm');
    expect(response.headers.get('content-length')).toBe('4');
  });

  test('serves under a base path, and without the headers where asked', async () => {
    const response = await fetch(under.url);
    expect(new URL(under.url).pathname).toBe('/name/');
    expect(response.status).toBe(200);
    expect(response.headers.get('cross-origin-opener-policy')).toBeNull();
    expect((await fetch(new URL('/', under.url))).status).toBe(404);
  });

  test('answers 404 for what is not there and 405 for what is not a reading', async () => {
    expect((await fetch(`${plain.url}assets`)).status).toBe(404);
    expect((await fetch(`${plain.url}none.js`)).status).toBe(404);
    expect((await fetch(plain.url, { method: 'POST' })).status).toBe(405);
  });
});

describe('fileFor', () => {
  test.each(['/../secret.txt', '/%2e%2e/secret.txt', '/a/../../secret.txt', '/..%5csecret.txt'])(
    'never leaves its folder: %s',
    (path) => {
      expect(fileFor(join(parent, 'dist'), '/', path)).toBeNull();
    },
  );

  test('refuses a path that is not well encoded', () => {
    expect(fileFor('/srv', '/', '/%E0%A4%A')).toBeNull();
    expect(fileFor('/srv', '/', '/a%00b')).toBeNull();
  });
});

describe('text on its way', () => {
  const TEXT = 'const words = ["a", "b"];\n'.repeat(200);
  /** The answer as it was sent: `fetch` would unpack it. */
  const raw = (
    path: string,
    accept: string,
  ): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> =>
    new Promise((done, fail) => {
      get(plain.url + path, { headers: { 'accept-encoding': accept } }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => done({ headers: response.headers, body: Buffer.concat(parts) }));
      }).on('error', fail);
    });
  beforeAll(() => {
    const root = join(parent, 'dist');
    writeFileSync(join(root, 'assets', 'a.js'), TEXT);
    writeFileSync(join(root, 'assets', 'small.js'), 'x');
    writeFileSync(join(root, 'assets', 'a.safetensors'), TEXT);
  });

  test.each([
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
    ['*', 'br', brotliDecompressSync],
  ] as const)('is packed as the browser asks: %s', async (accept, encoding, unpack) => {
    const { headers, body } = await raw('assets/a.js', accept);
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers['vary']).toBe('Accept-Encoding');
    expect(Number(headers['content-length'])).toBe(body.length);
    expect(body.length).toBeLessThan(TEXT.length / 10);
    expect(unpack(body).toString()).toBe(TEXT);
  });

  test.each([
    ['a browser that takes nothing packed', 'assets/a.js', 'identity'],
    ['a file of one packet', 'assets/small.js', 'br'],
    ['weights', 'assets/a.safetensors', 'br'],
  ])('goes as it is: %s', async (_, path, accept) => {
    const { headers } = await raw(path, accept);
    expect(headers['content-encoding']).toBeUndefined();
  });

  test('has a tag of its own, packed or not, and is packed anew when it changes', async () => {
    const [br, gzip, plainly] = [
      await raw('assets/a.js', 'br'),
      await raw('assets/a.js', 'gzip'),
      await raw('assets/a.js', 'identity'),
    ].map(({ headers }) => headers.etag);
    expect(new Set([br, gzip, plainly]).size).toBe(3);
    const again = await fetch(`${plain.url}assets/a.js`, {
      headers: { 'accept-encoding': 'br', 'if-none-match': br! },
    });
    expect(again.status).toBe(304);
    writeFileSync(join(parent, 'dist', 'assets', 'a.js'), `${TEXT}// changed`);
    const { body } = await raw('assets/a.js', 'br');
    expect(brotliDecompressSync(body).toString()).toBe(`${TEXT}// changed`);
  });
});
