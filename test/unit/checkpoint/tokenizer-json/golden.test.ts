// Every step that Postern runs, against what `tokenizers` made of the same texts
// (test/golden/tokenizers/record.py says how they were recorded).

import { describe, expect, test } from 'vitest';
import golden from '../../../golden/tokenizers/golden.json';
import { decoderFrom } from '../../../../src/checkpoint/tokenizer-json/decoders';
import { normalizerFrom } from '../../../../src/checkpoint/tokenizer-json/normalizers';
import { preTokenizerFrom } from '../../../../src/checkpoint/tokenizer-json/pre-tokenizers';
import { goldenPipeline } from '../golden-tokenizers';

const named = <T extends { readonly step: unknown }>(all: readonly T[]) =>
  all.map((one) => [JSON.stringify(one.step).slice(0, 120), one] as const);

describe('the reference cuts and writes the same', () => {
  test.each(named(golden.preTokenizers))('pre-tokenizer %s', (_, { step, cases }) => {
    const preTokenizer = preTokenizerFrom(step);
    const pieces = golden.texts.map((text) =>
      preTokenizer({ text, atStart: true }).map((piece) => piece.text),
    );
    expect(pieces).toEqual(cases);
  });

  test.each(named(golden.normalizers))('normalizer %s', (_, { step, cases }) => {
    const normalizer = normalizerFrom(step);
    expect(golden.texts.map((text) => normalizer({ text, atStart: true }).text)).toEqual(cases);
  });

  test.each(named(golden.decoders))('decoder %s', (_, { step, cases }) => {
    const decoder = decoderFrom(step)!;
    expect(golden.tokenLists.map((tokens) => decoder(tokens).join(''))).toEqual(cases);
  });
});

describe('the reference gives the same ids and reads them back alike', () => {
  test.each(golden.pipelines.map((one) => [one.name, one] as const))('%s', (_, { name, texts }) => {
    const pipeline = goldenPipeline(name);
    for (const { text, ids, decoded } of texts) {
      expect([text, pipeline.encode(text)]).toEqual([text, ids]);
      expect(pipeline.decode(ids)).toBe(decoded);
    }
  });
});
