// The files beside tokenizer.json, as transformers 5.18.0 reads them (test/golden/tokenizers/record.py).

import { expect, test } from 'vitest';
import { createTokenizer } from '../../../src/checkpoint/tokenizer';
import golden from '../../golden/tokenizers/golden.json';
import { goldenFile } from './golden-tokenizers';

const TEMPLATE =
  "{{ bos_token }}{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '</s>' }}{% endfor %}";
const { tokenizer: file, cases } = golden.beside;

const make = (config: object, more: { special?: unknown; added?: unknown; json?: object } = {}) =>
  createTokenizer(
    more.json ?? goldenFile(file),
    JSON.stringify({ chat_template: TEMPLATE, ...config }),
    'folder/tokenizer.json',
    {
      ...(more.special == null ? {} : { specialTokensMap: JSON.stringify(more.special) }),
      ...(more.added === undefined ? {} : { addedTokens: JSON.stringify(more.added) }),
    },
  );

test.each(cases.map((one) => [one.name, one] as const))(
  '%s: ids, beginning and end are those of transformers',
  async (_, { config, special, bos, eosId, texts }) => {
    const tokenizer = await make(config, { special });
    expect(tokenizer.endIds).toEqual([eosId]);
    expect(tokenizer.beginId === undefined ? null : tokenizer.decode([tokenizer.beginId])).toBe(
      bos,
    );
    for (const { text, ids } of texts) expect(tokenizer.encode(text)).toEqual(ids);
  },
);

test('a bos_token of special_tokens_map.json stands in the prompt as its own token', async () => {
  const tokenizer = await make({}, { special: { bos_token: '<s>', eos_token: '</s>' } });
  const { text, ids } = tokenizer.chatPrompt([{ role: 'user', content: 'ab' }], true);
  expect(text).toBe('<s><|user|>ab</s>');
  expect(ids[0]).toBe(tokenizer.beginId);
});

test('tokens of added_tokens.json are added where no newer file lists them', async () => {
  const added = { '<|turn|>': 285 };
  const older = await make({ eos_token: '</s>' }, { added });
  expect(older.encode('<|turn|>')).toEqual([285]);
  const newer = await make({ eos_token: '</s>', added_tokens_decoder: {} }, { added });
  expect(newer.encode('<|turn|>').length).toBeGreaterThan(1);
});

test('a tokenizer.json without added_tokens, version or the type of its model loads', async () => {
  const { added_tokens, version, ...json } = goldenFile({ ...file, model: 'no type' });
  expect([added_tokens, version]).toHaveLength(2);
  const tokenizer = await make({ eos_token: '</s>' }, { json });
  expect(tokenizer.encode('Hello')).toEqual((await make({ eos_token: '</s>' })).encode('Hello'));
});

test('special tokens that are to be read as plain text are refused by name', async () => {
  await expect(make({ eos_token: '</s>', split_special_tokens: true })).rejects.toMatchObject({
    code: 'bad-tokenizer',
    file: 'folder/tokenizer_config.json',
    message: expect.stringContaining('split_special_tokens') as string,
  });
});
