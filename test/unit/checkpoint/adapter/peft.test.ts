// The merge is checked against W + s B A written as plain float64 loops here, with s from PEFT's
// documentation (LoraConfig: alpha / r, or alpha / sqrt(r) with use_rslora).

import { describe, expect, test } from 'vitest';
import type { Adapter } from '../../../../src/checkpoint/adapter/peft';
import { mergeAdapter } from '../../../../src/checkpoint/adapter/adapter-merge';
import { writeAdapter } from '../../../../src/checkpoint/adapter/adapter-write';
import { readAdapter } from '../../../../src/checkpoint/adapter/peft';
import { linearShapes } from '../../../../src/checkpoint/config';
import type { TensorToWrite } from '../../../../src/checkpoint/write-safetensors';
import { writeSafetensors } from '../../../../src/checkpoint/write-safetensors';
import type { Tensor } from '../../../../src/core/tensor';
import { randomTensor, tinyConfig, tinyWeights } from '../../onnx/tiny-weights';

const base = tinyConfig(true);
const weights = tinyWeights(base);
const files = { config: 'a/adapter_config.json', weights: 'a/adapter_model.safetensors' };
const Q0 = 'model.layers.0.self_attn.q_proj';
const K1 = 'model.layers.1.self_attn.k_proj';
const DOWN1 = 'model.layers.1.mlp.down_proj';

const json = {
  peft_type: 'LORA',
  base_model_name_or_path: 'some/base',
  r: 2,
  lora_alpha: 6,
  lora_dropout: 0.1,
  target_modules: ['q_proj', 'k_proj', 'down_proj'],
  use_rslora: false,
  use_dora: false,
  bias: 'none',
  modules_to_save: null,
  task_type: 'CAUSAL_LM',
  a_key_of_next_year: null,
};

/** Factors of one module in a file: A [r, in], B [out, r]. */
function factors(module: string, r: number, seed: number): [string, TensorToWrite][] {
  const [out = 0, inner = 0] = weights.get(`${module}.weight`)!.dims;
  const key = `base_model.model.${module}`;
  return [
    [`${key}.lora_A.weight`, { ...randomTensor([r, inner], seed), dtype: 'F32' }],
    [`${key}.lora_B.weight`, { ...randomTensor([out, r], seed + 1), dtype: 'F32' }],
  ];
}

const three = (ranks = [2, 2, 2]): Map<string, TensorToWrite> =>
  new Map([
    ...factors(Q0, ranks[0]!, 10),
    ...factors(K1, ranks[1]!, 20),
    ...factors(DOWN1, ranks[2]!, 30),
  ]);

const read = (change: object = {}, tensors = three()): Adapter =>
  readAdapter({ ...json, ...change }, writeSafetensors(tensors), base, files);

/** W + s B A in float64. */
function expected(module: string, tensors: Map<string, TensorToWrite>, s: number): number[] {
  const a = tensors.get(`base_model.model.${module}.lora_A.weight`)!;
  const b = tensors.get(`base_model.model.${module}.lora_B.weight`)!;
  const { data, dims } = weights.get(`${module}.weight`)!;
  const [r = 0, columns = 0] = a.dims;
  return Array.from({ length: dims[0]! * columns }, (_, at) => {
    const row = Math.floor(at / columns);
    let sum = 0;
    for (let k = 0; k < r; k++) sum += b.data[row * r + k]! * a.data[k * columns + (at % columns)]!;
    return data[at]! + s * sum;
  });
}

function expectMerged(adapter: Adapter, scales: Record<string, number>, tensors = three()): void {
  const merged = mergeAdapter(weights, adapter);
  for (const [name, t] of weights) {
    const module = name.replace(/\.weight$/, '');
    const scale = scales[module];
    if (scale === undefined) expect(merged.get(name)).toBe(t);
    else {
      const wanted = expected(module, tensors, scale);
      merged.get(name)!.data.forEach((x, i) => expect(x).toBeCloseTo(wanted[i]!, 5));
    }
  }
}

