// Random checkpoints of any shape under Hugging Face names, the same from run to run. Scales are those of
// a freshly initialised model times a few, so that attention is peaked and no path is nearly linear.

import type { ModelConfig } from '../../../src/checkpoint/config';
import { createRng } from '../../../src/core/rng';
import { sizeOf, tensor, type Tensor } from '../../../src/core/tensor';

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

export function randomWeights(config: ModelConfig, seed: number): Map<string, Tensor> {
  const rng = createRng(seed);
  const { dModel, dMlp, dVocab, dHead, nHeads, nKvHeads } = config;
  const weights = new Map<string, Tensor>();
  const matrix = (name: string, dims: number[], scale = 1.5 / Math.sqrt(dims[1]!)) =>
    weights.set(
      `${name}.weight`,
      tensor(
        Float32Array.from({ length: sizeOf(dims) }, () => rng.normal() * scale),
        dims,
      ),
    );
  const gain = (name: string) =>
    weights.set(
      `${name}.weight`,
      tensor(
        Float32Array.from({ length: dModel }, () => 1 + 0.2 * rng.normal()),
        [dModel],
      ),
    );
  matrix('model.embed_tokens', [dVocab, dModel], 0.5);
  for (let i = 0; i < config.nLayers; i++) {
    const layer = `model.layers.${i}`;
    gain(`${layer}.input_layernorm`);
    matrix(`${layer}.self_attn.q_proj`, [nHeads * dHead, dModel]);
    matrix(`${layer}.self_attn.k_proj`, [nKvHeads * dHead, dModel]);
    matrix(`${layer}.self_attn.v_proj`, [nKvHeads * dHead, dModel]);
    matrix(`${layer}.self_attn.o_proj`, [dModel, nHeads * dHead]);
    gain(`${layer}.post_attention_layernorm`);
    matrix(`${layer}.mlp.gate_proj`, [dMlp, dModel]);
    matrix(`${layer}.mlp.up_proj`, [dMlp, dModel]);
    matrix(`${layer}.mlp.down_proj`, [dModel, dMlp]);
  }
  gain('model.norm');
  if (!config.tieWordEmbeddings) matrix('lm_head', [dVocab, dModel]);
  return weights;
}
