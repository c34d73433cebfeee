// Tokenizers that were handed over with the ids of `tokenizers` 0.23.2 beside them. They lie outside the
// repository; where they are not, their kinds are in test/golden/tokenizers.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { Pipeline, TokenizerFile, type Steps } from '../../src/checkpoint/tokenizer-json/pipeline';
import { handedOver } from './handed-over';

const FOLDER = handedOver('faults/tokenizers');
type Expected = Record<string, readonly { readonly text: string; readonly right: number[] }[]>;

test.skipIf(!FOLDER)('every handed-over tokenizer gives the ids of the reference', () => {
  const read = (name: string) => JSON.parse(readFileSync(join(FOLDER!, name), 'utf8')) as unknown;
  const expected = Object.entries(read('expected.json') as Expected);
  expect(expected).not.toEqual([]);
  for (const [name, texts] of expected) {
    const file = read(name) as Steps;
    const pipeline = new Pipeline(v.parse(TokenizerFile, file), file);
    for (const { text, right } of texts) {
      expect([name, text, pipeline.encode(text)]).toEqual([name, text, right]);
    }
  }
});
