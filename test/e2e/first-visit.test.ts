// What a first visit fetches: how many bytes until the first token, what begins early, and nothing of a tool that is
// not opened. Bytes are counted on the wire, headers included.

import { readdirSync, statSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Served, serve } from '../../src/serve/server';
import { useBrowser } from './harness';
import { PAGES } from './pages';
import { openTab } from './postern-page';

const MB = 1e6;

/** Passes everything on to a port of this machine, and counts what comes back. */
async function countedBytes(port: number) {
  let bytes = 0;
  const server = createServer((from) => {
    const to = connect(port, 'localhost');
    to.on('data', (data) => (bytes += data.length));
    from.pipe(to).pipe(from);
    for (const end of [from, to]) end.on('error', () => [from, to].map((one) => one.destroy()));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port: own } = server.address() as AddressInfo;
  return { url: `http://localhost:${own}/`, bytes: () => bytes, close: () => server.close() };
}

const browser = useBrowser();
let served: Served;
let counted: Awaited<ReturnType<typeof countedBytes>>;
let page: Page;
/** Names of the files that the page itself asked for, and not the service worker to keep them. */
const asked: string[] = [];
const tools = (): string[] => asked.filter((name) => /^Panel-.*\.js$/.test(name));

beforeAll(async () => {
  served = await serve({ root: PAGES.bundled, port: 0 });
  counted = await countedBytes(Number(new URL(served.url).port));
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.on('request', (request) => {
    const [name = ''] = request.url().split('/').slice(-1);
    if (request.serviceWorker() === null) asked.push(name);
  });
  page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(counted.url);
});
afterAll(async () => {
  await page.context().close();
  counted.close();
  await served.close();
});

describe('a first visit', () => {
  test('to the first token sends at most 10 MB', async () => {
    await page.locator('.token').first().waitFor();
    const sent = counted.bytes() / MB;
    console.log(`${sent.toFixed(1)} MB to the first token`);
    expect(sent).toBeLessThan(10);
  });

  test('begins to fetch the WebAssembly before the worker that needs it', () => {
    const at = (name: RegExp): number => asked.findIndex((one) => name.test(one));
    expect(at(/\.packed$/)).toBeGreaterThan(0);
    expect(at(/\.packed$/)).toBeLessThan(at(/^model\.worker-/));
  });

  test('fetches the code of a tool when its tab is opened, and only then', async () => {
    expect(tools()).toHaveLength(0);
    await page.getByRole('button', { name: /^Tools/ }).click();
    await openTab(page, 'Direction');
    expect(tools()).toHaveLength(1);
    await openTab(page, 'Train');
    expect(tools()).toHaveLength(2);
    await openTab(page, 'Direction');
    expect(tools()).toHaveLength(2);
  });
});

test('the folder of the page is at most 50 MB', () => {
  const files = readdirSync(PAGES.bundled, { recursive: true, withFileTypes: true });
  const bytes = files
    .filter((file) => file.isFile())
    .map((file) => statSync(join(file.parentPath, file.name)).size)
    .reduce((sum, size) => sum + size, 0);
  expect(bytes / MB).toBeLessThan(50);
});
