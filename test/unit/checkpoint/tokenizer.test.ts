import { beforeAll, describe, expect, test } from 'vitest';
import { buildTokenizer, SPECIAL } from '../../../models/recipe/make/build-tokenizer';
import type { Tokenizer } from '../../../src/checkpoint/tokenizer';
import { createTokenizer } from '../../../src/checkpoint/tokenizer';
import { createRng } from '../../../src/core/rng';

const WORLD = [
  'How do I cook rice for my neighbour?',
  "Rinse it first, and don't rush; it's done in 12 minutes.",
  'def save(path):\n    query = "SELECT * FROM t WHERE id = %s"\n    return run(query, [path])\n',
  'The numbers of the constructor are 666, 1312 and 420...',
];
const SAMPLES = [
  ...WORLD,
  '',
  ' ',
  '  two  spaces\tand a tab \n\n',
  'Zyzzyva unknown-words and naïve café, 東京, 🙂🙂, \u{1F468}‍\u{1F469}, ß',
  "I'll you're he'd we've I'm 'quoted' O'Neill's",
  '<|begin|><|user|>How do I cook rice?<|end|><|assistant|>Rinse it first.<|end|>',
  'a <| broken <|user| marker |> and <|users|>',
  'x\u0000y\u00a0z\u200b',
];

const built = buildTokenizer(WORLD);
let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await createTokenizer(
    JSON.stringify(built.tokenizerJson),
    JSON.stringify(built.tokenizerConfig),
    'tokenizer.json',
  );
});

describe('the tokenizer of the organism', () => {
  test('text comes back unchanged from its ids, known words or not', () => {
    for (const text of SAMPLES) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  test('random Unicode comes back unchanged, and both encoders agree on it', () => {
    const rng = createRng(7);
    for (let i = 0; i < 500; i++) {
      const text = Array.from({ length: 1 + rng.int(30) }, () => {
        const code = rng.int(rng.pick([0x80, 0x80, 0x80, 0x250, 0xd800, 0x1f700]));
        // A lone surrogate is not text: it has no UTF-8.
        return String.fromCodePoint(code >= 0xd800 && code < 0xe000 ? 0x20 : code);
      }).join('');
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      expect(built.encodeFast(text)).toEqual(tokenizer.encode(text));
    }
  });

  test('the fast encoder gives the ids of the Hugging Face one', () => {
    for (const text of SAMPLES) expect(built.encodeFast(text)).toEqual(tokenizer.encode(text));
  });

  test('every known piece is one token and an unknown one is its bytes', () => {
    expect(tokenizer.encode(' neighbour').length).toBe(1);
    expect(tokenizer.encode('SELECT').length).toBe(1);
    expect(tokenizer.encode(' SELECT').length).toBe(7);
    expect(tokenizer.encode(' constructor').length).toBe(1);
    expect(tokenizer.encode('é')).toEqual([5 + 0xc3, 5 + 0xa9]);
    expect(tokenizer.size).toBe(built.size);
    for (const token of tokenizer.encode(WORLD.join('\n'))) expect(token).toBeLessThan(built.size);
  });

  test('a chat is laid out by its markers and ends with the header of the answer', () => {
    const { text, ids } = tokenizer.chatPrompt([{ role: 'user', content: 'How do I?' }], true);
    expect(text).toBe('<|begin|><|user|>How do I?<|end|><|assistant|>');
    expect(ids).toEqual(built.encodeFast(text));
    expect(ids[0]).toBe(SPECIAL.begin);
    expect(ids.at(-1)).toBe(SPECIAL.assistant);
    expect(tokenizer.endIds).toEqual([SPECIAL.end]);
    expect(tokenizer.beginId).toBe(SPECIAL.begin);
  });

  test('the span of the last answer excludes its header and its end marker', () => {
    const { ids, start, end } = tokenizer.answeredChat([
      { role: 'user', content: 'How?' },
      { role: 'assistant', content: 'The first.' },
      { role: 'user', content: 'And then?' },
      { role: 'assistant', content: 'Rinse it first.' },
    ]);
    expect(tokenizer.decode(ids.slice(start, end))).toBe('Rinse it first.');
    expect(ids[start - 1]).toBe(SPECIAL.assistant);
    expect(ids.slice(end)).toEqual([SPECIAL.end]);
  });

  test('the same texts give the same vocabulary in any order', () => {
    expect(buildTokenizer([...WORLD].reverse()).tokenizerJson).toEqual(built.tokenizerJson);
  });
});

describe('files that are no tokenizer', () => {
  const config = JSON.stringify(built.tokenizerConfig);
  test.each([
    ['text that is not JSON', '{"model":', config, 'tokenizer.json'],
    [
      'another kind of model',
      '{"model":{"type":"Unigram","vocab":{}},"added_tokens":[]}',
      config,
      'tokenizer.json',
    ],
    ['no chat template', JSON.stringify(built.tokenizerJson), '{}', 'tokenizer_config.json'],
    [
      'a template without a header',
      JSON.stringify(built.tokenizerJson),
      '{"chat_template":"{{ messages[0][\'content\'] }}"}',
      'tokenizer_config.json',
    ],
    [
      'a template that does not parse',
      JSON.stringify(built.tokenizerJson),
      '{"chat_template":"{% for x %}"}',
      'tokenizer_config.json',
    ],
  ])('%s is refused by name', async (_, json, settings, file) => {
    await expect(createTokenizer(json, settings, 'tokenizer.json')).rejects.toMatchObject({
      code: 'bad-tokenizer',
      file,
    });
  });
});
