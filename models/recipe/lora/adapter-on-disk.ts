// A PEFT adapter on this computer's disk, for files that llama.cpp reads.

import { type Adapter, readAdapter } from '../../../src/checkpoint/adapter/peft';
import type { ModelConfig } from '../../../src/checkpoint/config';
import { CheckpointError } from '../../../src/checkpoint/error';
import { notInLora } from '../../../src/formats/gguf/write-lora';
import { diskFolder } from './disk-folder';

/** @throws CheckpointError as `readAdapter`, and for what a LoRA of llama.cpp can't hold */
export function adapterOnDisk(path: string, base: ModelConfig): Adapter {
  const folder = diskFolder(path);
  const names = {
    config: `${folder.name}/adapter_config.json`,
    weights: `${folder.name}/adapter_model.safetensors`,
  };
  const json = new TextDecoder().decode(folder.read('adapter_config.json'));
  const adapter = readAdapter(json, folder.read('adapter_model.safetensors'), base, names);
  const refused = notInLora(adapter);
  if (refused === null) return adapter;
  throw new CheckpointError('unsupported-adapter', folder.name, refused, '');
}
