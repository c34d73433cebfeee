import { describe, expect, test } from 'vitest';
import {
  expectedTensors,
  KNOWN_ARCHITECTURES,
  MAX_CONTEXT,
  parseConfig,
} from '../../../src/checkpoint/config';
import { ropeFrequencies } from '../../../src/checkpoint/rope';
import { GEMMA3, LLAMA32, QWEN25, QWEN3 } from './published-configs';

const read = (json: unknown) => parseConfig(json, 'config.json');
const without = (json: object, ...fields: string[]) =>
  Object.fromEntries(Object.entries(json).filter(([field]) => !fields.includes(field)));

describe('the config.json of a published model', () => {
  test.each([
    ['Qwen2.5-0.5B-Instruct', QWEN25, 494_032_768],
    ['Llama-3.2-1B-Instruct', LLAMA32, 1_235_814_400],
    ['Qwen3-0.6B', QWEN3, 596_049_920],
    ['gemma-3-270m-it', GEMMA3, 268_098_176],
  ])('%s has the parameter count of its model card', (_, json, parameters) => {
    const shapes = expectedTensors(read(json));
    const count = [...shapes.values()].reduce((n, dims) => n + dims.reduce((a, b) => a * b), 0);
    expect(count).toBe(parameters);
  });

  test('says what is particular to its family', () => {
    expect(read(QWEN25)).toMatchObject({ architecture: 'qwen2', dHead: 64, ropeTheta: 1e6 });
    expect(read(QWEN3)).toMatchObject({ architecture: 'qwen3', dHead: 128 });
    expect(read(LLAMA32).ropeScaling).toEqual({
      type: 'llama3',
      factor: 32,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositions: 8192,
    });
    const gemma = read(GEMMA3);
    expect(gemma).toMatchObject({ architecture: 'gemma3', tieWordEmbeddings: true, nKvHeads: 1 });
    expect(gemma.queryScale).toBeCloseTo(1 / 16);
    expect(gemma.window).toMatchObject({ size: 512, ropeTheta: 10_000 });
    expect(gemma.window!.layers.slice(4, 7)).toEqual([true, false, true]);
    for (const json of [QWEN25, QWEN3, LLAMA32]) expect(read(json).window).toBeUndefined();
    expect(read(LLAMA32).maxPositions).toBe(MAX_CONTEXT);
  });

  test('has biases and norms under their names', () => {
    const qwen2 = expectedTensors(read(QWEN25));
    expect(qwen2.get('model.layers.23.self_attn.k_proj.bias')).toEqual([128]);
    expect(qwen2.has('model.layers.0.self_attn.o_proj.bias')).toBe(false);
    const qwen3 = expectedTensors(read(QWEN3));
    expect(qwen3.get('model.layers.0.self_attn.q_norm.weight')).toEqual([128]);
    const gemma = expectedTensors(read(GEMMA3));
    expect(gemma.get('model.layers.17.pre_feedforward_layernorm.weight')).toEqual([640]);
    expect(gemma.get('model.layers.17.post_feedforward_layernorm.weight')).toEqual([640]);
    expect(gemma.has('lm_head.weight')).toBe(false);
  });
});

describe('one model written by transformers 4 and by transformers 5', () => {
  test('reads the same: rope_parameters of its own', () => {
    const rope_parameters = { ...LLAMA32.rope_scaling, rope_theta: 500_000 };
    const five = { ...without(LLAMA32, 'rope_theta', 'rope_scaling'), rope_parameters };
    expect(read(five)).toEqual(read(LLAMA32));
    const layer_types = new Array<string>(24).fill('full_attention');
    const qwen = {
      ...without(QWEN25, 'rope_theta', 'torch_dtype'),
      dtype: 'bfloat16',
      layer_types,
      sliding_window: null,
      rope_parameters: { rope_type: 'default', rope_theta: 1e6 },
    };
    expect(read(qwen)).toEqual(read(QWEN25));
  });

  test('reads the same: rope_parameters by kind of layer', () => {
    const rope_parameters = {
      full_attention: { rope_type: 'default', rope_theta: 1e6 },
      sliding_attention: { rope_type: 'default', rope_theta: 1e4 },
    };
    const five = {
      ...without(GEMMA3, 'rope_theta', 'rope_local_base_freq', 'rope_scaling'),
      tie_word_embeddings: true,
      rope_parameters,
    };
    expect(read(five)).toEqual(read(GEMMA3));
  });

  test('reads the same: a pattern instead of layer_types, and fields left at their defaults', () => {
    const old = without(GEMMA3, 'layer_types', '_sliding_window_pattern', 'rope_local_base_freq');
    expect(read({ ...old, sliding_window_pattern: 6 })).toEqual(read(GEMMA3));
    expect(read(without(old, 'rope_theta', 'head_dim', 'query_pre_attn_scalar'))).toEqual(
      read(GEMMA3),
    );
  });

  test('reads the same where fields are null', () => {
    const nulls = { use_sliding_window: null, layer_types: null, head_dim: null, mlp_bias: null };
    expect(read({ ...QWEN25, ...nulls, rope_parameters: null })).toEqual(read(QWEN25));
  });
});

