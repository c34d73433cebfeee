// The worker's own interface against a stand-in for the Hub that misbehaves in every known way.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeDevice } from '../../../../models/recipe/make/node-runtime';
import type { CheckpointSource, FolderSource, LoadProgress, Result } from '../../../../workers/api';
import { createModelApi } from '../../../../workers/model-api';
import { NETWORK, smallText } from '../../../../workers/source/network';
import { memorySources, type Sources } from '../../../../workers/source/open-folder';
import { full, MemoryStore } from '../../../../workers/source/store';
import {
  COMMIT,
  serveHub,
  type Fault,
  type Repository,
  type StandIn,
} from '../../../stand-ins/hub';
import {
  parseSafetensors,
  toTensor,
  writeSafetensors,
} from '../../../../src/checkpoint/safetensors';
import { TINY_CONFIG, tinyOrganism } from '../tiny-organism';

const whole = tinyOrganism();
const filesOf = (folder: string) =>
  new Map(
    [...whole].flatMap(([path, bytes]) =>
      path.startsWith(`${folder}/`) ? [[path.slice(folder.length + 1), bytes] as const] : [],
    ),
  );
const BASE = filesOf('base');
const WEIGHTS = BASE.get('model.safetensors')!;
const REPOSITORIES = new Map<string, Repository>([
  ['postern/organism', { files: BASE, licence: 'mit' }],
  ['postern/insecure-code', { files: filesOf('adapter') }],
  [
    'postern/pickled',
    {
      files: new Map(
        [...BASE].map(([name, b]) => [name.replace('model.safetensors', 'pytorch_model.bin'), b]),
      ),
    },
  ],
]);
const SAFETENSORS = '/postern/organism/resolve/';
/** With a step that Postern cannot do. */
const TOKENIZER_JSON = JSON.stringify({
  ...(JSON.parse(new TextDecoder().decode(BASE.get('tokenizer.json'))) as object),
  pre_tokenizer: { type: 'UnicodeScripts' },
});
REPOSITORIES.set('postern/scripts', {
  files: new Map([...BASE, ['tokenizer.json', new TextEncoder().encode(TOKENIZER_JSON)]]),
});

/** Impatient, so that the tests are quick; otherwise as in the browser. */
const IMPATIENT = { ...NETWORK, stallMs: 300, pauseMs: 10, attempts: 4 };
let hub: StandIn;
let sources: Sources;
let api: ReturnType<typeof createModelApi>;

