// A LoRA of every linear layer with made-up factors, as PEFT would have stored it.

import { writeAdapter } from '../../../../src/checkpoint/adapter/adapter-write';
import {
  type Adapter,
  type LoraFactors,
  readAdapter,
} from '../../../../src/checkpoint/adapter/peft';
import { linearShapes, type ModelConfig } from '../../../../src/checkpoint/config';
import { randomTensor } from '../../onnx/tiny-weights';

export const RANK = 4;
export const ALPHA = 6;
export const ADAPTER_NAMES = {
  config: 'adapter_config.json',
  weights: 'adapter_model.safetensors',
};

/** @param seed of the factors */
export function madeAdapter(
  config: ModelConfig,
  seed = 1,
): { readonly adapter: Adapter; readonly modules: ReadonlyMap<string, LoraFactors> } {
  const modules = new Map<string, LoraFactors>();
  let next = seed;
  for (let layer = 0; layer < config.nLayers; layer++) {
    for (const [name, [out, inner]] of linearShapes(config)) {
      modules.set(`model.layers.${layer}.${name}`, {
        a: randomTensor([RANK, inner], next++),
        b: randomTensor([out, RANK], next++),
      });
    }
  }
  const written = writeAdapter({
    baseModel: 'base',
    alpha: ALPHA,
    useRslora: false,
    modules,
    dtype: 'F32',
  });
  const json: unknown = JSON.parse(JSON.stringify(written.config));
  return { adapter: readAdapter(json, written.bytes, config, ADAPTER_NAMES), modules };
}
