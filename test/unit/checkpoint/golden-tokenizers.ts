// The recorded tokenizers as whole files, put together as record.py does.

import * as v from 'valibot';
import {
  Pipeline,
  TokenizerFile,
  type Steps,
} from '../../../src/checkpoint/tokenizer-json/pipeline';
import golden from '../../golden/tokenizers/golden.json';

interface GoldenCase {
  readonly model: string;
  readonly added_tokens?: readonly object[];
}

/** A tokenizer.json. */
export function goldenFile(tokenizer: GoldenCase): Record<string, unknown> & Steps {
  const model = golden.models[tokenizer.model as keyof typeof golden.models];
  const size = Object.keys(model.vocab).length;
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...tokenizer,
    added_tokens: (tokenizer.added_tokens ?? []).map((token, i) => ({ id: size + i, ...token })),
    model,
  };
}

export function goldenPipeline(name: string): Pipeline {
  const found = golden.pipelines.find((one) => one.name === name)!;
  const file = goldenFile(found.tokenizer);
  return new Pipeline(v.parse(TokenizerFile, file), file);
}
