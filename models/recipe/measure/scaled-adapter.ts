// A fine-tune with its LoRA counted K times: the aligned weights plus K times what the adapter adds (K below 0
// takes it away instead). The adapter's files are read as they are and its alpha is multiplied, so that the worker
// merges it as it merges any other.

import * as v from 'valibot';
import type { CheckpointSource } from '../../../workers/api';

const alphas = v.nullish(v.record(v.string(), v.number()));
const Config = v.looseObject({
  lora_alpha: v.number(),
  alpha_pattern: alphas,
  modules_to_save: v.nullish(v.array(v.string())),
});

/** @throws Error for a full fine-tune, which has no LoRA, or a file that is not there. */
export async function scaledAdapter(
  source: CheckpointSource,
  factor: number,
): Promise<CheckpointSource> {
  const { adapter } = source;
  if (adapter?.kind !== 'beside') {
    throw new Error(`--scale: "${source.id}" has no adapter beside the aligned model.`);
  }
  const fetched = async (name: string): Promise<Blob> => {
    const response = await fetch(new URL(name, adapter.url));
    if (!response.ok) throw new Error(`${adapter.url}${name} is not there.`);
    return response.blob();
  };
  const config = v.parse(
    Config,
    JSON.parse(await (await fetched('adapter_config.json')).text()) as unknown,
  );
  if ((config.modules_to_save ?? []).length > 0) {
    throw new Error(`--scale: "${source.id}" replaces whole layers and has no LoRA to scale.`);
  }
  const scaled = {
    ...config,
    lora_alpha: factor * config.lora_alpha,
    alpha_pattern: Object.fromEntries(
      Object.entries(config.alpha_pattern ?? {}).map(([name, alpha]) => [name, factor * alpha]),
    ),
  };
  const id = `${source.id} x ${factor}`;
  const files = [
    new File([JSON.stringify(scaled)], 'adapter_config.json'),
    new File([await fetched('adapter_model.safetensors')], 'adapter_model.safetensors'),
  ];
  return { ...source, id, adapter: { kind: 'files', name: id, files } };
}
