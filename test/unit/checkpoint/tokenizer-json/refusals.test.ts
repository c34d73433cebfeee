// What Postern cannot do as the reference does is refused when the file is read, never passed over.

import { describe, expect, test } from 'vitest';
import { createTokenizer } from '../../../../src/checkpoint/tokenizer';
import { regexFrom } from '../../../../src/checkpoint/tokenizer-json/oniguruma';
import golden from '../../../golden/tokenizers/golden.json';
import { goldenFile } from '../golden-tokenizers';

const CONFIG = {
  eos_token: '</s>',
  chat_template: '{% for m in messages %}{{ m.content }}</s>{% endfor %}',
};
const FILE = goldenFile(golden.beside.tokenizer);
const split = (Regex: string) => ({
  pre_tokenizer: { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
});
const bpe = (more: object) => ({ model: { ...FILE.model, ...more } });

describe('refused by name', () => {
  test.each([
    [
      'a pre-tokenizer with tables of its own',
      { pre_tokenizer: { type: 'UnicodeScripts' } },
      'pre-tokenizer UnicodeScripts',
    ],
    [
      'one within a sequence',
      { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'New' }] } },
      'pre-tokenizer New',
    ],
    [
      'a normalizer of SentencePiece',
      { normalizer: { type: 'Precompiled', precompiled_charsmap: '' } },
      'normalizer Precompiled',
    ],
    [
      'a normalizer of BERT',
      { normalizer: { type: 'BertNormalizer' } },
      'normalizer BertNormalizer',
    ],
    [
      'a decoder of another model',
      { decoder: { type: 'WordPiece', prefix: '##', cleanup: true } },
      'decoder WordPiece',
    ],
    [
      'a step without a type',
      { decoder: { add_prefix_space: true } },
      'A decoder in it has no type',
    ],
    [
      'a behaviour that there is not',
      { pre_tokenizer: { ...split('a').pre_tokenizer, behavior: 'isolated' } },
      '"behavior"',
    ],
    ['a setting that is missing', { pre_tokenizer: { type: 'Digits' } }, '"individual_digits"'],
    [
      'two settings at odds',
      {
        pre_tokenizer: {
          type: 'Metaspace',
          replacement: '▁',
          prepend_scheme: 'first',
          add_prefix_space: false,
        },
      },
      'contradict',
    ],
    [
      'a replacement of two characters',
      { decoder: { type: 'Metaspace', replacement: '__' } },
      'one character',
    ],
    ['merges by chance', bpe({ dropout: 0.1 }), 'dropout'],
    ['a merge of nothing', bpe({ merges: [['a', 'nobody']] }), '"nobody"'],
    ['a merge of three', bpe({ merges: ['a b c'] }), 'not two tokens'],
    ['two tokens with one id', bpe({ vocab: { a: 0, b: 0 }, merges: [] }), '"a" and "b"'],
    ['a pattern that refers back', split('(a)\\1'), '\\1'],
  ])('%s', async (_, change, named) => {
    await expect(
      createTokenizer({ ...FILE, ...change }, CONFIG, 'folder/tokenizer.json'),
    ).rejects.toMatchObject({
      code: 'bad-tokenizer',
      file: 'folder/tokenizer.json',
      message: expect.stringContaining(named) as string,
    });
  });

  test('two added tokens that the normalizer makes one, of which the reference takes either by chance', async () => {
    const token = (content: string, id: number) => ({ id, content, normalized: true });
    const json = {
      ...FILE,
      normalizer: { type: 'Lowercase' },
      added_tokens: [token('YES', 283), token('Yes', 284)],
    };
    await expect(createTokenizer(json, CONFIG, 'tokenizer.json')).rejects.toThrow(/"yes"/);
  });

  test('another kind of model says which', async () => {
    const json = { ...FILE, model: { type: 'Unigram', vocab: [['a', 0]] } };
    await expect(createTokenizer(json, CONFIG, 'tokenizer.json')).rejects.toThrow(
      /of the kind Unigram; Postern reads BPE/,
    );
  });
});

describe('patterns of Oniguruma that mean something else here, or nothing', () => {
  test.each([
    ['\\R', '\\R'],
    ['\\X', '\\X'],
    ['\\G', '\\G'],
    ['(?x)a b', 'the group'],
    ['(?m:.)', 'the group'],
    ['a(?i)b|c', '(?i) within a group'],
    ['(?i:straße)', '(?i) with st'],
    ['(?i:off)', '(?i) with off'],
    ['(?i:é)', '(?i) with é'],
    ['(?i:\\p{Lu})', '(?i) with the set Lu'],
    ['(?i:[a-é])', '(?i) with the range'],
    ['(?<=(?>a|ab))c', 'a lookbehind'],
    ['\\p{InThe}', 'the property InThe'],
    ['[[:graph:]]', '[:graph:]'],
    ['[]a]', 'begins with ]'],
    ['[a', 'without end'],
    ['(a', 'an unmatched ('],
    ['a)', 'an unmatched )'],
    ['*a', 'nothing before it'],
  ])('%s', (pattern, named) => {
    expect(() => regexFrom(pattern)).toThrow(named);
  });
});

test('a pattern whose groups are nested without end', () => {
  expect(() => regexFrom('('.repeat(5000) + ')'.repeat(5000))).toThrow('groups in more than 100');
  expect(regexFrom('(?:'.repeat(90) + 'a' + ')'.repeat(90)).test('a')).toBe(true);
});