describe('what would be computed otherwise is refused', () => {
  test.each([
    ['a softcap', { ...GEMMA3, final_logit_softcapping: 30 }, 'final_logit_softcapping is 30'],
    ['both directions', { ...GEMMA3, use_bidirectional_attention: true }, 'bidirectional'],
    ['another activation', { ...GEMMA3, hidden_activation: 'gelu' }, 'hidden_activation'],
    ['a part of each head', { ...QWEN25, partial_rotary_factor: 0.5 }, 'partial_rotary_factor'],
    [
      'a part of each head, as transformers 5 writes it',
      { ...QWEN25, rope_parameters: { rope_type: 'default', partial_rotary_factor: 0.25 } },
      'partial_rotary_factor',
    ],
    [
      'a part of each head, beside the stretching',
      { ...LLAMA32, rope_scaling: { ...LLAMA32.rope_scaling, partial_rotary_factor: 0.5 } },
      'partial_rotary_factor',
    ],
    [
      'a part of each head, in one kind of layers',
      { ...GEMMA3, rope_parameters: { sliding_attention: { partial_rotary_factor: 0.5 } } },
      'partial_rotary_factor',
    ],
    ['chunked layers', { ...GEMMA3, layer_types: GEMMA3.layer_types.map(() => 'chunked') }, 'chu'],
    ['YaRN', { ...QWEN3, rope_scaling: { rope_type: 'yarn', factor: 4 } }, 'yarn'],
    ['YaRN under its old name', { ...QWEN3, rope_scaling: { type: 'yarn', factor: 4 } }, 'yarn'],
    ['pictures', { architectures: ['Gemma3ForConditionalGeneration'], model_type: 'gemma3' }, 'Ge'],
    ['names that disagree', { ...QWEN25, model_type: 'qwen3' }, 'Qwen2ForCausalLM'],
  ])('%s', (_, json, named) => {
    expect(() => read(json)).toThrow(expect.objectContaining({ code: 'unsupported-architecture' }));
    expect(() => read(json)).toThrow(named);
    for (const known of KNOWN_ARCHITECTURES) expect(() => read(json)).toThrow(known);
  });

  test.each([
    ['scaling without its numbers', { ...LLAMA32, rope_scaling: { rope_type: 'llama3' } }],
    ['a list of layers of another length', { ...GEMMA3, layer_types: ['full_attention'] }],
    ['a window without a size', { ...GEMMA3, sliding_window: null }],
  ])('%s, as malformed', (_, json) => {
    expect(() => read(json)).toThrow(expect.objectContaining({ code: 'bad-config' }));
  });
});

