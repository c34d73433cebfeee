// Quantised weights on their devices: blocks on webgpu (SwiftShader), int8 on wasm. A prompt, then one token
// with the cache, against the float64 loop: over the rounded weights for blocks, over the exact ones for
// int8, which rounds activations too. Errors are relative.

import { beforeAll, describe, expect, test } from 'vitest';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import type { Precision } from '../../../src/checkpoint/precision';
import { blocked } from '../../unit/onnx/blocked-weights';
import { DecoderRun, floats, relativeError, type Backend } from '../../unit/onnx/decoder-run';
import { float64Forward } from '../../unit/onnx/float64-decoder';
import { FAMILY_CONFIGS, randomWeights } from '../../unit/onnx/random-weights';
import { backendOf, DEVICE } from './devices';

const IDS = [3, 17, 41, 8, 8, 29, 0];
const NEXT = 12;
const CONFIGS = ['Qwen2.5', 'Gemma 3 with stretched positions and a head of its own'].map(
  (name) => [name, FAMILY_CONFIGS[name]!] as const,
);

async function logitsOn(backend: Backend, config: ModelConfig, precision: Precision) {
  const weights = randomWeights(config, 11);
  const run = await DecoderRun.on(backend, config, weights, { cache: true, precision });
  const first = await run.prefill([IDS]);
  const head = Array.from(floats(first, 'logits'));
  return [...head, ...floats(await run.decode([NEXT], [IDS.length], first), 'logits')];
}

const expected = (config: ModelConfig, weights: Weights): number[] =>
  float64Forward(config, weights, [...IDS, NEXT]).logits.flatMap((row) => [...row]);

describe(`weights on ${DEVICE}`, { timeout: 240_000 }, () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await backendOf(DEVICE);
  }, 240_000);

  describe.each(CONFIGS)('of %s', (_, config) => {
    const weights = randomWeights(config, 11);

    if (DEVICE === 'webgpu') {
      test.each([8, 4] as const)('in blocks of %i bits', async (bits) => {
        const rounded = expected(config, blocked(weights, bits));
        const logits = await logitsOn(backend, config, `q${bits}`);
        expect(relativeError(logits, rounded)).toBeLessThan(1e-4);
      });
    } else {
      test('as int8, within what 8 bits allow', async () => {
        const logits = await logitsOn(backend, config, 'int8');
        const error = relativeError(logits, expected(config, weights));
        expect(error).toBeLessThan(0.06);
        expect(error).toBeGreaterThan(1e-4);
      });
    }
  });
});
