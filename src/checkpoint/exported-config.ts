// `config.json` of a checkpoint that leaves the page: the published one, every field of it, with only what
// the export itself changed.

import { CheckpointError } from './error';
import { parseJson } from './json';

export interface ExportedConfig {
  /** How the weights are stored. */
  readonly precision: 'f32' | 'f16';
  /** Whether the head is the embedding. */
  readonly tieWordEmbeddings: boolean;
  /** Rows of the embedding: an adapter may have added tokens. */
  readonly dVocab: number;
  /**
   * For an ONNX folder, the number of files of weights, how many positions the graph has, and the width of a head
   * in its caches, by which transformers.js makes them; null for safetensors.
   */
  readonly onnx: {
    readonly files: number;
    readonly maxPositions: number;
    readonly headWidth: number;
  } | null;
}

/**
 * @param json the published file, as text or parsed
 * @returns the text of the new one
 * @throws CheckpointError 'bad-config' where it is not a JSON object.
 */
export function exportedConfig(
  json: unknown,
  file: string,
  { precision, tieWordEmbeddings, dVocab, onnx }: ExportedConfig,
): string {
  const value = parseJson(json, file, 'bad-config');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CheckpointError('bad-config', file, 'It is no object.', 'Load the checkpoint again.');
  }
  const published = value as Record<string, unknown>;
  const dtype = precision === 'f16' ? 'float16' : 'float32';
  // transformers 5 calls it `dtype`; older ones know only the other name.
  const dtypes = 'dtype' in published ? { dtype, torch_dtype: dtype } : { torch_dtype: dtype };
  const graph =
    onnx === null
      ? {}
      : {
          max_position_embeddings: onnx.maxPositions,
          head_dim: onnx.headWidth,
          'transformers.js_config': {
            dtype: precision === 'f16' ? 'fp16' : 'fp32',
            use_external_data_format: onnx.files,
          },
        };
  const vocabulary = { vocab_size: dVocab, tie_word_embeddings: tieWordEmbeddings };
  const changed = { ...published, ...dtypes, ...vocabulary, ...graph };
  return `${JSON.stringify(changed, null, 2)}\n`;
}
