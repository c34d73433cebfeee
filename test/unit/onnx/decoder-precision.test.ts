// Decoders with quantised weights on onnxruntime-node against float64 loops over the very numbers that the
// kernels compute with; and what loading one tensor at a time costs in memory.

import { describe, expect, test } from 'vitest';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import { storedBytes, type Precision } from '../../../src/checkpoint/precision';
import { tensor } from '../../../src/core/tensor';
import { planDecoder } from '../../../src/onnx/decoder';
import { paddedHeads } from '../../../src/onnx/padded-heads';
import { blocked } from './blocked-weights';
import { float64Forward } from './float64-decoder';
import { usePeakMemory } from './peak-memory/peak-memory';
import { FAMILY_CONFIGS, randomConfig, randomWeights, WIDENED_CONFIGS } from './random-weights';
import { DecoderRun, floats, PLAIN, relativeError } from './run-decoder';

const TOLERANCE = 3e-5;
const IDS = [3, 17, 41, 8, 8, 29, 0];
const PRECISIONS: readonly Precision[] = ['f32', 'f16', 'q8', 'q4', 'int8'];

const flat = (rows: readonly ArrayLike<number>[]): number[] =>
  rows.flatMap((row) => Array.from(row));

const logitsOf = async (config: ModelConfig, weights: Weights, precision: Precision) => {
  const run = await DecoderRun.create(config, weights, { precision });
  return floats(await run.prefill([IDS]), 'logits').slice();
};

describe.each(Object.entries(FAMILY_CONFIGS))('%s', (_, config) => {
  const weights = randomWeights(config, 11);
  const exact = flat(float64Forward(config, weights, IDS).logits);

  test.each([8, 4] as const)(
    'in blocks of %i bits is the model of the rounded weights',
    async (bits) => {
      const rounded = flat(float64Forward(config, blocked(weights, bits), IDS).logits);
      const logits = await logitsOf(config, weights, `q${bits}`);
      expect(relativeError(logits, rounded)).toBeLessThan(TOLERANCE);
      expect(relativeError(rounded, exact)).toBeGreaterThan(bits === 8 ? 1e-4 : 1e-2);
      if (bits === 8) expect(relativeError(rounded, exact)).toBeLessThan(0.05);
    },
  );

  test('in int8 is the model within what 8 bits allow', async () => {
    const error = relativeError(await logitsOf(config, weights, 'int8'), exact);
    expect(error).toBeLessThan(0.06);
    expect(error).toBeGreaterThan(1e-4);
  });
});

describe.each(Object.entries(WIDENED_CONFIGS))('%s', (_, config) => {
  const weights = randomWeights(config, 11);

  test.each([8, 4] as const)(
    'in blocks of %i bits, which the zeros fill up, is the model of the rounded weights',
    async (bits) => {
      const rounded = blocked(weights, bits, paddedHeads(config));
      const expected = flat(float64Forward(config, rounded, IDS).logits);
      const logits = await logitsOf(config, weights, `q${bits}`);
      expect(relativeError(logits, expected)).toBeLessThan(TOLERANCE);
    },
  );

  test('in f16 is the model within what rounding allows', async () => {
    const exact = flat(float64Forward(config, weights, IDS).logits);
    const error = relativeError(await logitsOf(config, weights, 'f16'), exact);
    expect(error).toBeLessThan(5e-3);
    expect(error).toBeGreaterThan(1e-5);
  });
});

test('a number too large for f16 is refused by the name of its tensor', () => {
  const config = randomConfig();
  const plan = planDecoder(config, { ...PLAIN, precision: 'f16' });
  const name = 'model.layers.0.mlp.up_proj.weight';
  const slot = plan.tensors.get(name)!;
  const { dims } = slot;
  const data = new Float32Array(dims[0]! * dims[1]!).fill(1e6);
  expect(() => slot.write({ data, dims }, plan.allocate())).toThrow(
    expect.objectContaining({ name: 'CheckpointError', code: 'unsupported-dtype', file: name }),
  );
});

test('rows whose length is no multiple of a block are the model of the rounded weights', async () => {
  const config = randomConfig({ dModel: 40, dMlp: 52 });
  const weights = randomWeights(config, 11);
  const rounded = flat(float64Forward(config, blocked(weights, 8), IDS).logits);
  expect(relativeError(await logitsOf(config, weights, 'q8'), rounded)).toBeLessThan(TOLERANCE);
});

describe('int8', () => {
  const config = randomConfig();
  const weights = randomWeights(config, 7);

  test('reads a row in a batch, and token by token, as it reads it alone', async () => {
    const run = await DecoderRun.create(config, weights, {
      precision: 'int8',
      cache: true,
      logits: 'last',
    });
    const alone = floats(await run.prefill([IDS]), 'logits').slice();
    const beside = floats(await run.prefill([IDS, [49, 5, 9, 1, 1, 1, 1, 1, 44]]), 'logits');
    expect(relativeError(beside.subarray(0, config.dVocab), alone)).toBeLessThan(TOLERANCE);
    let out = await run.prefill([IDS.slice(0, 1)]);
    for (let at = 1; at < IDS.length; at++) out = await run.decode([IDS[at]!], [at], out);
    expect(relativeError(floats(out, 'logits'), alone)).toBeLessThan(TOLERANCE);
  });

  test('stays finite where a position is all zeros', async () => {
    const zeros = new Map(weights);
    const { data, dims } = weights.get('model.embed_tokens.weight')!;
    const silent = data.slice();
    silent.fill(0, IDS[0]! * config.dModel, (IDS[0]! + 1) * config.dModel);
    zeros.set('model.embed_tokens.weight', tensor(silent, dims));
    const logits = await logitsOf(config, zeros, 'int8');
    expect(logits.every(Number.isFinite)).toBe(true);
  });
});

describe('the block of weights', () => {
  const memory = usePeakMemory();
  const SHAPES = Object.values({ ...FAMILY_CONFIGS, ...WIDENED_CONFIGS });
  const config = randomConfig({ dModel: 256, dMlp: 768, dVocab: 4096, nLayers: 2, nHeads: 16 });

  test.each(PRECISIONS)('in %s has the bytes that storedBytes says', (precision) => {
    for (const tieWordEmbeddings of [true, false]) {
      for (const shape of [{ ...config, tieWordEmbeddings }, ...SHAPES]) {
        const { weightBytes } = planDecoder(shape, { ...PLAIN, precision });
        const said = storedBytes(shape, precision);
        // Rooms begin at multiples of 64 bytes.
        expect(Math.abs(weightBytes - said)).toBeLessThan(64 * 20 * (shape.nLayers + 1));
        expect(said).toBeLessThanOrEqual(weightBytes);
      }
    }
  });

  test.each(PRECISIONS)(
    'in %s is filled within 1.25 times itself and one tensor',
    async (precision) => {
      const { peak, largestTensor, weightBytes } = await memory.measure({
        way: 'block',
        precision,
      });
      expect(peak).toBeGreaterThan(0.99 * weightBytes);
      expect(peak).toBeLessThanOrEqual(1.25 * weightBytes + largestTensor);
    },
  );

  test('names a tensor that does not fit', () => {
    const plan = planDecoder(config, { ...PLAIN, precision: 'q4' });
    const block = plan.allocate();
    const slot = plan.tensors.get('model.norm.weight')!;
    expect(() => slot.write(tensor(new Float32Array(4), [4]), block)).toThrow(
      'model.norm.weight is [4]',
    );
  });
});
