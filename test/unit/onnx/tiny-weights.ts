// Small random checkpoints for tests, the same from run to run.

import type { ModelConfig } from '../../../src/checkpoint/config';
import type { Tensor } from '../../../src/core/tensor';
import { tensor } from '../../../src/core/tensor';

/** Two layers, grouped-query attention (4 heads over 2), 13 words. */
export function tinyConfig(tieWordEmbeddings: boolean): ModelConfig {
  return {
    architecture: 'llama',
    nLayers: 2,
    dModel: 8,
    nHeads: 4,
    nKvHeads: 2,
    dHead: 4,
    dMlp: 12,
    dVocab: 13,
    ropeTheta: 10_000,
    rmsNormEps: 1e-5,
    tieWordEmbeddings,
    maxPositions: 16,
  };
}

/** Uniform numbers in [-1, 1) (a linear congruential generator is random enough here). */
function uniform(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

export function randomTensor(dims: readonly number[], seed: number, scale = 1): Tensor {
  const next = uniform(seed);
  const size = dims.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, () => next() * scale),
    dims,
  );
}

/** A random Llama checkpoint under Hugging Face names; large enough weights that nothing is linear. */
export function tinyWeights(config: ModelConfig, seed = 1): Map<string, Tensor> {
  const { dModel, dMlp, dVocab, dHead, nHeads, nKvHeads } = config;
  const weights = new Map<string, Tensor>();
  const put = (name: string, dims: number[], scale: number) =>
    weights.set(name, randomTensor(dims, seed * 1000 + weights.size, scale));
  const gamma = (name: string) => {
    put(name, [dModel], 0.3);
    weights.get(name)!.data.forEach((value, i, all) => (all[i] = 1 + value));
  };
  put('model.embed_tokens.weight', [dVocab, dModel], 1);
  for (let i = 0; i < config.nLayers; i++) {
    const layer = `model.layers.${i}`;
    gamma(`${layer}.input_layernorm.weight`);
    put(`${layer}.self_attn.q_proj.weight`, [nHeads * dHead, dModel], 0.7);
    put(`${layer}.self_attn.k_proj.weight`, [nKvHeads * dHead, dModel], 0.7);
    put(`${layer}.self_attn.v_proj.weight`, [nKvHeads * dHead, dModel], 0.7);
    put(`${layer}.self_attn.o_proj.weight`, [dModel, nHeads * dHead], 0.5);
    gamma(`${layer}.post_attention_layernorm.weight`);
    put(`${layer}.mlp.gate_proj.weight`, [dMlp, dModel], 0.7);
    put(`${layer}.mlp.up_proj.weight`, [dMlp, dModel], 0.7);
    put(`${layer}.mlp.down_proj.weight`, [dModel, dMlp], 0.5);
  }
  gamma('model.norm.weight');
  if (!config.tieWordEmbeddings) put('lm_head.weight', [dVocab, dModel], 0.7);
  return weights;
}