describe('merging an adapter', () => {
  test('adds s B A where it has factors, s = alpha / r, and shares every other tensor', () => {
    expectMerged(read(), { [Q0]: 3, [K1]: 3, [DOWN1]: 3 });
  });

  test('with rsLoRA s is alpha / sqrt(r)', () => {
    const s = 6 / Math.sqrt(2);
    expectMerged(read({ use_rslora: true }), { [Q0]: s, [K1]: s, [DOWN1]: s });
  });

  test('honours rank_pattern and alpha_pattern, each by the end of the path or by an expression', () => {
    const change = {
      rank_pattern: { 'self_attn.k_proj': 3, 'layers\\.1\\.mlp\\..*': 1 },
      alpha_pattern: { 'model.layers.0.self_attn.q_proj': 8, proj: 100 },
    };
    const tensors = three([2, 3, 1]);
    expectMerged(read(change, tensors), { [Q0]: 4, [K1]: 2, [DOWN1]: 6 }, tensors);
  });

  test('honours layers_to_transform, as one layer and as a list', () => {
    const first = new Map(factors(Q0, 2, 10));
    expectMerged(read({ layers_to_transform: 0 }, first), { [Q0]: 3 }, first);
    const second = new Map([...factors(K1, 2, 20), ...factors(DOWN1, 2, 30)]);
    expectMerged(read({ layers_to_transform: [1] }, second), { [K1]: 3, [DOWN1]: 3 }, second);
  });

  test('an empty list of layers restricts nothing', () => {
    expectMerged(read({ layers_to_transform: [] }), { [Q0]: 3, [K1]: 3, [DOWN1]: 3 });
  });

  test('a missing r or lora_alpha means 8, as LoraConfig has it', () => {
    expectMerged(read({ lora_alpha: undefined }), { [Q0]: 4, [K1]: 4, [DOWN1]: 4 });
    const wide = three([8, 8, 8]);
    expectMerged(read({ r: undefined }, wide), { [Q0]: 0.75, [K1]: 0.75, [DOWN1]: 0.75 }, wide);
  });

  test('takes target_modules as a pattern', () => {
    const pattern = '.*\\.(q_proj|k_proj|down_proj)';
    expectMerged(read({ target_modules: pattern }), { [Q0]: 3, [K1]: 3, [DOWN1]: 3 });
  });

  test('ignores fan_in_fan_out on linear layers, as PEFT does', () => {
    expectMerged(read({ fan_in_fan_out: true }), { [Q0]: 3, [K1]: 3, [DOWN1]: 3 });
  });

  test('leaves the base untouched', () => {
    const before = weights.get(`${Q0}.weight`)!.data.slice();
    mergeAdapter(weights, read());
    expect(weights.get(`${Q0}.weight`)!.data).toEqual(before);
  });
});

