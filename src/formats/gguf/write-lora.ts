// A LoRA for llama.cpp (src/llama-adapter.cpp, v0.5.0): `general.type` "adapter", and beside each weight's name
// `.lora_a` [r, in] and `.lora_b` [out, r]. llama.cpp adds scale * alpha / r * B A, with one alpha a file and r of
// each matrix, so alpha is written as s * r of the first module: for rank-stabilised LoRA (arXiv:2312.03732) that is
// alpha * sqrt(r), where llama.cpp's own converter writes alpha and so divides the effect by sqrt(r).
// Refuses what such a file can't hold: whole matrices, and factors of the embedding or of a tied head.

import type { Adapter, AdapterModule } from '../../checkpoint/adapter/peft';
import type { ModelConfig } from '../../checkpoint/config';
import { EMBEDDING_MODULE, HEAD_MODULE } from '../../checkpoint/embedding-and-head';
import { CheckpointError } from '../../checkpoint/error';
import type { TensorToWrite } from '../../checkpoint/write-safetensors';
import { llamaName, llamaRows } from './llama-names';
import { f32, type GgufValue, text, u32, writeGgufFile } from './write';

/** Numbers of llama.cpp's `general.file_type`. */
export const FILE_TYPES = { F32: 0, F16: 1 } as const;

export interface LoraToWrite {
  /** For people. */
  readonly name: string;
  /** By module path, e.g. `model.layers.0.self_attn.q_proj`. */
  readonly modules: ReadonlyMap<string, AdapterModule>;
  readonly dtype: 'F32' | 'F16';
}

/** Why an adapter can't be a LoRA of llama.cpp, as a sentence; null: it can. */
export function notInLora({
  modules,
  replaced,
  base,
}: Pick<Adapter, 'modules' | 'replaced' | 'base'>): string | null {
  const [whole] = replaced.keys();
  if (whole !== undefined) {
    return `The adapter replaces "${whole}" as a whole, and a LoRA of llama.cpp can only add to it. Merge the adapter with PEFT and convert the merged checkpoint.`;
  }
  const tied = modules.has(HEAD_MODULE) && base.tieWordEmbeddings ? HEAD_MODULE : null;
  const vocabulary = modules.has(EMBEDDING_MODULE) ? EMBEDDING_MODULE : tied;
  return vocabulary === null
    ? null
    : `The adapter changes "${vocabulary}", which llama.cpp can't do with a LoRA here. Merge the adapter with PEFT and convert the merged checkpoint.`;
}

const rank = ({ a }: AdapterModule): number => a.dims[0] ?? 0;

/**
 * A LoRA as a GGUF file.
 * @param config of the base
 * @throws CheckpointError 'unsupported-adapter' for a module that llama.cpp has no name for, or as `encodeTensor`
 */
export function writeLoraGguf(
  config: ModelConfig,
  { name, modules, dtype }: LoraToWrite,
  file = 'lora.gguf',
): Uint8Array<ArrayBuffer> {
  const [first] = modules.values();
  const alpha = first ? first.scale * rank(first) : 1;
  const tensors = new Map<string, TensorToWrite>();
  for (const [module, factors] of modules) {
    const known = llamaName(module);
    if (known === null) {
      throw new CheckpointError(
        'unsupported-adapter',
        file,
        `llama.cpp has no name for "${module}".`,
        'Merge the adapter with PEFT and convert the merged checkpoint.',
      );
    }
    const b = llamaRows(config, module, factors.b);
    // 1 unless the modules differ in rank or alpha; then B carries what the file's one alpha can't say.
    const rest = (factors.scale * rank(factors)) / alpha;
    const data = rest === 1 ? b.data : b.data.map((x) => x * rest);
    tensors.set(`${known}.lora_a`, { ...factors.a, dtype });
    tensors.set(`${known}.lora_b`, { data, dims: b.dims, dtype });
  }
  const keys = new Map<string, GgufValue>([
    ['general.architecture', text(config.architecture)],
    ['general.type', text('adapter')],
    ['adapter.type', text('lora')],
    ['adapter.lora.alpha', f32(alpha)],
    ['general.name', text(name)],
    ['general.file_type', u32(FILE_TYPES[dtype])],
  ]);
  return writeGgufFile(keys, tensors, file);
}