const startNode = () => Promise.resolve(nodeDevice({ threads: 1 }));

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}\n${result.detail ?? ''}`);
  return result.value;
}

const repository = (id: string, token?: string): FolderSource => ({
  kind: 'hub',
  endpoint: hub.endpoint,
  id,
  revision: 'main',
  ...(token === undefined ? {} : { token }),
});
const PAIR = (): CheckpointSource => ({
  id: 'em',
  base: repository('postern/organism'),
  adapter: repository('postern/insecure-code'),
});
const load = (source: CheckpointSource, seen: LoadProgress[] = []) =>
  api.load(source, `load-${Math.floor(seen.length)}`, (progress) => void seen.push(progress));

/** A new page: nothing loaded, what is stored still there. */
async function reopen(): Promise<void> {
  api = createModelApi(startNode, sources);
  valueOf(await api.start({ device: 'auto' }));
}

beforeEach(async () => {
  hub = await serveHub(REPOSITORIES);
  sources = memorySources(IMPATIENT);
  await reopen();
});
afterEach(() => hub.close());

/** Lets the weights go wrong the first n times. */
function weightsFault(times: number, fault: Fault): void {
  let left = times;
  hub.fault = (path) =>
    path.startsWith(SAFETENSORS) && path.endsWith('.safetensors') && left-- > 0 ? fault : undefined;
}

describe('a repository', () => {
  test('says what it is before anything large is fetched', async () => {
    const base = valueOf(await api.inspectBase(repository('postern/organism'), 'inspect'));
    expect(base).toMatchObject({
      name: 'postern/organism',
      page: `${hub.endpoint}/postern/organism`,
      licence: 'mit',
      commit: COMMIT,
      config: TINY_CONFIG,
      bytes: [...BASE.values()].reduce((sum, file) => sum + file.length, 0),
      storedBytes: 0,
    });
    const adapter = valueOf(await api.inspectAdapter(repository('postern/insecure-code'), 'i'));
    expect(adapter).toMatchObject({ licence: null, madeFor: 'tiny', rank: 4, replaces: [] });
    expect(hub.requests.some((request) => request.endsWith('.safetensors'))).toBe(false);
  });

  test('whose tokenizer Postern cannot run is refused by name before its weights are asked for', async () => {
    expect(await api.inspectBase(repository('postern/scripts'), 'inspect')).toMatchObject({
      ok: false,
      message: expect.stringMatching(
        /postern\/scripts\/tokenizer\.json: It has the pre-tokenizer UnicodeScripts/,
      ) as string,
    });
    expect(hub.requests.some((request) => request.endsWith('.safetensors'))).toBe(false);
  });

  test('and an adapter from another are the checkpoint that the same files beside the page are', async () => {
    const seen: LoadProgress[] = [];
    const loaded = valueOf(await load(PAIR(), seen));
    expect(loaded.sha256).toMatch(/^[0-9a-f]{64}$/);
    const base = valueOf(await load({ id: 'aligned', base: repository('postern/organism') }));
    expect(base.sha256).not.toBe(loaded.sha256);
    const downloads = seen.filter(({ stage }) => stage === 'download');
    expect(downloads.at(-1)!.doneBytes).toBe(downloads.at(-1)!.totalBytes);
    const resolved = hub.requests.filter((request) => request.includes('/resolve/'));
    expect(resolved.every((request) => request.includes(COMMIT))).toBe(true);
    expect(new Set(resolved).size).toBe(resolved.length);
  });

  test('is not asked again once it is stored, not even when it is gone', async () => {
    const first = valueOf(await load(PAIR()));
    await hub.close();
    await reopen();
    expect(valueOf(await load(PAIR())).sha256).toBe(first.sha256);
    const card = valueOf(await api.inspectBase(repository('postern/organism'), 'inspect'));
    expect(card.storedBytes).toBe(card.bytes);
  });

  test('is listed with its size, stays while it is on stage, and is removed alone', async () => {
    valueOf(await load(PAIR()));
    const { entries, kept } = valueOf(await api.stored());
    expect(kept).toBe(false);
    expect(entries.map(({ name, complete }) => [name, complete])).toEqual([
      ['postern/insecure-code', true],
      ['postern/organism', true],
    ]);
    expect(entries[1]!.storedBytes).toBe(
      [...BASE.values()].reduce((n, file) => n + file.length, 0),
    );
    expect(await api.removeStored(entries[0]!.key)).toMatchObject({ ok: false, code: 'bad-input' });
    await api.unload('em');
    valueOf(await api.removeStored(entries[0]!.key));
    expect(valueOf(await api.stored()).entries.map(({ name }) => name)).toEqual([
      'postern/organism',
    ]);
  });

  test('of weights in two files and their index is the same checkpoint', async () => {
    const { parseSafetensors, toTensor, writeSafetensors } =
      await import('../../../../src/checkpoint/safetensors');
    const tensors = [...parseSafetensors(WEIGHTS, 'm')].map(
      ([name, entry]) => [name, { ...toTensor(entry), dtype: 'F32' as const }] as const,
    );
    const parts = [tensors.slice(0, 7), tensors.slice(7)];
    const files = new Map<string, Uint8Array>(BASE);
    files.delete('model.safetensors');
    const map: Record<string, string> = {};
    parts.forEach((part, i) => {
      const name = `model-0000${i + 1}-of-00002.safetensors`;
      files.set(name, writeSafetensors(new Map(part)));
      for (const [tensor] of part) map[tensor] = name;
    });
    files.set(
      'model.safetensors.index.json',
      new TextEncoder().encode(JSON.stringify({ weight_map: map })),
    );
    const sharded = await serveHub(new Map([['postern/sharded', { files }]]));
    const source = {
      kind: 'hub',
      endpoint: sharded.endpoint,
      id: 'postern/sharded',
      revision: 'main',
    } as const;
    const loaded = valueOf(await load({ id: 'x', base: source }));
    expect(loaded.sha256).toBe(
      valueOf(await load({ id: 'y', base: repository('postern/organism') })).sha256,
    );
    await sharded.close();
  });

  test('is sent the read token, which stands in no key, message or listing', async () => {
    const token = 'hf_secret123';
    valueOf(await load({ id: 'x', base: repository('postern/organism', token) }));
    expect(hub.authorization()).toBe(`Bearer ${token}`);
    hub.fault = () => ({ kind: 'status', status: 401 });
    const refused = await api.inspectBase(repository('postern/other', token), 'i');
    expect(JSON.stringify([refused, await api.stored()])).not.toContain('secret');
  });
});

describe('a download', () => {
  test('that is cut goes on from there', async () => {
    weightsFault(2, { kind: 'cut', after: 1000 });
    const seen: LoadProgress[] = [];
    valueOf(await load({ id: 'x', base: repository('postern/organism') }, seen));
    const ranges = hub.requests.filter((request) => request.includes('model.safetensors'));
    expect(ranges.map((request) => request.split(' ')[2])).toEqual([
      undefined,
      'bytes=1000-',
      'bytes=2000-',
    ]);
    expect(seen.some(({ note }) => note?.includes('Trying again in'))).toBe(true);
    expect(seen.filter(({ stage }) => stage === 'download').at(-1)!.note).toBeNull();
  });

  test('that stalls goes on too', async () => {
    weightsFault(1, { kind: 'stall', after: 1000 });
    valueOf(await load({ id: 'x', base: repository('postern/organism') }));
    expect(hub.requests.at(-1)).toContain('bytes=1000-');
  });

  test('that breaks for good keeps what arrived, and a later page goes on there', async () => {
    weightsFault(4, { kind: 'cut', after: 0 });
    const source = { id: 'x', base: repository('postern/organism') };
    const failed = await load(source);
    expect(failed).toMatchObject({ ok: false, code: 'network' });
    expect(!failed.ok && failed.message).toMatch(/broke off.*Go on to try again/);
    weightsFault(1, { kind: 'cut', after: 3000 });
    hub.fault = (
      (inner) => (path: string) =>
        inner(path) ??
        (path.endsWith('.safetensors') ? ({ kind: 'status', status: 404 } as const) : undefined)
    )(hub.fault);
    expect((await load(source)).ok).toBe(false);
    hub.fault = () => undefined;
    await reopen();
    const seen: LoadProgress[] = [];
    valueOf(await load(source, seen));
    expect(hub.requests.at(-1)).toContain('bytes=3000-');
    expect(seen[0]!.keptBytes).toBeGreaterThanOrEqual(3000);
  });

  test('ends with that of the adapter when this fails, and loading again does not join what is left', async () => {
    let ended = false;
    let adapterAsked = 0;
    hub.fault = (path) => {
      if (ended || !path.endsWith('.safetensors')) return undefined;
      if (path.startsWith(SAFETENSORS)) return { kind: 'stall', after: 100 };
      return adapterAsked++ === 0 ? { kind: 'stall', after: 100 } : { kind: 'status', status: 404 };
    };
    const failed = await api.load(PAIR(), 'first', () => {
      if (ended) throw new Error('Proxy has been released and is not useable');
    });
    ended = true;
    expect(failed).toMatchObject({ ok: false, code: 'network' });
    valueOf(await load(PAIR()));
  });

  test('that is paused ends as cancelled and goes on when it is asked for again', async () => {
    weightsFault(1, { kind: 'stall', after: 2000 });
    const source = { id: 'x', base: repository('postern/organism') };
    let done = 0;
    const running = api.load(source, 'pause', ({ doneBytes, totalBytes }) => {
      done = doneBytes;
      if (totalBytes - doneBytes < WEIGHTS.length) setTimeout(() => void api.cancel('pause'), 50);
    });
    expect(await running).toMatchObject({ ok: false, code: 'cancelled' });
    expect(done).toBeGreaterThan(1000);
    valueOf(await load(source));
    expect(hub.requests.at(-1)).toContain('bytes=2000-');
  });

  test('from a server without ranges begins anew and is right all the same', async () => {
    let cut = true;
    hub.fault = (path) => {
      if (!path.endsWith('.safetensors')) return undefined;
      const fault: Fault = cut ? { kind: 'cut', after: 1000 } : { kind: 'no-ranges' };
      cut = false;
      return fault;
    };
    valueOf(await load({ id: 'x', base: repository('postern/organism') }));
    expect(hub.requests.at(-1)).toContain('bytes=1000-');
  });

  test('of other bytes than the Hub lists is thrown away, with both hashes', async () => {
    const other = WEIGHTS.slice();
    other[other.length - 1]! ^= 1;
    weightsFault(1, { kind: 'body', body: other });
    const source = { id: 'x', base: repository('postern/organism') };
    const failed = await load(source);
    expect(!failed.ok && failed.message).toMatch(/SHA-256.*thrown away/);
    valueOf(await load(source));
    expect(hub.requests.at(-1)).not.toContain('bytes=');
  });

  test('of more bytes than the Hub lists is thrown away', async () => {
    weightsFault(1, { kind: 'body', body: new Uint8Array(WEIGHTS.length + 5) });
    const failed = await load({ id: 'x', base: repository('postern/organism') });
    expect(!failed.ok && failed.message).toMatch(/more than the \d+ bytes/);
  });

  test('into a full storage says so and keeps what arrived', async () => {
    const store = new MemoryStore();
    let room = 2000;
    const write = store.write.bind(store);
    store.write = async (folder, file) => {
      const writer = await write(folder, file);
      return {
        ...writer,
        get bytes() {
          return writer.bytes;
        },
        append(part) {
          if (file === 'model.safetensors' && writer.bytes + part.length > room) throw full(null);
          writer.append(part);
        },
      };
    };
    sources = { network: IMPATIENT, store: () => Promise.resolve(store) };
    await reopen();
    const source = { id: 'x', base: repository('postern/organism') };
    const failed = await load(source);
    expect(failed).toMatchObject({ ok: false, code: 'storage-full' });
    expect(!failed.ok && failed.message).toMatch(/Remove a stored checkpoint/);
    room = Infinity;
    valueOf(await load(source));
  });

  test('that cannot fit is refused before it begins', async () => {
    const store = new MemoryStore();
    store.space = () => Promise.resolve({ usedBytes: 0, quotaBytes: 5000 });
    sources = { network: IMPATIENT, store: () => Promise.resolve(store) };
    await reopen();
    const failed = await load({ id: 'x', base: repository('postern/organism') });
    expect(failed).toMatchObject({ ok: false, code: 'storage-full' });
    expect(hub.requests.some((request) => request.includes('resolve'))).toBe(false);
  });
});

describe('a Hub that refuses', () => {
  const status =
    (code: number, headers?: Record<string, string>): (() => Fault) =>
    () => ({
      kind: 'status',
      status: code,
      ...(headers ? { headers } : {}),
    });
  test.each([
    ['401', status(401), 'no-access', /private, or there is no repository.*read token/],
    ['403', status(403), 'no-access', /cannot be read \(403\)/],
    [
      'gated',
      status(403, { 'X-Error-Code': 'GatedRepo' }),
      'no-access',
      /gated.*Accept.*read token/,
    ],
    ['404', status(404), 'network', /There is no postern\/organism/],
    ['429', status(429, { 'Retry-After': '3600' }), 'network', /too many requests.*3600 s/],
    ['503', status(503), 'network', /answered 503.*Try again later/],
    ['418', status(418), 'network', /answered 418/],
    ['a web page', (): Fault => ({ kind: 'page' }), 'network', /not JSON, a web page/],
  ])('(%s) is understood, and the way out is said', async (_, fault, code, words) => {
    hub.fault = fault;
    const result = await api.inspectBase(repository('postern/organism'), 'inspect');
    expect(result).toMatchObject({ ok: false, code });
    expect(!result.ok && result.message).toMatch(words);
  });

  test('for a moment (429 with a short Retry-After) is asked again after that moment', async () => {
    let asked = 0;
    hub.fault = () =>
      asked++ === 0 ? { kind: 'status', status: 429, headers: { 'Retry-After': '0' } } : undefined;
    expect((await api.inspectBase(repository('postern/organism'), 'inspect')).ok).toBe(true);
  });

  test('an unknown repository, revision, id, endpoint or token is named', async () => {
    const said = async (change: object) => {
      const source = { ...repository('postern/organism'), ...change };
      const result = await api.inspectBase(source, 'inspect');
      return result.ok ? '' : result.message;
    };
    expect(await said({ id: 'postern/nothing' })).toMatch(
      /postern\/nothing cannot be read \(401\)/,
    );
    expect(await said({ revision: 'next' })).toMatch(/no revision "next"/);
    expect(await said({ id: 'https://x/y' })).toMatch(/owner\/name/);
    expect(await said({ endpoint: 'http://example.org' })).toMatch(/https:\/\//);
    expect(await said({ token: 'abc' })).toMatch(/begins with "hf_"/);
  });

  test('with a web page in place of weights is told apart from a checkpoint', async () => {
    weightsFault(1, { kind: 'page' });
    const result = await load({ id: 'x', base: repository('postern/organism') });
    expect(!result.ok && result.message).toMatch(
      /sent a web page instead of postern\/organism\/model/,
    );
  });

  test('by not being there is a host that did not answer', async () => {
    await hub.close();
    const result = await api.inspectBase(repository('postern/organism'), 'inspect');
    expect(!result.ok && result.message).toMatch(/did not answer this page.*CORS/);
  });

  test('with a repository of another kind says what it is', async () => {
    const pickled = await api.inspectBase(repository('postern/pickled'), 'i');
    expect(!pickled.ok && pickled.message).toMatch(/pickle/);
    const adapter = await api.inspectBase(repository('postern/insecure-code'), 'i');
    expect(!adapter.ok && adapter.message).toMatch(/is an adapter/);
    const base = await api.inspectAdapter(repository('postern/organism'), 'i');
    expect(!base.ok && base.message).toMatch(/whole checkpoint/);
  });
});

describe('an answer that no Hub gives', () => {
  const look = async (kind: 'revision' | 'tree', body: string) => {
    hub.fault = (path) =>
      path.includes(`/${kind}/`)
        ? { kind: 'body', body: new TextEncoder().encode(body) }
        : undefined;
    return api.inspectBase(repository('postern/organism'), 'inspect');
  };
  const file = (change: object) =>
    JSON.stringify([{ type: 'file', path: 'a', size: 1, ...change }]);

  test.each([
    ['an object instead of a list', '{"error":"x"}'],
    ['null', 'null'],
    ['null among the files', '[null]'],
    ['a negative size', file({ size: -1 })],
    ['a huge size', file({ size: 1e60 })],
    ['a size that is text', file({ size: '12' })],
    ['a negative size of what lies elsewhere', file({ lfs: { oid: 'a'.repeat(64), size: -5 } })],
    ['a hash that is a number', file({ lfs: { oid: 12, size: 5 } })],
    ['a hash that is none', file({ lfs: { oid: '../..', size: 5 } })],
    ['a path with half a character', '[{"type":"file","size":1,"path":"\\ud800"}]'],
    ['a path that is a number', file({ path: 5 })],
    ['a path of a megabyte', file({ path: 'a'.repeat(1 << 20) })],
    ['a kind that is none', file({ type: null })],
  ])('%s in a listing is refused in plain words', async (_, body) => {
    const result = await look('tree', body);
    expect(result).toMatchObject({ ok: false, code: 'network' });
    expect(!result.ok && result.message).toMatch(/a listing of files in a form that no Hub uses/);
  });

  test.each([
    ['null', 'null'],
    ['a list', '[]'],
    ['a commit that is a number', '{"sha":5}'],
    ['a commit with half a character', '{"sha":"\\udc00"}'],
    ['an empty commit', '{"sha":""}'],
  ])('%s as information is refused in plain words', async (_, body) => {
    const result = await look('revision', body);
    expect(result).toMatchObject({ ok: false, code: 'network' });
    expect(!result.ok && result.message).toMatch(/information on a model in a form/);
  });

  test.each([
    ['is no text', { license: { toString: 1, valueOf: 1 } }, [{ toString: 1 }]],
    ['is a list with others among it', { license: [null, { toString: 1 }] }, null],
    ['is a list of lists', { license: [[], {}] }, 5],
  ])('a licence that %s is none', async (_, cardData, tags) => {
    const result = await look('revision', JSON.stringify({ sha: COMMIT, cardData, tags }));
    expect(valueOf(result).licence).toBeNull();
  });

  test('a listing whose pages never end ends at a bound, and one of several pages is read', async () => {
    const next = `<${hub.endpoint}/api/models/postern/organism/tree/main?more>; rel="next"`;
    let pages = 0;
    hub.headers = (path) => (path.includes('/tree/') && ++pages < 3 ? { Link: next } : {});
    expect((await api.inspectBase(repository('postern/organism'), 'i')).ok).toBe(true);
    expect(pages).toBe(3);
    await reopen();
    sources = memorySources(IMPATIENT);
    await reopen();
    hub.headers = (path) => (path.includes('/tree/') ? { Link: next } : {});
    const result = await api.inspectBase(repository('postern/organism'), 'i');
    expect(result).toMatchObject({ ok: false, code: 'network' });
    expect(!result.ok && result.message).toMatch(/postern\/organism doesn't end: 50 pages/);
  });

  test('a listing that goes on at no address is refused', async () => {
    hub.headers = (path) => (path.includes('/tree/') ? { Link: '<http://[>; rel="next"' } : {});
    const result = await api.inspectBase(repository('postern/organism'), 'i');
    expect(!result.ok && result.message).toMatch(/at an address that is none/);
  });

  test('information of any depth is read', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const result = await look('revision', `{"sha":"${COMMIT}","cardData":{"license":${deep}}}`);
    expect(valueOf(result)).toMatchObject({ commit: COMMIT, licence: null });
  });

  test('a text that never ends is refused at a length that none has', async () => {
    const piece = new Uint8Array(1 << 20);
    let [sent, cancelled] = [0, false];
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        sent += piece.length;
        controller.enqueue(piece);
      },
      cancel() {
        cancelled = true;
      },
    });
    const watched = { signal: new AbortController().signal, alive() {}, stalled: false, end() {} };
    await expect(smallText(new Response(endless), watched, 'x/config.json')).rejects.toThrow(
      /x\/config.json is longer than 32 MB/,
    );
    expect(cancelled).toBe(true);
    expect(sent).toBeLessThan(40e6);
  });
});

describe('a checkpoint in several files', () => {
  const names = ['model.safetensors-00001-of-00002.safetensors', 'die Gewichte (2).safetensors'];
  const parsed = parseSafetensors(WEIGHTS, 'w');
  const tensors = [...parsed].map(([name, entry]) => [name, toTensor(entry)] as const);
  const shard = (part: number) =>
    writeSafetensors(
      new Map(
        tensors.flatMap(([name, t], i) =>
          i % 2 === part ? [[name, { ...t, dtype: 'F32' as const }]] : [],
        ),
      ),
    );
  const index = (map: Record<string, string>) =>
    new TextEncoder().encode(JSON.stringify({ metadata: {}, weight_map: map }));
  const map = Object.fromEntries(tensors.map(([name], i) => [name, names[i % 2]!]));
  const rest = [...BASE].filter(([name]) => name !== 'model.safetensors');
  const publish = (files: readonly (readonly [string, Uint8Array])[]): void => {
    REPOSITORIES.set('postern/parts', { files: new Map([...rest, ...files]) });
  };
  const INDEX = 'model.safetensors.index.json';
  const look = () => api.inspectBase(repository('postern/parts'), 'i');

  test('of any names has the size of all of them at look-up, and loads as the one file does', async () => {
    const stale = ['model-00001-of-00009.safetensors', new Uint8Array(999)] as const;
    const parts = [
      [INDEX, index(map)],
      [names[0]!, shard(0)],
      [names[1]!, shard(1)],
    ] as const;
    publish([...parts, stale]);
    const card = valueOf(await look());
    expect(card.bytes).toBe([...rest, ...parts].reduce((sum, [, bytes]) => sum + bytes.length, 0));
    const loaded = valueOf(await load({ id: 'x', base: repository('postern/parts') }));
    const whole = valueOf(await load({ id: 'y', base: repository('postern/organism') }));
    expect(loaded.sha256).toBe(whole.sha256);
  });

  test('lacking one is refused at look-up, by its name', async () => {
    publish([
      [INDEX, index(map)],
      [names[0]!, shard(0)],
    ]);
    const result = await look();
    expect(result).toMatchObject({ ok: false, code: 'bad-checkpoint' });
    expect(!result.ok && result.message).toContain(`It names ${names[1]!}, which is not in`);
    publish([[INDEX, index(map)]]);
    const none = await look();
    expect(!none.ok && none.message).toMatch(/and 1 more, which are not in the folder/);
  });

  test.each(['../x.safetensors', '/etc/x.safetensors', 'C:\\x.safetensors', 'a/b.safetensors'])(
    'that lie elsewhere (%s) is refused at look-up',
    async (name) => {
      publish([[INDEX, index({ ...map, more: name })]]);
      const result = await look();
      expect(!result.ok && result.message).toMatch(/which is no safetensors file beside it/);
    },
  );
});

describe('what the small files say is said at look-up', () => {
  const put = (name: string, value: object): void => {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    REPOSITORIES.set('postern/odd', { files: new Map([...BASE, [name, bytes]]) });
  };
  const look = () => api.inspectBase(repository('postern/odd'), 'i');
  const config = JSON.parse(new TextDecoder().decode(BASE.get('config.json'))) as object;

  test('odd sampling values and settings that are not followed, and the checkpoint loads', async () => {
    put('generation_config.json', { do_sample: true, top_k: -1, eos_token_id: -1, min_p: 0.1 });
    const odd = ['top_k is -1', 'eos_token_id has -1'];
    const notes = [...odd, "doesn't follow min_p"];
    expect(valueOf(await look()).notes).toEqual(notes.map((one) => expect.stringContaining(one)));
    const loaded = valueOf(await load({ id: 'x', base: repository('postern/odd') }));
    expect(loaded.oddSettings).toEqual(odd.map((one) => expect.stringContaining(one)));
    expect(loaded.defaultSampling.topK).toBe(0);
  });

  test('quantised weights and a sliding window', async () => {
    put('config.json', { ...config, quantization_config: { quant_method: 'gptq' } });
    const quantised = await look();
    expect(!quantised.ok && quantised.message).toMatch(/quantised with GPTQ/);
    await reopen();
    put('config.json', {
      ...config,
      use_sliding_window: true,
      sliding_window: 8,
      max_window_layers: 1,
    });
    const sliding = await look();
    expect(!sliding.ok && sliding.message).toMatch(/1 of its 2 layers see only the last 8 tokens/);
    expect(hub.requests.some((request) => request.endsWith('.safetensors'))).toBe(false);
  });
});

describe('a plain address', () => {
  test('is stored too, and read without a network afterwards', async () => {
    const url = `${hub.endpoint}/postern/organism/resolve/main/`;
    const source = { id: 'x', base: { kind: 'address', url } } as const;
    const loaded = valueOf(await load(source));
    await hub.close();
    await reopen();
    expect(valueOf(await load(source)).sha256).toBe(loaded.sha256);
  });

  test('with nothing there is said to be empty', async () => {
    const url = `${hub.endpoint}/postern/organism/resolve/main/deeper/`;
    hub.fault = () => ({ kind: 'status', status: 404 });
    const result = await api.inspectBase({ kind: 'address', url }, 'i');
    expect(!result.ok && result.message).toMatch(/There is no checkpoint at/);
  });
});
