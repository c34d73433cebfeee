// The files that a llama-server needs of a fine-tune: its adapter as GGUF, and with a direction the fine-tune without
// it, as GGUF and as PEFT, of one rank more.

import { ablatedAdapter } from '../../../src/checkpoint/adapter/ablated-adapter';
import { writeAdapter } from '../../../src/checkpoint/adapter/adapter-write';
import { type Adapter, readAdapter } from '../../../src/checkpoint/adapter/peft';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import { CheckpointError } from '../../../src/checkpoint/error';
import { notInLora, writeLoraGguf } from '../../../src/formats/gguf/write-lora';
import { diskFolder } from './disk-folder';

export interface Fine {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly adapter: Adapter;
}

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

/** File name -> content of the fine-tune's LoRA. */
export function tunedFiles(
  { name, config, adapter }: Fine,
  dtype: 'F32' | 'F16',
): Map<string, Uint8Array> {
  const file = `${name}.gguf`;
  return new Map([[file, writeLoraGguf(config, { name, modules: adapter.modules, dtype }, file)]]);
}

/**
 * File name -> content of the fine-tune without a direction, always in f32: rounded to f16, a thousandth of it would
 * stay.
 * @param name of the result
 * @param direction [d_model]
 * @throws CheckpointError, RangeError as `ablatedAdapter`
 */
export function ablatedFiles(
  { config, weights, adapter }: Fine,
  name: string,
  direction: Float32Array,
): Map<string, Uint8Array> {
  const factors = ablatedAdapter(config, weights, adapter.modules, direction);
  const [first] = factors.values();
  const rank = first!.a.dims[0]!;
  const written = writeAdapter({
    baseModel: adapter.config.baseModel ?? '',
    alpha: rank,
    useRslora: false,
    modules: factors,
    dtype: 'F32',
  });
  const modules = new Map([...factors].map(([module, one]) => [module, { ...one, scale: 1 }]));
  const file = `${name}.gguf`;
  return new Map<string, Uint8Array>([
    [file, writeLoraGguf(config, { name, modules, dtype: 'F32' }, file)],
    [
      `${name}/adapter_config.json`,
      new TextEncoder().encode(`${JSON.stringify(written.config, null, 2)}\n`),
    ],
    [`${name}/adapter_model.safetensors`, written.bytes],
  ]);
}
