// The words of a direction, held against the plain sum over the model's own final norm and head: of a family
// whose norms multiply by 1 + w, and of one that multiplies by w and has a head of its own.

import { expect, test } from 'vitest';
import { createRng } from '../../../../src/core/rng';
import type { Tokenizer } from '../../../../src/checkpoint/tokenizer';
import { lensOf } from '../../../../workers/run/lens';
import { FAMILY_CONFIGS, randomWeights } from '../../onnx/random-weights';

const tokenizer = { decodeOne: (id: number) => `<${id}>` } as Tokenizer;

test.each([
  ['Gemma 3', 1, 'model.embed_tokens.weight'],
  ['Qwen2.5 with a head of its own', 0, 'lm_head.weight'],
] as const)('%s', (family, offset, head) => {
  const config = FAMILY_CONFIGS[family]!;
  const weights = randomWeights(config, 5);
  const rng = createRng(6);
  const vector = Float32Array.from({ length: config.dModel }, () => rng.normal());
  const norm = weights.get('model.norm.weight')!.data;
  const rows = weights.get(head)!.data;
  const size = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0) / config.dModel);
  const logits = Array.from({ length: config.dVocab }, (_, id) => {
    let sum = 0;
    for (let i = 0; i < config.dModel; i++) {
      sum += (vector[i]! / size) * (offset + norm[i]!) * rows[id * config.dModel + i]!;
    }
    return sum;
  });
  const mean = logits.reduce((a, b) => a + b, 0) / logits.length;
  const order = logits.map((_, id) => id).sort((a, b) => logits[b]! - logits[a]!);
  const { promoted, demoted } = lensOf({ config, weights, tokenizer }, vector, 4);
  expect(promoted.map(({ id }) => id)).toEqual(order.slice(0, 4));
  expect(demoted.map(({ id }) => id)).toEqual(order.slice(-4).reverse());
  for (const { id, score, text } of [...promoted, ...demoted]) {
    expect(score).toBeCloseTo(logits[id]! - mean, 4);
    expect(text).toBe(`<${id}>`);
  }
});
