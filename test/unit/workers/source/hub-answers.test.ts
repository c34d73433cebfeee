// The worker's own interface against answers that no Hub gives, checkpoints in several files, and small files that say too much.

import { describe, expect, test } from 'vitest';
import { smallText } from '../../../../workers/source/network';
import { memorySources } from '../../../../workers/source/open-folder';
import { COMMIT, serveHub } from '../../../stand-ins/hub';
import { parseSafetensors, toTensor } from '../../../../src/checkpoint/safetensors';
import { writeSafetensors } from '../../../../src/checkpoint/write-safetensors';

import {
  BASE,
  IMPATIENT,
  REPOSITORIES,
  WEIGHTS,
  api,
  hub,
  load,
  reopen,
  repository,
  valueOf,
  useHub,
} from './hub-stand-in';

useHub();

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
    await reopen(memorySources(IMPATIENT));
    hub.headers = (path) => (path.includes('/tree/') ? { Link: next } : {});
    const result = await api.inspectBase(repository('postern/organism'), 'i');
    expect(result).toMatchObject({ ok: false, code: 'network' });
    expect(!result.ok && result.message).toMatch(/postern\/organism doesn't end: 50 pages/);
  });

  test('a listing that goes on at another server is refused, and that server is never asked', async () => {
    const other = await serveHub(REPOSITORIES);
    const next = `<${other.endpoint}/api/models/postern/organism/tree/main?more>; rel="next"`;
    hub.headers = (path) => (path.includes('/tree/') ? { Link: next } : {});
    for (const token of [undefined, 'hf_secret']) {
      const result = await api.inspectBase(repository('postern/organism', token), 'i');
      expect(result).toMatchObject({ ok: false, code: 'network' });
      expect(!result.ok && result.message).toMatch(
        /goes on at another server, 127\.0\.0\.1:\d+\. Postern asks only 127/,
      );
    }
    expect(other.requests).toEqual([]);
    await other.close();
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
      /x\/config.json is longer than 64 MB/,
    );
    expect(cancelled).toBe(true);
    expect(sent).toBeLessThan(70e6);
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

  // The file's own words, which the load would say after the download.
  test.each([
    [
      'GPTQ',
      'model.layers.0.self_attn.q_proj.qweight',
      /q_proj\.qweight" that config\.json does not account/,
    ],
    ['FP8', 'model.layers.1.mlp.up_proj.weight_scale_inv', /weight_scale_inv" that config\.json/],
    ['a reward model', 'score.weight', /"score\.weight" that config\.json/],
    ['a layer more', 'model.layers.99.mlp.up_proj.weight', /layers\.99\.mlp/],
  ])('whose index lists the tensors of %s is refused at look-up', async (_, name, words) => {
    publish([
      [INDEX, index({ ...map, [name]: names[0]! })],
      [names[0]!, shard(0)],
      [names[1]!, shard(1)],
    ]);
    const result = await look();
    expect(result).toMatchObject({ ok: false, code: 'bad-checkpoint' });
    expect(!result.ok && result.message).toMatch(words);
  });

  test('whose index lacks a tensor is refused at look-up, by its name', async () => {
    const less = Object.fromEntries(
      Object.entries(map).filter(([name]) => name !== 'model.norm.weight'),
    );
    publish([
      [INDEX, index(less)],
      [names[0]!, shard(0)],
      [names[1]!, shard(1)],
    ]);
    const result = await look();
    expect(!result.ok && result.message).toMatch(/Tensor "model\.norm\.weight" is missing/);
  });

  test('whose index lists what the load leaves out is taken', async () => {
    const more = { 'model.layers.0.self_attn.rotary_emb.inv_freq': names[0]! };
    publish([
      [INDEX, index({ ...map, ...more })],
      [names[0]!, shard(0)],
      [names[1]!, shard(1)],
    ]);
    expect((await look()).ok).toBe(true);
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
    expect(valueOf(await look()).notes).toEqual(
      notes.map((one) => expect.stringContaining(one) as unknown),
    );
    const loaded = valueOf(await load({ id: 'x', base: repository('postern/odd') }));
    expect(loaded.oddSettings).toEqual(odd.map((one) => expect.stringContaining(one) as unknown));
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