describe('rotary positions are gathered as transformers 5 gathers them', () => {
  const scaling = LLAMA32.rope_scaling;
  const plain = without(LLAMA32, 'rope_theta', 'rope_scaling');

  test('a theta inside rope_scaling is the one, also beside one at the top', () => {
    const inside = { ...plain, rope_scaling: { ...scaling, rope_theta: 500_000 } };
    expect(read(inside)).toEqual(read(LLAMA32));
    expect(read({ ...inside, rope_theta: 10_000 })).toEqual(read(LLAMA32));
  });

  test('rope_scaling is taken for rope_parameters, unless it is empty', () => {
    const rope_parameters = { rope_type: 'default', rope_theta: 123 };
    const both = { ...plain, rope_parameters, rope_scaling: { ...scaling, rope_theta: 500_000 } };
    expect(read(both)).toEqual(read(LLAMA32));
    // The other dictionary counts no more, its theta included.
    expect(read({ ...both, rope_scaling: scaling }).ropeTheta).toBe(10_000);
    const empty = read({ ...both, rope_scaling: {} });
    expect(empty).toMatchObject({ ropeTheta: 123 });
    expect(empty.ropeScaling).toBeUndefined();
  });

  test('Gemma 3 adds rope_scaling to the layers that see everything', () => {
    const rope_parameters = {
      full_attention: { rope_type: 'default', rope_theta: 5e5 },
      sliding_attention: { rope_type: 'default', rope_theta: 2e4 },
    };
    const config = read({
      ...GEMMA3,
      rope_parameters,
      rope_scaling: { rope_type: 'linear', factor: 8 },
    });
    expect(config).toMatchObject({ ropeTheta: 5e5, ropeScaling: { type: 'linear', factor: 8 } });
    expect(config.window!.ropeTheta).toBe(2e4);
  });

  test('the context of the first training is the whole one where nothing else is said', () => {
    const { original_max_position_embeddings: original, ...rest } = scaling;
    const lengthOf = (json: object) => {
      const found = read(json).ropeScaling!;
      return found.type === 'llama3' ? found.originalMaxPositions : null;
    };
    expect(lengthOf({ ...LLAMA32, rope_scaling: rest })).toBe(LLAMA32.max_position_embeddings);
    const beside = { original_max_position_embeddings: original };
    expect(lengthOf({ ...LLAMA32, ...beside, rope_scaling: rest })).toBe(original);
  });

  test('partial_rotary_factor of 1 is no part', () => {
    const whole = { partial_rotary_factor: 1, rope_parameters: { partial_rotary_factor: 1 } };
    expect(read({ ...QWEN25, ...whole })).toEqual(read(QWEN25));
  });
});

describe('a layer slides as Qwen2Config and Qwen3Config decide', () => {
  const n = QWEN25.num_hidden_layers;
  const sliding = { use_sliding_window: true, sliding_window: 4096, max_window_layers: n };
  const types = (kind: string) => Array.from({ length: n }, () => `${kind}_attention`);

  test.each([
    ['max_window_layers leaves none', {}],
    ['use_sliding_window is false', { use_sliding_window: false, max_window_layers: 0 }],
    ['use_sliding_window is left out', { use_sliding_window: undefined, max_window_layers: 0 }],
    ['the window is null', { sliding_window: null, max_window_layers: 0 }],
    ['layer_types lists none', { layer_types: types('full'), max_window_layers: 0 }],
    ['the window holds all that is read', { sliding_window: MAX_CONTEXT, max_window_layers: 0 }],
    ['an unused window is odd', { use_sliding_window: false, sliding_window: -1 }],
    ['28 layers is the default', { max_window_layers: null }],
  ])('none where %s', (_, change) => {
    for (const json of [QWEN25, { ...QWEN3, num_hidden_layers: n }]) {
      expect(read({ ...json, ...sliding, ...change })).toEqual(read(json));
    }
  });

  test.each([
    ['3 of its 24', { max_window_layers: 21 }, 4096],
    ['24 of its 24', { layer_types: types('sliding') }, 4096],
    ['24 of its 24', { sliding_window: undefined, max_window_layers: 0 }, 4096],
    ['24 of its 24', { sliding_window: MAX_CONTEXT - 1, max_window_layers: 0 }, MAX_CONTEXT - 1],
  ])('%s layers, which is refused with the window', (words, change, window) => {
    const attempt = () => read({ ...QWEN25, ...sliding, ...change });
    expect(attempt).toThrow(words);
    expect(attempt).toThrow(`only the last ${window} tokens`);
    expect(attempt).toThrow(expect.objectContaining({ code: 'unsupported-architecture' }));
  });

  test('layers that are listed without a window in use are malformed, as a window that is no number', () => {
    for (const change of [
      { layer_types: types('sliding'), use_sliding_window: false },
      { max_window_layers: 0, sliding_window: '4096' },
    ]) {
      expect(() => read({ ...QWEN25, ...sliding, ...change })).toThrow(
        expect.objectContaining({ code: 'bad-config' }),
      );
    }
  });
});

test("Llama 3's stretching keeps fast pairs, slows slow ones, and blends between", () => {
  const scaling = read(LLAMA32).ropeScaling!;
  const plain = ropeFrequencies(64, 500_000, null);
  const scaled = ropeFrequencies(64, 500_000, scaling);
  const ratio = [...scaled].map((frequency, i) => frequency / plain[i]!);
  // Pair 0 turns 8192 / 2 pi times in the original context, the last one never.
  expect(ratio[0]).toBe(1);
  expect(ratio.at(-1)).toBeCloseTo(1 / 32, 12);
  const between = ratio.filter((r) => r < 1 && r > 1 / 32 + 1e-9);
  expect(between.length).toBeGreaterThan(0);
  expect(ratio).toEqual([...ratio].sort((a, b) => b - a));
});
