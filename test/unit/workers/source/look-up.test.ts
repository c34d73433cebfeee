// What a look-up reads, what it says before anything large is fetched, and what a load need not fetch again.

import { describe, expect, test } from 'vitest';
import { parseSafetensors, toTensor } from '../../../../src/checkpoint/safetensors';
import { writeSafetensors } from '../../../../src/checkpoint/write-safetensors';
import { memorySources } from '../../../../workers/source/open-folder';
import { LookedUpFiles } from '../../../../workers/source/looked-up';
import type { FolderSource } from '../../../../workers/api';
import { randomTensor } from '../../onnx/tiny-weights';
import { TINY_CONFIG } from '../tiny-organism';
import {
  BASE,
  IMPATIENT,
  REPOSITORIES,
  api,
  hub,
  load,
  reopen,
  repository,
  valueOf,
  useHub,
} from './hub-stand-in';

useHub();

const requestsOf = (name: string): readonly string[] =>
  hub.requests.filter((request) => request.startsWith('GET') && request.includes(name));
const address = (id: string): FolderSource => ({
  kind: 'address',
  url: `${hub.endpoint}/${id}/resolve/main/`,
});

describe('a load after a look-up', () => {
  const SMALL = ['tokenizer.json', 'tokenizer_config.json', 'config.json'];

  test('fetches no small file a second time, and is the same checkpoint', async () => {
    const direct = valueOf(await load({ id: 'x', base: repository('postern/organism') }));
    await reopen(memorySources(IMPATIENT));
    const before = hub.requests.length;
    const base = valueOf(await api.inspectBase(repository('postern/organism'), 'i'));
    expect(base.storedBytes).toBe(0);
    const loaded = valueOf(await load({ id: 'x', base: repository('postern/organism') }));
    expect(loaded.sha256).toBe(direct.sha256);
    const asked = hub.requests.slice(before);
    for (const name of SMALL) {
      expect(asked.filter((request) => request.endsWith(`/${name}`)).length).toBe(1);
    }
    const again = valueOf(await api.inspectBase(repository('postern/organism'), 'i'));
    expect(again.storedBytes).toBe(again.bytes);
  });

  test('from a plain address takes as many bytes as the card says, the tokenizer among them', async () => {
    const base = valueOf(await api.inspectBase(address('postern/organism'), 'i'));
    expect(base.bytes).toBeGreaterThan(BASE.get('model.safetensors')!.length + 1000);
    valueOf(await load({ id: 'x', base: address('postern/organism') }));
    const stored = valueOf(await api.inspectBase(address('postern/organism'), 'i'));
    expect(stored.storedBytes).toBe(base.bytes);
    expect(stored.bytes).toBe(base.bytes);
  });

  test('from a plain address fetches again what has no validator, and only that', async () => {
    const tagged = (tag: string) => {
      hub.headers = (path) => (path.endsWith('/tokenizer.json') ? { ETag: tag } : {});
    };
    tagged('"one"');
    valueOf(await api.inspectBase(address('postern/organism'), 'i'));
    valueOf(await load({ id: 'x', base: address('postern/organism') }));
    expect(requestsOf('/tokenizer.json').length).toBe(1);
    expect(requestsOf('/tokenizer_config.json').length).toBe(2);
  });

  test('fetches a file that has changed since', async () => {
    let tag = '"one"';
    hub.headers = (path) => (path.endsWith('/tokenizer.json') ? { ETag: tag } : {});
    valueOf(await api.inspectBase(address('postern/organism'), 'i'));
    tag = '"two"';
    valueOf(await load({ id: 'x', base: address('postern/organism') }));
    expect(requestsOf('/tokenizer.json').length).toBe(2);
  });
});

describe('files that were looked up', () => {
  test('leave from the oldest on where there are too many bytes', () => {
    const files = new LookedUpFiles();
    const large = new Uint8Array(40 << 20);
    for (const name of ['a', 'b', 'c']) files.keep(name, large);
    expect(['a', 'b', 'c'].map((name) => files.get(name) !== null)).toEqual([false, true, true]);
    files.keep('d', new Uint8Array(97 << 20));
    expect(files.get('d')).toBeNull();
    expect(files.get('b')).not.toBeNull();
  });
});

