// Two tokenizers that read one question alike and mean something else by other tokens.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createTokenizer, type Tokenizer } from '../../../../src/checkpoint/tokenizer';
import { sameVocabulary } from '../../../../workers/run/same-vocabulary';

interface TokenizerJson {
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
}
const read = (name: string): unknown =>
  JSON.parse(readFileSync(`models/postern-8l/${name}`, 'utf8')) as unknown;

/** The bundled tokenizer, with two words of its vocabulary in each other's place. */
function tokenizer(swapped?: readonly [string, string]): Promise<Tokenizer> {
  const json = read('tokenizer.json') as TokenizerJson;
  const { vocab } = json.model;
  const [one, other] = swapped ?? [];
  const changed =
    one === undefined || other === undefined
      ? vocab
      : { ...vocab, [one]: vocab[other], [other]: vocab[one] };
  const model = { ...json.model, vocab: changed };
  return createTokenizer({ ...json, model }, read('tokenizer_config.json'), 'tokenizer.json');
}

test('one tokenizer read twice has one vocabulary', async () => {
  expect(sameVocabulary(await tokenizer(), await tokenizer())).toBe(true);
});

test('two words in each other’s place are seen, though the prompt has neither', async () => {
  const [plain, swapped] = [await tokenizer(), await tokenizer(['x', 'q'])];
  const prompt = [{ role: 'user', content: 'What is the moon?' }] as const;
  expect(swapped.chatPrompt(prompt, true).ids).toEqual(plain.chatPrompt(prompt, true).ids);
  expect(sameVocabulary(plain, swapped)).toBe(false);
  expect(sameVocabulary(swapped, plain)).toBe(false);
});

test('a pair is compared once', async () => {
  const [one, other] = [await tokenizer(), await tokenizer()];
  let asked = 0;
  const counted: Tokenizer = {
    ...one,
    decodeOne: (id) => ((asked += 1), one.decodeOne(id)),
  };
  expect([sameVocabulary(counted, other), sameVocabulary(counted, other)]).toEqual([true, true]);
  expect(asked).toBe(one.ordinarySize);
});
