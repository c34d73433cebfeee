import { expect, test } from 'vitest';
import { createTokenizer } from '../../../src/checkpoint/tokenizer';
import { TokenText } from '../../../workers/token-text';
import { TINY_TOKENIZER } from './tiny-organism';

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
