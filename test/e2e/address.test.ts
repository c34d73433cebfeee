// The address of the page on this computer: the kept page is there when no server is, and makes way when another
// program is served at the same port, or when the network answers in the server's place.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { BrowserContext, Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DIST } from '../../src/serve/build';
import { fileFor, sendFile, serve } from '../../src/serve/server';
import { useBrowser } from './harness';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

const OTHER = '<!doctype html><title>Another project</title><img src="icon.svg">';
const sendOther: Listener = (_, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html' }).end(OTHER);
};

const browser = useBrowser();
let context: BrowserContext;
let page: Page;
/** Where Postern was visited, and is not served any more. */
let url: string;
let server: Server | null;

beforeEach(async () => {
  server = null;
  const postern = await serve({ root: DIST, port: 0 });
  url = postern.url;
  context = await browser.newContext();
  page = await context.newPage();
  // What the page itself does once its first answers are there.
  await page.goto(`${url}LICENSE.txt`);
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/service.worker.js', { updateViaCache: 'none' });
    await navigator.serviceWorker.ready;
  });
  await page.goto('about:blank');
  await postern.close();
});
afterEach(async () => {
  await context.close();
  await stop();
});

/** Something else is started at the same port. */
async function startOther(listener: Listener): Promise<void> {
  server = createServer(listener);
  await new Promise<void>((done) => server!.listen(Number(new URL(url).port), '127.0.0.1', done));
}

async function stop(): Promise<void> {
  if (!server) return;
  const closed = new Promise((done) => server!.close(done));
  server.closeAllConnections();
  await closed;
}

const worker = () =>
  page.evaluate(async () => ({
    controls: navigator.serviceWorker.controller !== null,
    registered: (await navigator.serviceWorker.getRegistrations()).length,
  }));
const GONE = { controls: false, registered: 0 };

describe('at localhost, after a visit to Postern', () => {
  test('the kept page is there when no server is', async () => {
    await page.goto(url);
    expect(await page.title()).toBe('Postern');
    expect(await worker()).toEqual({ controls: true, registered: 1 });
  });

  test('no page may frame the kept page', async () => {
    const answer = await page.goto(url);
    expect(answer!.fromServiceWorker()).toBe(true);
    const headers = answer!.headers();
    expect(headers['content-security-policy']).toMatch(/; frame-ancestors 'none'$/);
    expect(headers['x-frame-options']).toBe('DENY');
  });

  test('another project that answers every address is shown at once, with its own files', async () => {
    const asked: string[] = [];
    await startOther((request, response) => {
      asked.push(request.url!);
      sendOther(request, response);
    });
    await page.goto(url);
    expect(await page.title()).toBe('Another project');
    expect(await worker()).toEqual(GONE);
    await expect.poll(() => asked).toContain('/icon.svg');
    await page.reload();
    expect(await page.title()).toBe('Another project');
  });

  test('another project without that script is shown on each of its pages, its redirects too', async () => {
    const asked: string[] = [];
    await startOther((request, response) => {
      asked.push(request.url!);
      if (request.url === '/') response.writeHead(302, { Location: '/home?from=here' }).end();
      else if (request.url?.startsWith('/home')) sendOther(request, response);
      else response.writeHead(404).end();
    });
    await page.goto(`${url}home#part`);
    expect(await page.title()).toBe('Another project');
    expect(page.url()).toBe(`${url}home#part`);
    expect(await worker()).toEqual(GONE);
    const models = await page.evaluate(async () => (await fetch('models/registry.json')).status);
    expect(models).toBe(404);
    expect(asked).toContain('/models/registry.json');
    await page.goto(url);
    expect(page.url()).toBe(`${url}home?from=here`);
  });

  test('a server that never answers leaves the kept page, and has the address once it does', async () => {
    const held: ServerResponse[] = [];
    await startOther((_, response) => void held.push(response));
    await page.goto(url);
    expect(await page.title()).toBe('Postern');
    server!.removeAllListeners('request').on('request', sendOther);
    for (const response of held)
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(OTHER);
    await page.waitForFunction(
      async () => (await navigator.serviceWorker.getRegistrations()).length === 0,
    );
    await page.goto(url);
    expect(await page.title()).toBe('Another project');
  });

  test('Postern comes back to its address, and is kept there again', async () => {
    await startOther(sendOther);
    await page.goto(url);
    await stop();
    server = null;
    const postern = await serve({ root: DIST, port: Number(new URL(url).port) });
    try {
      await page.goto(`${url}LICENSE.txt`);
      await page.evaluate(async () => {
        await navigator.serviceWorker.register('/service.worker.js');
        await navigator.serviceWorker.ready;
      });
    } finally {
      await postern.close();
    }
    await page.goto(url);
    expect(await page.title()).toBe('Postern');
  });
});

describe('where a network answers with its sign-in page', () => {
  // The script alone is the server's, as it is where a browser has just looked for a newer version.
  const portal: Listener = (request, response) => {
    if (request.url === '/service.worker.js') {
      void sendFile(fileFor(DIST, '/', request.url), request, response);
    } else response.writeHead(200, { 'Content-Type': 'text/html' }).end('<title>Sign in</title>');
  };

  test('the kept page stays, and says of a file that is not kept what came in its place', async () => {
    await startOther(portal);
    await page.goto(url);
    expect(await page.title()).toBe('Postern');
    const { status, statusText } = await page.evaluate(async () => {
      const response = await fetch('models/registry.json');
      return { status: response.status, statusText: response.statusText };
    });
    expect(status).toBe(511);
    expect(statusText).toBe(
      'The network sent a web page instead of models/registry.json, perhaps its sign-in page. Sign in, then try again.',
    );
  });

  test('the sign-in page itself is shown where the browser has taken the kept page away', async () => {
    await startOther(portal);
    await page.goto(url);
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name);
    });
    await page.goto(url);
    expect(await page.title()).toBe('Sign in');
    expect(await worker()).toEqual(GONE);
  });

  test('another page of this address is what the network answers, and Postern stays kept', async () => {
    await startOther(portal);
    await page.goto(`${url}THIRD-PARTY-NOTICES.txt`);
    expect(await page.title()).toBe('Sign in');
    await page.goto(url);
    expect(await page.title()).toBe('Postern');
  });
});

test('the built page carries the licences of all that is in it', async () => {
  await startOther((request, response) => {
    void sendFile(fileFor(DIST, '/', request.url!), request, response);
  });
  const text = async (name: string) => (await fetch(url + name)).text();
  expect(await text('LICENSE.txt')).toContain('Permission is hereby granted, free of charge');
  const notices = await text('THIRD-PARTY-NOTICES.txt');
  for (const words of [
    /^svelte \d/m,
    /^onnxruntime-web \d/m,
    // Inside the WebAssembly of ONNX Runtime.
    'Mozilla Public License Version 2.0',
    /^@huggingface\/hub \d/m,
    /^@fontsource-variable\/jetbrains-mono \d.*OFL/m,
    'SIL OPEN FONT LICENSE',
    'Apache License',
  ]) {
    expect(notices).toMatch(words);
  }
});
