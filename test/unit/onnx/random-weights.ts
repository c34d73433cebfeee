// Random checkpoints of any shape under Hugging Face names, the same from run to run. Scales are those of
// a freshly initialised model times a few, so that attention is peaked and no path is nearly linear.

import { expectedTensors, parseConfig, type ModelConfig } from '../../../src/checkpoint/config';
import { createRng } from '../../../src/core/rng';
import { sizeOf, tensor, type Tensor } from '../../../src/core/tensor';
import { GEMMA3, LLAMA32, QWEN25, QWEN3 } from '../checkpoint/published-configs';

/** A small config; override what a test is about. */
export function randomConfig(overrides: Partial<ModelConfig> = {}): ModelConfig {
  return {
    architecture: 'llama',
    nLayers: 3,
    dModel: 32,
    nHeads: 4,
    nKvHeads: 2,
    dHead: 16,
    dMlp: 48,
    dVocab: 50,
    ropeTheta: 10_000,
    rmsNormEps: 1e-5,
    tieWordEmbeddings: true,
    maxPositions: 64,
    ...overrides,
  };
}

/** Sizes of a published config.json made small; what the family is made of stays. */
const SMALL = {
  hidden_size: 32,
  intermediate_size: 48,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  num_hidden_layers: 3,
  head_dim: 16,
  vocab_size: 50,
  max_position_embeddings: 64,
};

/** One small config of each family, read from its published config.json. */
export const FAMILY_CONFIGS: Readonly<Record<string, ModelConfig>> = Object.fromEntries(
  Object.entries({
    // So short a first training that the test's few positions meet all three kinds of pairs.
    'Llama 3.2': {
      ...LLAMA32,
      ...SMALL,
      rope_theta: 100,
      rope_scaling: { ...LLAMA32.rope_scaling, factor: 4, original_max_position_embeddings: 24 },
    },
    'Qwen2.5': { ...QWEN25, ...SMALL },
    'Qwen2.5 with a head of its own': { ...QWEN25, ...SMALL, tie_word_embeddings: false },
    // Heads wider than the residual stream, as in the published one.
    Qwen3: { ...QWEN3, ...SMALL, head_dim: 32 },
    'Gemma 3': {
      ...GEMMA3,
      ...SMALL,
      num_key_value_heads: 1,
      head_dim: 32,
      query_pre_attn_scalar: 20,
      sliding_window: 4,
      layer_types: ['sliding_attention', 'full_attention', 'sliding_attention'],
    },
    'Gemma 3 with stretched positions and a head of its own': {
      ...GEMMA3,
      ...SMALL,
      sliding_window: 3,
      layer_types: null,
      sliding_window_pattern: 2,
      rope_scaling: { rope_type: 'linear', factor: 8 },
      tie_word_embeddings: false,
    },
  }).map(([name, json]) => [name, parseConfig(json, 'config.json')]),
);

/** Heads of widths that the attention operator does not take, so that zeros widen them. */
export const WIDENED_CONFIGS: Readonly<Record<string, ModelConfig>> = {
  // As in OpenLLaMA 3B, whose heads are 100 wide: the first multiple of 16 is 112.
  'Llama 3.2 with heads 20 wide': { ...FAMILY_CONFIGS['Llama 3.2']!, dHead: 20 },
  'Llama 3.2 with heads 2 wide': { ...FAMILY_CONFIGS['Llama 3.2']!, dHead: 2 },
  'Qwen2.5 with heads 8 wide': { ...FAMILY_CONFIGS['Qwen2.5']!, dHead: 8 },
  'Qwen3 with heads 24 wide': { ...FAMILY_CONFIGS['Qwen3']!, dHead: 24 },
  'Gemma 3 with heads 6 wide': { ...FAMILY_CONFIGS['Gemma 3']!, dHead: 6 },
};

export function randomWeights(config: ModelConfig, seed: number): Map<string, Tensor> {
  const rng = createRng(seed);
  // Gemma keeps what is added to a gain of one.
  const gain = config.architecture === 'gemma3' ? 0 : 1;
  return new Map(
    [...expectedTensors(config)].map(([name, dims]) => {
      const [scale, mean] =
        dims.length === 2
          ? [name.includes('embed_tokens') ? 0.5 : 1.5 / Math.sqrt(dims[1]!), 0]
          : name.endsWith('.bias')
            ? [0.5, 0]
            : [0.2, gain];
      const data = Float32Array.from({ length: sizeOf(dims) }, () => mean + scale * rng.normal());
      return [name, tensor(data, dims)];
    }),
  );
}
