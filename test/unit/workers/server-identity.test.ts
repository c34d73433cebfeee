import { describe, expect, test } from 'vitest';
import {
  isThisComputer,
  SERVICE_MARK,
  identifyServer,
  within,
} from '../../../workers/server-identity';

const SCRIPT = 'http://localhost:4173/service.worker.js';
const answers = (body: string, init?: ResponseInit) =>
  identifyServer(SCRIPT, () => Promise.resolve(new Response(body, init)));

describe('addresses of this very computer', () => {
  test.each(['localhost', 'postern.localhost', '127.0.0.1', '127.0.1.1', '[::1]'])(
    '%s is one',
    (name) => {
      expect(isThisComputer(name)).toBe(true);
    },
  );

  test.each(['localhost.example', 'example.org', '128.0.0.1', '127.0.0.1.example.org', '[::2]'])(
    '%s is not',
    (name) => {
      expect(isThisComputer(name)).toBe(false);
    },
  );
});

describe('who answers', () => {
  test('Postern, in any version: its script carries the mark', async () => {
    expect(await answers(`(function(){var a="${SERVICE_MARK}"})()`)).toBe('postern');
  });

  test.each([
    ['with a page for every address', '<!doctype html><title>Other</title>', {}],
    ['with a service worker of its own', 'self.addEventListener("fetch", () => {})', {}],
    ['with nothing at that address', 'Not found', { status: 404 }],
    ['with a failure for what it does not know', SERVICE_MARK, { status: 500 }],
  ])('another program: a server %s', async (_, body, init) => {
    expect(await answers(body, init)).toBe('another');
  });

  test('nobody: no server is there, or a gateway before none', async () => {
    const refused = () => Promise.reject(new TypeError('Failed to fetch'));
    expect(await identifyServer(SCRIPT, refused)).toBe('nobody');
    expect(await answers('', { status: 502 })).toBe('nobody');
    const cut = new ReadableStream({ start: (stream) => stream.error(new Error('cut off')) });
    expect(await identifyServer(SCRIPT, () => Promise.resolve(new Response(cut)))).toBe('nobody');
  });

  test('is asked past the cache of the browser, which may know the server before', async () => {
    let how: RequestInit | undefined;
    await identifyServer(SCRIPT, (url, init) => {
      expect(url).toBe(SCRIPT);
      how = init;
      return Promise.resolve(new Response(SERVICE_MARK));
    });
    expect(how).toEqual({ cache: 'no-store' });
  });
});

describe('an answer within a time', () => {
  test('is that answer where it comes, and the other where it does not', async () => {
    expect(await within(60_000, Promise.resolve('postern'), 'nobody')).toBe('postern');
    expect(await within(0, new Promise<string>(() => {}), 'nobody')).toBe('nobody');
  });

  test('fails as what was asked fails', async () => {
    await expect(within(60_000, Promise.reject(new Error('why')), 'x')).rejects.toThrow('why');
  });
});
