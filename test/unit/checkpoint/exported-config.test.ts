import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/checkpoint/config';
import { exportedConfig } from '../../../src/checkpoint/exported-config';
import { LLAMA32 } from './published-configs';

test('a checkpoint whose adapter untied the head and added tokens says so when it is saved', () => {
  const text = exportedConfig(LLAMA32, 'config.json', {
    precision: 'f32',
    tieWordEmbeddings: false,
    dVocab: LLAMA32.vocab_size + 2,
    onnx: null,
  });
  expect(LLAMA32.tie_word_embeddings).toBe(true);
  expect(parseConfig(text, 'config.json')).toEqual({
    ...parseConfig(LLAMA32, 'config.json'),
    tieWordEmbeddings: false,
    dVocab: LLAMA32.vocab_size + 2,
  });
});
