// A plain address whose files change on the server while they are downloaded. Without a commit nothing
// pins them, so what goes on must be the file that was begun: never the head of one and the tail of another.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRng } from '../../../../src/core/rng';
import { ByteCounter, type ByteProgress } from '../../../../workers/source/fetch-file';
import { addressRemote } from '../../../../workers/source/address';
import { LookedUpFiles } from '../../../../workers/source/looked-up';
import { NETWORK } from '../../../../workers/source/network';
import { readManifest, StoredFolder } from '../../../../workers/source/stored-folder';
import { MemoryStore } from '../../../../workers/source/store';
import { serveHub, type StandIn } from '../../../stand-ins/hub';

const FILE = 'model.safetensors';
const PATH = `/postern/plain/resolve/main/`;
const IMPATIENT = { ...NETWORK, stallMs: 300, pauseMs: 10, attempts: 4 };

function randomBytes(seed: number, length: number): Uint8Array {
  const rng = createRng(seed);
  return Uint8Array.from({ length }, () => rng.int(256));
}
const FIRST = randomBytes(1, 5000);

let hub: StandIn;
let files: Map<string, Uint8Array>;
let store: MemoryStore;

beforeEach(async () => {
  files = new Map([[FILE, FIRST]]);
  store = new MemoryStore();
  hub = await serveHub(new Map([['postern/plain', { files }]]));
});
afterEach(() => hub.close());

/** As a new page does, on what earlier ones have stored. */
async function take(seen: ByteProgress[] = []): Promise<Uint8Array> {
  const remote = addressRemote(hub.endpoint + PATH, IMPATIENT);
  const folder = new StoredFolder(remote, store, new LookedUpFiles());
  const { signal } = new AbortController();
  const entries = (await folder.list(signal)).filter(({ path }) => path === FILE);
  const counter = new ByteCounter((progress) => void seen.push(progress));
  const file = (await folder.take(entries, counter, signal)).get(FILE)!;
  return file.slice(0, file.bytes);
}

const state = (headers: Readonly<Record<string, string>>): void => {
  hub.headers = () => headers;
};
const gets = (): (string | undefined)[] =>
  hub.requests
    .filter((request) => request.startsWith('GET') && request.includes(FILE))
    .map((request) => request.split(' ')[2]);

/** The first download breaks off after 3,000 bytes; then the server has something else. */
function changesTo(bytes: Uint8Array, headers: Readonly<Record<string, string>>): void {
  let cut = true;
  hub.fault = (path) => {
    if (!path.endsWith(FILE)) return undefined;
    // Asked for by its head first.
    if (gets().length === 0) return undefined;
    if (cut) {
      cut = false;
      return { kind: 'cut', after: 3000 };
    }
    files.set(FILE, bytes);
    state(headers);
    return undefined;
  };
}

const MONDAY = 'Mon, 02 Nov 2026 08:00:00 GMT';
const TUESDAY = 'Tue, 03 Nov 2026 08:00:00 GMT';

describe('a file at a plain address that breaks off in the middle', () => {
  test.each([
    ['its ETag', { ETag: '"one"' }],
    ['its date', { 'Last-Modified': MONDAY }],
    ['nothing', {}],
  ])(
    'goes on where it stopped when the server says that it is the same by %s',
    async (_, headers) => {
      state(headers);
      changesTo(FIRST, headers);
      expect(await take()).toEqual(FIRST);
      expect(gets()).toEqual([undefined, 'bytes=3000-']);
    },
  );

  test.each(
    [
      { what: 'ETag', before: { ETag: '"one"' }, after: { ETag: '"two"' } },
      { what: 'date', before: { 'Last-Modified': MONDAY }, after: { 'Last-Modified': TUESDAY } },
      {
        what: 'date under a weak ETag',
        before: { ETag: 'W/"one"', 'Last-Modified': MONDAY },
        after: { ETag: 'W/"one"', 'Last-Modified': TUESDAY },
      },
    ].flatMap((change) => [5000, 4000, 9000].map((length) => ({ ...change, length }))),
  )('begins anew when it has another $what by then, and $length bytes', async (change) => {
    const second = randomBytes(2, change.length);
    state(change.before);
    changesTo(second, change.after);
    const seen: ByteProgress[] = [];
    expect(await take(seen)).toEqual(second);
    expect(gets()).toEqual([undefined, 'bytes=3000-', undefined]);
    expect(seen.at(-1)).toMatchObject({ doneBytes: change.length, totalBytes: change.length });
  });

  test('begins anew on a later page too, and what it then has goes on', async () => {
    state({ ETag: '"one"' });
    let left = 4;
    hub.fault = (path) =>
      path.endsWith(FILE) && gets().length > 0 && left-- > 0
        ? { kind: 'cut', after: left === 3 ? 3000 : 0 }
        : undefined;
    await expect(take()).rejects.toThrow(/broke off/);
    const second = randomBytes(2, 6000);
    files.set(FILE, second);
    state({ ETag: '"two"' });
    let asked = 0;
    hub.fault = () => (++asked === 2 ? { kind: 'cut', after: 2000 } : undefined);
    expect(await take()).toEqual(second);
    expect(gets().slice(-3)).toEqual(['bytes=3000-', undefined, 'bytes=2000-']);
  });

  test('begins anew when there are no longer as many bytes, though the server tells no version', async () => {
    const second = randomBytes(2, 2000);
    changesTo(second, {});
    expect(await take()).toEqual(second);
    expect(gets()).toEqual([undefined, 'bytes=3000-', undefined]);
    expect(await take()).toEqual(second);
  });

  test('begins anew when more bytes come than were listed', async () => {
    const second = randomBytes(2, 9000);
    changesTo(second, {});
    expect(await take()).toEqual(second);
    expect(gets()).toEqual([undefined, 'bytes=3000-', undefined]);
  });

  test('is not begun anew for ever where each answer is another file', async () => {
    let tag = 0;
    hub.headers = () => ({ ETag: `"${++tag}"` });
    hub.fault = (path) =>
      path.endsWith(FILE) && gets().length > 0 ? { kind: 'cut', after: 1000 } : undefined;
    await expect(take()).rejects.toThrow(/changed at .* more than once/);
    expect(gets()).toEqual([undefined, 'bytes=1000-', undefined, 'bytes=1000-']);
  });
});

