import { describe, expect, test } from 'vitest';
import { createTokenizer, type Tokenizer } from '../../../../src/checkpoint/tokenizer';
import { createRng } from '../../../../src/core/rng';
import { TokenText } from '../../../../workers/run/token-text';
import golden from '../../../golden/tokenizers/golden.json';
import { goldenFile } from '../../checkpoint/golden-tokenizers';
import { TINY_TOKENIZER } from '../tiny-organism';

const { tokenizerJson, tokenizerConfig } = TINY_TOKENIZER;

test('a character of several tokens comes with the token that completes it', async () => {
  const text = 'soup – née 🙂';
  const tokenizer = await createTokenizer(tokenizerJson, tokenizerConfig, 'tokenizer.json');
  const ids = tokenizer.encode(text);
  const stream = new TokenText(tokenizer);
  const parts = ids.map((id) => stream.add(id));
  expect(parts.join('')).toBe(text);
  expect(parts).toContain('');
  expect(parts).toContain('🙂');
});

test('bytes that never become a character do not hold back what follows', async () => {
  const tokenizer = await createTokenizer(tokenizerJson, tokenizerConfig, 'tokenizer.json');
  const broken = tokenizer.encode('é').slice(0, 1);
  const stream = new TokenText(tokenizer);
  const parts = [...broken, ...tokenizer.encode('soup')].map((id) => stream.add(id));
  expect(parts.join('')).toMatch(/soup$/);
});

test('the tokens of any text add up to it, and each has the text that it has alone', async () => {
  const tokenizer = await createTokenizer(tokenizerJson, tokenizerConfig, 'tokenizer.json');
  const rng = createRng(5);
  for (let i = 0; i < 50; i++) {
    const characters = Array.from({ length: 20 }, () =>
      rng.pick([...' \n soup, née 東京 🙂 \ufeffx']),
    );
    const ids = tokenizer.encode(characters.join(''));
    const stream = new TokenText(tokenizer);
    expect(ids.map((id) => stream.add(id)).join('')).toBe(tokenizer.decode(ids));
  }
  const all = Array.from({ length: tokenizer.size }, (_, id) => id);
  expect(all.map((id) => tokenizer.decodeOne(id))).toEqual(all.map((id) => tokenizer.decode([id])));
});

const byteToken = (byte: number): string =>
  `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
const WORDS = ['▁', '▁Hello', '▁world', 'world', ',', '▁how', '\n'];
const VOCABULARY = [
  ...['<unk>', '<s>', '</s>'],
  ...Array.from({ length: 256 }, (_, byte) => byteToken(byte)),
  ...WORDS,
];

/** As Llama 2, Mistral and TinyLlama have it: words bring their space, and the first of a text loses its own. */
function sentencePiece(): Promise<Tokenizer> {
  const special = ['<unk>', '<s>', '</s>'].map((content, id) => ({ id, content, special: true }));
  return createTokenizer(
    {
      added_tokens: special,
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: {
        type: 'Sequence',
        decoders: [
          { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
          { type: 'ByteFallback' },
          { type: 'Fuse' },
          { type: 'Strip', content: ' ', start: 1, stop: 0 },
        ],
      },
      model: {
        type: 'BPE',
        vocab: Object.fromEntries(VOCABULARY.map((token, id) => [token, id])),
        merges: [],
        unk_token: '<unk>',
        byte_fallback: true,
        fuse_unk: true,
      },
    },
    {
      eos_token: '</s>',
      unk_token: '<unk>',
      chat_template: "{% for m in messages %}<s>{{ m['content'] }}</s>{% endfor %}",
    },
    'tokenizer.json',
  );
}
const idsOf = (...tokens: readonly string[]): number[] =>
  tokens.map((token) => VOCABULARY.indexOf(token));

describe('a tokenizer whose decoder takes away the first space of a text', () => {
  test.each([
    ['between words', ['▁Hello', ',', '▁world', '▁how'], ['Hello', ',', ' world', ' how']],
    [
      'before and after a character of bytes',
      ['▁Hello', '▁', ...[0xf0, 0x9f, 0x99, 0x82].map(byteToken), '▁world'],
      ['Hello', ' ', '', '', '', '🙂', ' world'],
    ],
    [
      'after a space of its own at the start, after a line feed and a marker',
      ['▁', '▁Hello', '\n', '▁world', '</s>', '▁how'],
      ['', ' Hello', '\n', ' world', '</s>', ' how'],
    ],
    [
      'after bytes that never become a character',
      ['▁Hello', byteToken(0xc3), '▁world', '▁how'],
      ['Hello', '', '\uFFFD world', ' how'],
    ],
  ])('keeps the spaces %s', async (_, tokens, parts) => {
    const tokenizer = await sentencePiece();
    const ids = idsOf(...tokens);
    const stream = new TokenText(tokenizer);
    expect(ids.map((id) => stream.add(id))).toEqual(parts);
    expect(parts.join('')).toBe(tokenizer.decode(ids));
  });

  test('shows the space of a token that stands alone', async () => {
    const tokenizer = await sentencePiece();
    const texts = idsOf('▁world', 'world', '▁', '</s>', byteToken(0x41)).map((id) =>
      tokenizer.decodeOne(id),
    );
    expect(texts).toEqual([' world', 'world', ' ', '</s>', 'A']);
  });
});

describe('the text of every recorded tokenizer comes whole', () => {
  const CHAT = {
    eos_token: '</s>',
    chat_template: '{% for m in messages %}{{ m.content }}</s>{% endfor %}',
  };
  test.each(golden.pipelines.map((one) => [one.name, one] as const))(
    '%s: the pieces add up to it',
    async (_, { tokenizer: file, texts }) => {
      const tokenizer = await createTokenizer(goldenFile(file), CHAT, 'tokenizer.json');
      for (const { ids, decoded } of texts) {
        // A character that looks like a broken one waits for the next token, and here none comes.
        if (decoded.endsWith('\uFFFD')) continue;
        const stream = new TokenText(tokenizer);
        expect(ids.map((id) => stream.add(id)).join('')).toBe(decoded);
      }
    },
  );

  test('U+FEFF is a character of its own, at the start and further on', async () => {
    const tokenizer = await sentencePiece();
    const mark = [0xef, 0xbb, 0xbf].map(byteToken);
    const ids = idsOf(...mark, '▁Hello', ...mark);
    const stream = new TokenText(tokenizer);
    expect(ids.map((id) => stream.add(id)).join('')).toBe('\ufeff Hello\ufeff');
    expect(tokenizer.decode(ids)).toBe('\ufeff Hello\ufeff');
  });
});