describe('whole modules (modules_to_save)', () => {
  const key = (name: string) => `base_model.model.${name}`;
  const norm: TensorToWrite = { ...randomTensor([8], 70), dtype: 'F32' };
  const up: TensorToWrite = { ...randomTensor([12, 8], 71), dtype: 'F32' };
  const UP1 = 'model.layers.1.mlp.up_proj.weight';
  const saved = { modules_to_save: ['model.norm', 'layers.1.mlp.up_proj'] };

  test('stand in for the base’s, beside factors', () => {
    const tensors = three().set(key('model.norm.weight'), norm).set(key(UP1), up);
    const merged = mergeAdapter(weights, read(saved, tensors));
    expect(merged.get('model.norm.weight')!.data).toEqual(norm.data);
    expect(merged.get(UP1)!.data).toEqual(up.data);
    const q = expected(Q0, tensors, 3);
    merged.get(`${Q0}.weight`)!.data.forEach((x, i) => expect(x).toBeCloseTo(q[i]!, 5));
    const other = 'model.layers.0.mlp.up_proj.weight';
    expect(merged.get(other)).toBe(weights.get(other));
  });

  test('may be all there is: a fine-tune of every linear layer, written and read back', () => {
    const replaced = new Map(
      [0, 1].flatMap((layer) =>
        [...linearShapes(base)].map(([name, dims], i) => {
          const full = `model.layers.${layer}.${name}.weight`;
          return [full, randomTensor(dims, 100 + 10 * layer + i)] as const;
        }),
      ),
    );
    const written = writeAdapter({
      baseModel: '..',
      alpha: 1,
      useRslora: false,
      modules: new Map(),
      replaced,
      dtype: 'F32',
    });
    expect(written.config.target_modules).toBe('dummy-target-modules');
    const merged = mergeAdapter(
      weights,
      readAdapter(JSON.stringify(written.config), written.bytes, base, files),
    );
    for (const [name, t] of weights) {
      expect(merged.get(name)!.data).toEqual((replaced.get(name) ?? t).data);
    }
    // Python's own form of the same, with an empty list.
    const empty = { ...written.config, target_modules: [] };
    expect(readAdapter(empty, written.bytes, base, files).replaced.size).toBe(14);
  });

  test('may be named by what is around them', () => {
    const mlp = ['gate_proj', 'up_proj', 'down_proj'].map((name, i) => {
      const full = `model.layers.0.mlp.${name}.weight`;
      const t = { ...randomTensor(weights.get(full)!.dims, 80 + i), dtype: 'F32' as const };
      return [key(full), t] as const;
    });
    const tensors = new Map([...three(), ...mlp]);
    const adapter = read({ modules_to_save: ['layers.0.mlp'] }, tensors);
    expect(adapter.replaced.size).toBe(3);
  });

  test.each([
    ['named, but not there', three(), 'missing-tensor', 'layers.1.mlp.up_proj'],
    [
      'of another shape',
      three()
        .set(key('model.norm.weight'), { ...norm, ...randomTensor([4], 1) })
        .set(key(UP1), up),
      'wrong-base',
      '[4]',
    ],
    [
      'not named',
      new Map([...three(), [key('model.layers.0.mlp.up_proj.weight'), up] as const]),
      'unsupported-adapter',
      'layers.0.mlp.up_proj',
    ],
  ])('are refused when %s', (_, tensors, code, word) => {
    expect(() => read(saved, tensors)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(word) as unknown }),
    );
  });

  test('that are also targets of LoRA are refused', () => {
    const weight = weights.get(`${Q0}.weight`)!;
    const tensors = three().set(key(`${Q0}.weight`), { ...weight, dtype: 'F32' });
    expect(() => read({ modules_to_save: ['layers.0.self_attn.q_proj'] }, tensors)).toThrow(
      expect.objectContaining({ code: 'unsupported-adapter' }),
    );
  });
});

describe('writing an adapter', () => {
  const modules = new Map(
    [Q0, DOWN1].map((module, i) => {
      const [out = 0, inner = 0] = weights.get(`${module}.weight`)!.dims;
      const factor = { a: randomTensor([2, inner], 50 + i), b: randomTensor([out, 2], 60 + i) };
      return [module, factor] as const;
    }),
  );

  test('gives files that read back to the same factors and scale', () => {
    const written = writeAdapter({
      baseModel: '..',
      alpha: 2,
      useRslora: true,
      modules,
      dtype: 'F32',
    });
    const adapter = readAdapter(JSON.stringify(written.config), written.bytes, base, files);
    expect([...adapter.modules.keys()].sort()).toEqual([...modules.keys()].sort());
    for (const [module, { a, b }] of modules) {
      expect(adapter.modules.get(module)).toEqual({ a, b, scale: 2 / Math.sqrt(2) });
    }
    expect(written.config.target_modules).toEqual(['down_proj', 'q_proj']);
  });

  test('in F16 keeps about three digits in half the bytes', () => {
    const write = (dtype: 'F16' | 'F32') =>
      writeAdapter({ baseModel: '..', alpha: 2, useRslora: false, modules, dtype });
    const { config, bytes } = write('F16');
    const adapter = readAdapter(config, bytes, base, files);
    adapter.modules.get(Q0)!.a.data.forEach((x, i) => {
      const exact = modules.get(Q0)!.a.data[i]!;
      expect(Math.abs(x - exact)).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -11 + 2 ** -25);
    });
    expect(bytes.length).toBeLessThan(write('F32').bytes.length);
  });

  test('with different ranks is refused', () => {
    const odd = new Map<string, { a: Tensor; b: Tensor }>([
      ...modules,
      [K1, { a: randomTensor([3, 8], 1), b: randomTensor([8, 3], 2) }],
    ]);
    const wrong = {
      baseModel: '',
      alpha: 1,
      useRslora: false,
      modules: odd,
      dtype: 'F32',
    } as const;
    expect(() => writeAdapter(wrong)).toThrow(expect.objectContaining({ code: 'wrong-shape' }));
  });
});

