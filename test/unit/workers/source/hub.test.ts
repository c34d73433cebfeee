// The worker's own interface against a stand-in for the Hub that misbehaves in every known way.

import { describe, expect, test } from 'vitest';
import type { LoadProgress } from '../../../../workers/api';
import { memorySources } from '../../../../workers/source/open-folder';
import { full, MemoryStore } from '../../../../workers/source/store';
import { COMMIT, serveHub, type Fault } from '../../../stand-ins/hub';
import { TINY_CONFIG } from '../tiny-organism';

import { parseSafetensors, toTensor } from '../../../../src/checkpoint/safetensors';
import { writeSafetensors } from '../../../../src/checkpoint/write-safetensors';
import {
  BASE,
  IMPATIENT,
  PAIR,
  SAFETENSORS,
  WEIGHTS,
  api,
  hub,
  load,
  reopen,
  repository,
  valueOf,
  weightsFault,
  useHub,
} from './hub-stand-in';

useHub();

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
    const adapter = valueOf(
      await api.inspectAdapter(repository('postern/insecure-code'), base, 'i'),
    );
    expect(adapter).toMatchObject({ licence: null, madeFor: 'tiny', rank: 4, replaces: [] });
    expect(hub.requests.some((request) => request.endsWith('/model.safetensors'))).toBe(false);
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
    await reopen({ ...memorySources(IMPATIENT), store: () => Promise.resolve(store) });
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
    await reopen({ ...memorySources(IMPATIENT), store: () => Promise.resolve(store) });
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
    const base = await api.inspectAdapter(
      repository('postern/organism'),
      { config: TINY_CONFIG, tokens: 1 },
      'i',
    );
    expect(!base.ok && base.message).toMatch(/whole checkpoint/);
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
