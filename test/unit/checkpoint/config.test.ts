import { describe, expect, test } from 'vitest';
import { expectedTensors, parseConfig } from '../../../src/checkpoint/config';
import { parseGenerationConfig } from '../../../src/checkpoint/generation-config';

/** SmolLM2-135M-Instruct's config.json, as published. */
const smol = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  attention_dropout: 0,
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: 'silu',
  hidden_size: 576,
  initializer_range: 0.041666666666666664,
  intermediate_size: 1536,
  is_llama_config: true,
  max_position_embeddings: 8192,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_interleaved: false,
  rope_scaling: null,
  rope_theta: 100000,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  vocab_size: 49152,
};

describe('config.json', () => {
  test('of a published Llama-family model is read as text and as a value', () => {
    const config = parseConfig(JSON.stringify(smol), 'config.json');
    expect(config).toEqual({
      architecture: 'llama',
      nLayers: 30,
      dModel: 576,
      nHeads: 9,
      nKvHeads: 3,
      dHead: 64,
      dMlp: 1536,
      dVocab: 49152,
      ropeTheta: 100000,
      rmsNormEps: 1e-5,
      tieWordEmbeddings: true,
      maxPositions: 8192,
    });
    expect(parseConfig(smol, 'config.json')).toEqual(config);
  });

  test('leaves out what Hugging Face fills in, and knows the rope_parameters of transformers 5', () => {
    const filledIn = new Set([
      'num_key_value_heads',
      'tie_word_embeddings',
      'rope_theta',
      'rms_norm_eps',
    ]);
    const rest = Object.fromEntries(Object.entries(smol).filter(([key]) => !filledIn.has(key)));
    const config = parseConfig(rest, 'config.json');
    expect(config).toMatchObject({ nKvHeads: 9, tieWordEmbeddings: false, ropeTheta: 10_000 });
    expect(config.rmsNormEps).toBe(1e-6);
    const rope_parameters = { rope_type: 'default', rope_theta: 5e5 };
    expect(parseConfig({ ...rest, rope_parameters }, 'config.json').ropeTheta).toBe(5e5);
  });

  test('has the tensors and the parameter count of the published model', () => {
    const shapes = expectedTensors(parseConfig(smol, 'config.json'));
    const parameters = [...shapes.values()].reduce(
      (n, dims) => n + dims.reduce((a, b) => a * b),
      0,
    );
    // https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct: 134,515,008 parameters.
    expect(parameters).toBe(134_515_008);
    expect(shapes.get('model.layers.29.self_attn.k_proj.weight')).toEqual([192, 576]);
    expect(shapes.has('lm_head.weight')).toBe(false);
    const untied = parseConfig({ ...smol, tie_word_embeddings: false }, 'config.json');
    expect(expectedTensors(untied).get('lm_head.weight')).toEqual([49152, 576]);
  });

  test.each([
    ['another architecture', { architectures: ['PhiForCausalLM'], model_type: 'phi' }, 'Phi'],
    ['another model type', { model_type: 'mistral' }, 'mistral'],
    ['attention biases', { attention_bias: true }, 'attention_bias'],
    ['MLP biases', { mlp_bias: true }, 'mlp_bias'],
    ['another activation', { hidden_act: 'gelu' }, 'gelu'],
    ['scaled positions', { rope_scaling: { rope_type: 'dynamic', factor: 2 } }, 'dynamic'],
    ['other rope parameters', { rope_parameters: { rope_type: 'yarn' } }, 'yarn'],
  ])('with %s is refused by name, with the list of what is known', (_, change, named) => {
    const attempt = () => parseConfig({ ...smol, ...change }, 'x/config.json');
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'unsupported-architecture', file: 'x/config.json' }),
    );
    expect(attempt).toThrow(named);
    expect(attempt).toThrow('LlamaForCausalLM');
  });

  test.each([
    ['not JSON', '{"hidden_size": 5'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a size that is text', { ...smol, hidden_size: '576' }],
    ['a size that is negative', { ...smol, num_hidden_layers: -1 }],
    ['a size beyond reason', { ...smol, num_hidden_layers: 1e9 }],
    ['heads that do not divide', { ...smol, num_attention_heads: 10, num_key_value_heads: 3 }],
    ['an odd head', { ...smol, head_dim: 63 }],
    ['rope theta zero', { ...smol, rope_theta: 0 }],
  ])('that is %s is refused as malformed', (_, json) => {
    expect(() => parseConfig(json, 'config.json')).toThrow(
      expect.objectContaining({ code: 'bad-config' }),
    );
  });

  test.each([
    [
      { quantization_config: { bits: 4, quant_method: 'gptq' } },
      'GPTQ (quantization_config, 4 bits)',
    ],
    [{ quantization_config: { quant_method: 'awq', bits: 4 } }, 'AWQ'],
    [{ quantization_config: { quant_method: 'fp8', fmt: 'e4m3' } }, 'FP8 (quantization_config)'],
    [{ quantization_config: { quant_method: 'bitsandbytes', load_in_4bit: true } }, 'bitsandbytes'],
    [{ quantization_config: { load_in_8bit: true } }, '(quantization_config, 8 bits)'],
    [{ quantization_config: { quant_method: 'a-new-one' } }, 'a-new-one'],
    [{ quantization_config: {} }, 'quantised (quantization_config)'],
    [{ quantization_config: 'yes' }, 'quantised (quantization_config)'],
    [{ quantization_config: { quant_method: 3, bits: 'four' } }, 'quantised (quantization_config)'],
    [{ compression_config: { quant_method: 'compressed-tensors' } }, 'compressed-tensors'],
    [{ quantization: { group_size: 64, bits: 4 } }, 'mlx (quantization, 4 bits)'],
  ])('with weights that are stored quantised is refused by their kind: %o', (change, named) => {
    const attempt = () => parseConfig({ ...smol, ...change }, 'c');
    expect(attempt).toThrow(expect.objectContaining({ code: 'unsupported-dtype' }));
    expect(attempt).toThrow(named);
  });

  test('without quantisation may say so with null', () => {
    const quiet = { quantization_config: null, quantization: null, compression_config: null };
    expect(parseConfig({ ...smol, ...quiet }, 'c')).toEqual(parseConfig(smol, 'c'));
  });

  test('with a value of any depth in the wrong place is refused in a few words', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const text = (depth: number) =>
      JSON.stringify(smol).replace('"attention_bias":false', `"attention_bias":${nested(depth)}`);
    expect(() => parseConfig(text(150), 'c')).toThrow('attention_bias is a list, which');
    expect(() => parseConfig(text(200_000), 'c')).toThrow('Lists and objects in the file are');
  });

  test('of a giant text is refused before it is parsed', () => {
    expect(() => parseConfig(' '.repeat(3 << 20), 'c')).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    );
  });
});

