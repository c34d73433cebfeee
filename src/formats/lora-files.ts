// The files that a server needs of a fine-tune: its adapter as GGUF, and with a direction the fine-tune without
// it, as GGUF and as PEFT, of one rank more.

import { ablatedAdapter } from '../checkpoint/adapter/ablated-adapter';
import { writeAdapter } from '../checkpoint/adapter/adapter-write';
import type { Adapter, LoraFactors } from '../checkpoint/adapter/peft';
import type { ModelConfig, Weights } from '../checkpoint/config';
import { writeLoraGguf } from './gguf/write-lora';

export interface Fine {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly adapter: Pick<Adapter, 'config' | 'modules'>;
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
  const rank = rankOf(factors);
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

const rankOf = (factors: ReadonlyMap<string, LoraFactors>): number =>
  Math.max(0, ...[...factors.values()].map(({ a }) => a.dims[0] ?? 0));
