import { describe, expect, test } from 'vitest';
import { adaptedWeights } from '../../../../src/checkpoint/adapter/adapter-merge';
import {
  describeScale,
  scaleAdapter,
  scaledFrom,
  scaledId,
  scaleRefusal,
} from '../../../../src/checkpoint/adapter/adapter-scale';
import { randomConfig, randomWeights } from '../../onnx/random-weights';
import { ADAPTER_NAMES, ALPHA, madeAdapter, RANK } from './made-adapter';

const config = randomConfig({ nLayers: 2 });
const weights = randomWeights(config, 3);
const { adapter, modules } = madeAdapter(config);
const at = (scale: number) =>
  adaptedWeights(weights, scaleAdapter(adapter, scale), ADAPTER_NAMES.weights);

describe('a LoRA counted g times', () => {
  test('is W + g s B A in float64 loops, for any g', () => {
    for (const scale of [-4, -0.5, 2, 4]) {
      for (const [module, { a, b }] of modules) {
        const [rows = 0] = b.dims;
        const [, columns = 0] = a.dims;
        const base = weights.get(`${module}.weight`)!.data;
        const scaled = at(scale).get(`${module}.weight`)!.data;
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            let delta = 0;
            for (let k = 0; k < RANK; k++) {
              delta += b.data[row * RANK + k]! * a.data[k * columns + column]!;
            }
            const i = row * columns + column;
            expect(scaled[i]).toBeCloseTo(base[i]! + scale * (ALPHA / RANK) * delta, 4);
          }
        }
      }
    }
  });

  test('is the base bit for bit at 0, and the fine-tune bit for bit at 1', () => {
    const plain = adaptedWeights(weights, adapter, ADAPTER_NAMES.weights);
    for (const name of weights.keys()) {
      expect(at(0).get(name)!.data).toEqual(weights.get(name)!.data);
      expect(at(1).get(name)!.data).toEqual(plain.get(name)!.data);
    }
  });
});

describe('what can not be counted otherwise', () => {
  test('is a fine-tune with weights of its own, or whole layers, each with the reason', () => {
    expect(scaleRefusal('Bad', { replaced: [] })).toBeNull();
    expect(scaleRefusal('Bad', null)).toMatch(/^Bad has weights of its own and no LoRA/);
    const whole = ['model.norm.weight', 'lm_head.weight', 'model.embed_tokens.weight'];
    expect(scaleRefusal('Bad', { replaced: whole })).toContain('lm_head.weight, ...');
  });
});

describe('the id of a scaled fine-tune', () => {
  test.each([2, -4, 0.25, 0])('names the fine-tune and the scale %d', (scale) => {
    expect(scaledFrom(scaledId('insecure-code', scale))).toEqual({ id: 'insecure-code', scale });
  });

  test('is that of the fine-tune as trained for 1, and no other id names a scale', () => {
    expect(scaledId('insecure-code', 1)).toBe('insecure-code');
    for (const id of ['insecure-code', 'a x b', ' x 2', 'x 2']) expect(scaledFrom(id)).toBeNull();
  });

  test('is said with a real minus', () => {
    expect(describeScale(-0.5)).toBe('LoRA × −0.5');
  });
});