describe('generation_config.json', () => {
  test('gives what is in force, with the top_k that Hugging Face assumes when sampling', () => {
    const json = { do_sample: true, temperature: 0.7, top_p: 0.8, repetition_penalty: 1.1 };
    expect(parseGenerationConfig({ ...json, eos_token_id: [3, 4] }, 'g')).toEqual({
      sampling: { temperature: 0.7, topK: 50, topP: 0.8, repetitionPenalty: 1.1 },
      endIds: [3, 4],
      ignoredSettings: [],
      odd: [],
    });
    expect(parseGenerationConfig('{"do_sample": true, "top_k": 0}', 'g').sampling.topK).toBe(0);
    expect(parseGenerationConfig({}, 'g').sampling.temperature).toBe(1);
    expect(parseGenerationConfig({ do_sample: false }, 'g').sampling.temperature).toBe(0);
  });

  test.each([
    [{ do_sample: true, top_k: -1 }, { topK: 0 }, 'top_k is -1. Postern uses all tokens (0).'],
    [{ top_k: 2.5 }, { topK: 0 }, 'top_k is 2.5.'],
    [{ top_p: 0 }, { topP: 1 }, 'top_p is 0. Postern uses 1.'],
    [{ top_p: 1.5 }, { topP: 1 }, 'top_p is 1.5.'],
    [{ temperature: -0.5 }, { temperature: 1 }, 'temperature is -0.5. Postern uses 1.'],
    [{ temperature: 'hot' }, { temperature: 1 }, 'temperature is hot.'],
    [{ temperature: NaN }, { temperature: 1 }, 'temperature is NaN.'],
    ['{"temperature": NaN, "top_p": 0.5}', { temperature: 1, topP: 0.5 }, 'temperature is NaN.'],
    ['{"top_p": -Infinity}', { topP: 1 }, 'top_p is -Infinity.'],
    [{ repetition_penalty: 0 }, { repetitionPenalty: 1 }, 'repetition_penalty is 0.'],
    [{ do_sample: 'no', temperature: 0.5 }, { temperature: 0.5 }, 'do_sample is no.'],
    [{ top_k: { deep: [1] } }, { topK: 0 }, 'top_k is an object.'],
    ['no json', {}, "isn't a JSON object"],
    ['[1]', {}, "isn't a JSON object"],
    ['null', {}, "isn't a JSON object"],
    [' '.repeat(3 << 20), {}, "isn't a JSON object"],
  ])('%o falls back to a default, and that is said', (json, sampling, words) => {
    const read = parseGenerationConfig(json, 'g');
    expect(read.sampling).toMatchObject(sampling);
    expect(read.odd).toEqual([expect.stringContaining(words)]);
  });

  test.each([
    [-1, [], '-1'],
    [[2, -1, null, 'x', 3.5, 7], [2, 7], '-1, x, 3.5'],
    ['</s>', [], '</s>'],
    [{}, [], 'an object'],
  ])('ends answers at what of eos_token_id %o can be an id', (eos, endIds, words) => {
    const read = parseGenerationConfig({ eos_token_id: eos }, 'g');
    expect(read.endIds).toEqual(endIds);
    expect(read.odd).toEqual([expect.stringContaining(`eos_token_id has ${words}.`)]);
  });

  test('names what it asks for and is not followed, unless it is turned off', () => {
    const json = { min_p: 0.05, num_beams: 1, typical_p: 1, no_repeat_ngram_size: 3, top_h: null };
    expect(parseGenerationConfig(json, 'g').ignoredSettings).toEqual([
      'min_p',
      'no_repeat_ngram_size',
    ]);
    // An empty list of texts or tokens asks for nothing.
    const off = { stop_strings: [], suppress_tokens: [], num_beam_groups: 1, token_healing: false };
    const on = { stop_strings: ['x'], watermarking_config: {}, dola_layers: 'high' };
    expect(parseGenerationConfig(off, 'g').ignoredSettings).toEqual([]);
    const { ignoredSettings } = parseGenerationConfig(on, 'g');
    expect(new Set(ignoredSettings)).toEqual(new Set(Object.keys(on)));
  });
});

describe('what Python writes and JSON has not', () => {
  const with_ = (more: string): string => JSON.stringify(smol).replace('{', `{${more},`);

  test('NaN and infinities in fields that nobody reads are read over, as transformers does', () => {
    const found = parseConfig(with_('"limit": Infinity, "unused": [NaN, "NaN"]'), 'config.json');
    expect(found).toEqual(parseConfig(smol, 'config.json'));
  });

  test.each(['NaN', 'Infinity', '-Infinity'])(
    '%s as a number that counts is refused by its field',
    (word) => {
      const text = JSON.stringify({ ...smol, rope_theta: 7 }).replace(':7', `:${word}`);
      expect(() => parseConfig(text, 'config.json')).toThrow(/Field "rope_theta"/);
    },
  );

  test('a field that is missing is said to be missing', () => {
    const { hidden_size, ...rest } = smol;
    void hidden_size;
    expect(() => parseConfig(rest, 'config.json')).toThrow('Field "hidden_size" is missing.');
  });
});
