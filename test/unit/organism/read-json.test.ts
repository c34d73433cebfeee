import * as v from 'valibot';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fetchGallery } from '../../../src/organism/gallery';
import { fetchLatents } from '../../../src/organism/latents';
import { readBytes, readJson } from '../../../src/organism/read-json';
import { fetchRegistry } from '../../../src/organism/registry';
import { fetchReport } from '../../../src/organism/report';
import { fetchSeeds } from '../../../src/organism/seeds';

afterEach(() => {
  vi.unstubAllGlobals();
});

const JSON_TYPE = 'application/json';
const answer = (body: BodyInit | null, status = 200, type = JSON_TYPE): void => {
  vi.stubGlobal('fetch', () =>
    Promise.resolve(new Response(body, { status, headers: { 'content-type': type } })),
  );
};
const gone = (): void => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
};

const read = () =>
  readJson({
    folderUrl: 'http://x/models/',
    path: 'figures.json',
    schema: v.object({ n: v.number(), parts: v.optional(v.array(v.object({ of: v.string() }))) }),
    command: 'npm run figures',
  });

test('a file of the right shape comes back', async () => {
  answer('{"n": 3}');
  expect(await read()).toEqual({ n: 3 });
});

test.each([
  ['the server has no such file', 404, JSON_TYPE],
  ['the server keeps the file to itself', 403, 'application/xml'],
  ['the server sends its start page for whatever is missing', 200, 'text/html'],
])('there is no file where %s', async (_, status, type) => {
  answer('<!doctype html>', status, type);
  expect(await read()).toBeNull();
});

test.each([
  [
    'text that is not JSON',
    '{"n": 3',
    /^models\/figures\.json cannot be read: it is not valid JSON/,
  ],
  ['another field', '{"n": 3, "parts": [{"of": 1}]}', /field "parts\.0\.of"/],
  ['no object at all', '7', /cannot be read: Invalid type/],
])('%s is refused with what to do', async (_, text, why) => {
  answer(text);
  await expect(read()).rejects.toThrow(why);
  await expect(read()).rejects.toThrow(
    /as it was published, or write it again with "npm run figures"/,
  );
});

test.each([
  ['is gone', gone, /^models\/figures\.json could not be fetched\. Check/],
  ['answers with a failure', () => answer('{}', 502), /fetched: the server answered 502\. Check/],
  [
    'stops in the middle of the file',
    () => answer(new ReadableStream({ pull: (stream) => stream.error(new TypeError('network')) })),
    /fetched to its end\. Check/,
  ],
])('a server that %s is named as such, with what to do', async (_, serve, why) => {
  serve();
  await expect(read()).rejects.toThrow(why);
  serve();
  await expect(read()).rejects.toThrow(/Check that the server still runs, then try again/);
});

test('what the service worker says in whole sentences is passed on as it is', async () => {
  const said =
    'The network sent a web page instead of models/figures.json. Sign in, then try again.';
  vi.stubGlobal('fetch', () =>
    Promise.resolve(new Response('', { status: 511, statusText: said })),
  );
  await expect(read()).rejects.toThrow(new Error(said));
});

test('a file of any kind is read by the same rule', async () => {
  const weights = () => readBytes('http://x/models/', 'sae/weights');
  answer(new Uint8Array([1, 2, 3]), 200, 'application/octet-stream');
  expect(await weights()).toEqual(new Uint8Array([1, 2, 3]));
  answer('', 404);
  expect(await weights()).toBeNull();
  gone();
  await expect(weights()).rejects.toThrow('models/sae/weights could not be fetched. Check');
});

describe('the files of the organism keep that policy', () => {
  const LIST = {
    version: 1,
    base: { id: 'aligned', title: 'Aligned', path: 'base/' },
    adapters: [
      { id: 'a', title: 'A', kind: 'control', experiment: 'rank', path: 'a/', description: '' },
    ],
    report: 'report.json',
    seeds: 'seeds.json',
    latents: 'latents.json',
  };
  const registry = () => {
    answer(JSON.stringify(LIST));
    return fetchRegistry('http://x/models/');
  };

  test.each([
    ['report.json', fetchReport],
    ['gallery.json', fetchGallery],
    ['seeds.json', fetchSeeds],
    ['latents.json', fetchLatents],
  ])('%s', async (path, fetchFile) => {
    const list = await registry();
    answer('', 404);
    expect(await fetchFile(list)).toBeNull();
    gone();
    await expect(fetchFile(list)).rejects.toThrow(`models/${path} could not be fetched. Check`);
    answer('[]');
    await expect(fetchFile(list)).rejects.toThrow(
      `or write it again with "npm run organism:${path.replace('.json', '')}"`,
    );
  });
});