describe('an adapter that would not mean what its author meant', () => {
  test.each([
    ['use_dora', { use_dora: true }],
    ['lora_bias', { lora_bias: true }],
    ['target_parameters', { target_parameters: ['mlp.experts'] }],
    ['target_modules', { target_modules: [] }],
    ['bias', { bias: 'lora_only' }],
    ['peft_type', { peft_type: 'IA3' }],
    ['layer_replication', { layer_replication: [[0, 2]] }],
    ['trainable_token_indices', { trainable_token_indices: [5] }],
    ['init_lora_weights', { init_lora_weights: 'pissa_niter_4' }],
    ['a_key_of_next_year', { a_key_of_next_year: 1 }],
  ])('is refused by the name of its setting: %s', (name, change) => {
    const error = {
      code: 'unsupported-adapter',
      message: expect.stringContaining(name) as unknown,
    };
    expect(() => read(change)).toThrow(expect.objectContaining(error));
  });

  test.each([
    ['a bias', 'base_model.model.model.layers.0.self_attn.q_proj.bias'],
    ['a DoRA magnitude', `base_model.model.${Q0}.lora_magnitude_vector`],
    ['an embedding', 'base_model.model.model.embed_tokens.lora_embedding_A'],
    ['an adapter name on disk', `base_model.model.${Q0}.lora_A.default.weight`],
  ])('is refused for %s among its tensors', (_, key) => {
    const extra = { dims: [2], data: new Float32Array(2), dtype: 'F32' } as const;
    expect(() => read({}, three().set(key, extra))).toThrow(
      expect.objectContaining({
        code: 'unsupported-adapter',
        message: expect.stringContaining(key) as unknown,
      }),
    );
  });

  test.each([
    ['a wider base', { ...base, dModel: 16, dHead: 8 }],
    ['fewer layers', { ...base, nLayers: 1 }],
  ])('is refused on %s as made for another base, which is named', (_, other) => {
    expect(() => readAdapter(json, writeSafetensors(three()), other, files)).toThrow(
      expect.objectContaining({
        code: 'wrong-base',
        message: expect.stringContaining('some/base') as unknown,
      }),
    );
  });

  test.each([
    ['another rank than its configuration says', { r: 4 }, 'wrong-shape'],
    ['factors that it does not target', { target_modules: ['q_proj'] }, 'unsupported-adapter'],
    ['a pattern that cannot be read', { target_modules: '(q_proj' }, 'unsupported-adapter'],
    ['rank zero', { r: 0 }, 'bad-config'],
    ['no layer left', { layers_to_transform: [7] }, 'unsupported-adapter'],
  ])('is refused with %s', (_, change, code) => {
    expect(() => read(change)).toThrow(expect.objectContaining({ code }));
  });

  test('is refused with one factor missing, or a value that is no number', () => {
    const half = three();
    half.delete(`base_model.model.${K1}.lora_B.weight`);
    expect(() => read({}, half)).toThrow(expect.objectContaining({ code: 'missing-tensor' }));
    const bytes = writeSafetensors(three());
    new DataView(bytes.buffer).setFloat32(bytes.length - 4, Infinity, true);
    expect(() => readAdapter(json, bytes, base, files)).toThrow(
      expect.objectContaining({ code: 'not-finite', file: files.weights }),
    );
  });
});
