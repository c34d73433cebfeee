// A checkpoint whose weights cannot write along a direction (core/orthogonalise.ts): the embedding, every
// o_proj and every down_proj lose it. Exactly then the residual stream has no component along it at any
// place: after the embedding, after attention, after the MLP. That is directional ablation of Arditi et al.
// 2024 (arXiv:2406.11717), who ablate one direction at all of these places and all positions. It is more
// than an edit after each block alone, whose MLP still reads what attention wrote in the same block.
// A tied head is kept as it was, apart from the embedding: it reads the stream and must not change.
// Refuses architectures that rescale what a block wrote before it is added.

import { removeFromOutput, removeFromRows } from '../core/orthogonalise';
import { expectedTensors, type ModelConfig, type Weights } from './config';
import { CheckpointError } from './error';
import { familyOf } from './families';
import { LazyWeights } from './weights';

const EMBEDDING = 'model.embed_tokens.weight';
const WRITES = /^model\.layers\.\d+\.(self_attn\.o_proj|mlp\.down_proj)\.weight$/;

/**
 * Refuses a model in which a direction comes back that its weights do not write.
 * @param advice what to do instead, for people
 * @throws CheckpointError 'unsupported-architecture'
 */
export function requirePlainWrites(config: ModelConfig, advice: string): void {
  const { norms } = familyOf(config);
  if (norms.attention.after === null && norms.mlp.after === null) return;
  throw new CheckpointError(
    'unsupported-architecture',
    config.architecture,
    'It rescales what a block wrote before adding it, which brings a direction back that its weights do not write.',
    advice,
  );
}

/**
 * The changed checkpoint; its weights are made when they are asked for.
 * @param direction [d_model], of any length but 0
 * @throws CheckpointError 'unsupported-architecture'; RangeError for a direction of another width.
 */
export function withoutDirection(
  config: ModelConfig,
  weights: Weights,
  direction: Float32Array,
): { readonly config: ModelConfig; readonly weights: Weights } {
  requirePlainWrites(config, 'Save the checkpoint as it is, and edit it while it runs.');
  // Says at once, not in the middle of a file, that the direction does not fit.
  removeFromRows({ data: direction, dims: [config.dModel] }, direction);
  const untied = { ...config, tieWordEmbeddings: false };
  const get = (name: string) => weights.get(name)!;
  return {
    config: untied,
    weights: new LazyWeights(expectedTensors(untied).keys(), (name) => {
      if (name === EMBEDDING) return removeFromRows(get(name), direction);
      if (WRITES.test(name)) return removeFromOutput(get(name), direction);
      return get(config.tieWordEmbeddings && name === 'lm_head.weight' ? EMBEDDING : name);
    }),
  };
}
