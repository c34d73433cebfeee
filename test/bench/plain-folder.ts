// Writes the subject as others would ship it: a Hugging Face folder with onnx/model.onnx for
// transformers.js, and the same weights as safetensors for our own code in the browser.

import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/checkpoint/write-safetensors';
import { exportPlain } from '../../src/onnx/export-plain';
import type { Subject } from './subject';

/** The folder's name inside the one that transformers.js is told to look in. */
export const FOLDER = 'bench-model';

/** Writes `<parent>/bench-model/`. No end-of-text token: every answer has the length asked for. */
export function writePlainFolder(parent: string, { config, weights }: Subject): void {
  const folder = join(parent, FOLDER);
  mkdirSync(join(folder, 'onnx'), { recursive: true });
  const { model, files } = exportPlain(config, weights, { dtype: 'f32', name: 'model.onnx' });
  const huggingFace = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_act: 'silu',
    hidden_size: config.dModel,
    intermediate_size: config.dMlp,
    num_hidden_layers: config.nLayers,
    num_attention_heads: config.nHeads,
    num_key_value_heads: config.nKvHeads,
    head_dim: config.dHead,
    vocab_size: config.dVocab,
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.rmsNormEps,
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tieWordEmbeddings,
    torch_dtype: 'float32',
    'transformers.js_config': { use_external_data_format: files.length },
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(huggingFace));
  writeFileSync(join(folder, 'onnx', 'model.onnx'), model);
  for (const { name, parts } of files) {
    const file = openSync(join(folder, 'onnx', name), 'w');
    for (const part of parts) {
      writeFileSync(file, new Uint8Array(part.padding));
      writeFileSync(file, part.make());
    }
    closeSync(file);
  }
  const tensors = new Map([...weights].map(([name, t]) => [name, { ...t, dtype: 'F32' as const }]));
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tensors, {}));
}
