// A safetensors file as the weights of a known shape: every tensor that the shape needs, nothing that
// would change the arithmetic, all of it finite.

import type { Tensor } from '../core/tensor';
import type { ModelConfig, Weights } from './config';
import { expectedTensors } from './config';
import { CheckpointError } from './error';
import { parseSafetensors, requireFinite, toTensor } from './safetensors';

/** Tensors that some writers add and that carry no information beyond the configuration. */
const REDUNDANT = /\.rotary_emb\.inv_freq$/;

/**
 * All weights as f32, under their Hugging Face names. A tied head that was stored all the same is dropped.
 * @throws CheckpointError 'missing-tensor', 'wrong-shape', 'not-finite', 'unsupported-architecture'
 *   for a tensor that this architecture does not have, or as `parseSafetensors` and `toTensor`.
 */
export function readWeights(config: ModelConfig, bytes: Uint8Array, file: string): Weights {
  const entries = parseSafetensors(bytes, file);
  const expected = expectedTensors(config);
  for (const name of entries.keys()) {
    const redundant =
      REDUNDANT.test(name) || (config.tieWordEmbeddings && name === 'lm_head.weight');
    if (!expected.has(name) && !redundant) {
      throw new CheckpointError(
        'unsupported-architecture',
        file,
        `It has a tensor "${name}" that config.json does not account for.`,
        'Check that both files belong to the same checkpoint.',
      );
    }
  }
  const weights = new Map<string, Tensor>();
  for (const [name, dims] of expected) {
    const entry = entries.get(name);
    if (!entry) {
      throw new CheckpointError(
        'missing-tensor',
        file,
        `Tensor "${name}" is missing.`,
        'Check that the file is complete and belongs to this config.json.',
      );
    }
    if (entry.dims.join() !== dims.join()) {
      throw new CheckpointError(
        'wrong-shape',
        file,
        `Tensor "${name}" is [${entry.dims.join(', ')}], but config.json says [${dims.join(', ')}].`,
        'Check that both files belong to the same checkpoint.',
      );
    }
    const t = toTensor(entry);
    requireFinite(t, name, file);
    weights.set(name, t);
  }
  return weights;
}