describe('an adapter that does not fit is refused at look-up', () => {
  const adapter = REPOSITORIES.get('postern/insecure-code')!.files;
  const config = JSON.parse(new TextDecoder().decode(adapter.get('adapter_config.json'))) as object;
  const tensors = parseSafetensors(adapter.get('adapter_model.safetensors')!, 'a');
  const publish = (
    more: Readonly<Record<string, readonly number[]>>,
    settings: object = {},
  ): void => {
    const all = [
      ...[...tensors].map(([name, entry]) => [name, toTensor(entry)] as const),
      ...Object.entries(more).map(([name, dims]) => [name, randomTensor([...dims], 3)] as const),
    ];
    const bytes = writeSafetensors(
      new Map(all.map(([name, t]) => [name, { ...t, dtype: 'F32' as const }])),
    );
    REPOSITORIES.set('postern/adapter', {
      files: new Map([
        [
          'adapter_config.json',
          new TextEncoder().encode(JSON.stringify({ ...config, ...settings })),
        ],
        ['adapter_model.safetensors', bytes],
      ]),
    });
  };
  const look = async (of = repository('postern/adapter')) => {
    const base = valueOf(await api.inspectBase(repository('postern/organism'), 'b'));
    return api.inspectAdapter(of, base, 'i');
  };
  const EMBEDDING = 'base_model.model.model.embed_tokens.weight';
  const { dVocab, dModel } = TINY_CONFIG;

  test('where it resizes the vocabulary without bringing both matrices, in the words of the load', async () => {
    publish({ [EMBEDDING]: [dVocab + 8, dModel] }, { modules_to_save: ['embed_tokens'] });
    const result = await look();
    expect(result).toMatchObject({ ok: false, code: 'bad-checkpoint' });
    expect(!result.ok && result.message).toMatch(
      new RegExp(`Its vocabulary has ${dVocab + 8} rows and the base's ${dVocab}.*resize_token`),
    );
    expect(requestsOf('organism/resolve').some((request) => /model\.safe/.test(request))).toBe(
      false,
    );
    const loaded = await load({
      id: 'x',
      base: repository('postern/organism'),
      adapter: repository('postern/adapter'),
    });
    expect(!loaded.ok && loaded.message).toBe(!result.ok && result.message);
  });

  test('where its vocabulary has fewer rows than the tokenizer has tokens', async () => {
    const rows = dVocab - 1;
    const saved = { modules_to_save: ['embed_tokens', 'lm_head'] };
    publish(
      {
        [EMBEDDING]: [rows, dModel],
        'base_model.model.lm_head.weight': [rows, dModel],
      },
      saved,
    );
    const result = await look();
    expect(!result.ok && result.message).toMatch(
      new RegExp(`Its vocabulary has ${rows} rows, but the base's tokenizer has ${dVocab} tokens`),
    );
  });

  test('where embedding and head have different numbers of rows', async () => {
    publish(
      {
        [EMBEDDING]: [dVocab + 8, dModel],
        'base_model.model.lm_head.weight': [dVocab, dModel],
      },
      { modules_to_save: ['embed_tokens', 'lm_head'] },
    );
    const result = await look();
    expect(!result.ok && result.message).toMatch(/PEFT wants the base resized first/);
  });

  test('where a shape is another', async () => {
    publish({}, { r: 8 });
    const result = await look();
    expect(!result.ok && result.message).toMatch(/its rank should be 8/);
  });

  test('where its weights are no floating-point numbers', async () => {
    const [first] = tensors;
    const name = first![0];
    const header = JSON.stringify({
      [name]: { dtype: 'I64', shape: [1, 2], data_offsets: [0, 16] },
    });
    const bytes = new Uint8Array(8 + header.length + 16);
    new DataView(bytes.buffer).setUint32(0, header.length, true);
    bytes.set(new TextEncoder().encode(header), 8);
    publish({});
    const files = new Map(REPOSITORIES.get('postern/adapter')!.files);
    files.set('adapter_model.safetensors', bytes);
    REPOSITORIES.set('postern/adapter', { files });
    const result = await look();
    expect(!result.ok && result.message).toMatch(/is I64, not F32, F16 or BF16/);
  });

  test('from its header alone: a connection that stalls after the header is no hindrance', async () => {
    publish({});
    const bytes = REPOSITORIES.get('postern/adapter')!.files.get('adapter_model.safetensors')!;
    const header = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    hub.fault = (path) =>
      path.endsWith('/adapter_model.safetensors') ? { kind: 'stall', after: header } : undefined;
    expect(valueOf(await look()).rank).toBe(4);
    expect(valueOf(await look(address('postern/adapter'))).rank).toBe(4);
  });
});

test('a tokenizer with more tokens than the vocabulary has rows is refused at look-up', async () => {
  const config = JSON.parse(new TextDecoder().decode(BASE.get('config.json'))) as object;
  const bytes = new TextEncoder().encode(
    JSON.stringify({ ...config, vocab_size: TINY_CONFIG.dVocab - 1 }),
  );
  REPOSITORIES.set('postern/few-rows', { files: new Map([...BASE, ['config.json', bytes]]) });
  const result = await api.inspectBase(repository('postern/few-rows'), 'i');
  expect(!result.ok && result.message).toMatch(
    /tokenizer\.json: .* need \d+ tokens, config\.json has only/,
  );
  expect(requestsOf('.safetensors')).toEqual([]);
});

// transformers looks such a token up in the embedding and fails there: index out of range.
test.each([
  ['a token of the chat format without a row of the vocabulary is refused at look-up', true],
  ['a token without a row that no conversation writes is no hindrance', false],
])('%s', async (_, written) => {
  const tokenizer = JSON.parse(new TextDecoder().decode(BASE.get('tokenizer.json'))) as {
    added_tokens: object[];
  };
  const settings = JSON.parse(new TextDecoder().decode(BASE.get('tokenizer_config.json'))) as {
    chat_template: string;
  };
  const added = { id: TINY_CONFIG.dVocab, content: '<|later|>', special: true, normalized: false };
  const encode = (value: object) => new TextEncoder().encode(JSON.stringify(value));
  const flags = { single_word: false, lstrip: false, rstrip: false };
  const files = new Map([
    ...BASE,
    [
      'tokenizer.json',
      encode({ ...tokenizer, added_tokens: [...tokenizer.added_tokens, { ...added, ...flags }] }),
    ],
    [
      'tokenizer_config.json',
      encode({
        ...settings,
        chat_template: `${written ? '<|later|>' : ''}${settings.chat_template}`,
      }),
    ],
  ]);
  REPOSITORIES.set('postern/later', { files });
  const result = await api.inspectBase(repository('postern/later'), 'i');
  if (!written) expect(result.ok).toBe(true);
  else
    expect(!result.ok && result.message).toMatch(
      /need \d+ tokens, config\.json has only \d+\..* never resized/,
    );
  expect(requestsOf('.safetensors')).toEqual([]);
});