describe('a download that brings nothing new', () => {
  const ends = async (words: RegExp): Promise<number> => {
    const before = gets().length;
    await expect(take()).rejects.toThrow(words);
    return gets().length - before;
  };

  test.each([
    ['that ignores ranges', true],
    ['that goes on, but sends no byte more', false],
  ])('ends after its tries at a server %s and breaks at the same place', async (_, whole) => {
    const PLACE = 3000;
    hub.fault = (path) => {
      if (!path.endsWith(FILE) || gets().length === 0) return undefined;
      if (gets().length === 1) return { kind: 'cut', after: PLACE };
      return whole ? { kind: 'cut-whole', after: PLACE } : { kind: 'cut', after: 0 };
    };
    // The first one brings bytes, and each of the others counts.
    expect(await ends(/broke off/)).toBe(1 + IMPATIENT.attempts - 1);
  });

  test('ends where more bytes are listed than the server has', async () => {
    hub.headers = () => ({});
    const { key } = addressRemote(hub.endpoint + PATH, IMPATIENT);
    const entry = { path: FILE, bytes: 9000, sha256: null, wanted: true, done: false };
    const manifest = { version: 1, name: 'm', page: '', commit: null, licence: null };
    const writer = await store.write(key, 'manifest.json');
    writer.append(new TextEncoder().encode(JSON.stringify({ ...manifest, files: [entry] })));
    writer.close();
    hub.fault = (path) => (path.endsWith(FILE) ? { kind: 'no-ranges' } : undefined);
    expect(await ends(/ended after 5000 of 9000 bytes/)).toBeLessThan(2 * IMPATIENT.attempts);
  });

  test('goes on as long as each try brings a byte', async () => {
    let tries = 0;
    hub.fault = (path) =>
      path.endsWith(FILE) && gets().length > 0 && ++tries < 12
        ? { kind: 'cut', after: 100 }
        : undefined;
    expect(await take()).toEqual(FIRST);
    expect(tries).toBe(12);
  });
});

test.each([
  ['half a character in its commit', { commit: '\ud800' }],
  [
    'a negative size',
    { files: [{ path: FILE, bytes: -1, sha256: null, wanted: true, done: false }] },
  ],
  [
    'a hash that is none',
    { files: [{ path: FILE, bytes: 1, sha256: 'x', wanted: true, done: true }] },
  ],
  [
    'half a character in a path',
    { files: [{ path: '\udc00', bytes: 1, sha256: null, wanted: true, done: false }] },
  ],
])('a manifest with %s counts as none', async (_, change) => {
  const whole = { version: 1, name: 'm', page: '', commit: null, licence: null, files: [] };
  const writer = await store.write('key', 'manifest.json');
  writer.append(new TextEncoder().encode(JSON.stringify({ ...whole, ...change })));
  writer.close();
  expect(await readManifest(store, 'key')).toBeNull();
});

test('a folder at an address that is no UTF-8 has the name that it is written with', () => {
  expect(addressRemote('https://example.org/%zz/', IMPATIENT).name).toBe('%zz');
});

test('a part that was stored before versions were noted goes on', async () => {
  state({ ETag: '"one"' });
  const { key } = addressRemote(hub.endpoint + PATH, IMPATIENT);
  const file = { path: FILE, bytes: FIRST.length, sha256: null, wanted: true, done: false };
  const manifest = {
    version: 1,
    name: 'main',
    page: '',
    commit: null,
    licence: null,
    files: [file],
  };
  const write = async (name: string, bytes: Uint8Array): Promise<void> => {
    const writer = await store.write(key, name);
    writer.append(bytes);
    writer.close();
  };
  await write('manifest.json', new TextEncoder().encode(JSON.stringify(manifest)));
  await write(FILE, FIRST.subarray(0, 1234));
  expect(await take()).toEqual(FIRST);
  expect(gets()).toEqual(['bytes=1234-']);
});
