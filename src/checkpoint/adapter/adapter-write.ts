// Adapters on their way out, as the two files that PEFT reads.

import type { Tensor } from '../../core/tensor';
import { CheckpointError } from '../error';
import type { LoraFactors } from './peft';
import { writeSafetensors } from '../write-safetensors';

const PREFIX = 'base_model.model.';

/** LoRA factors by module, from their PEFT names. */
export function factorsOf(adapter: ReadonlyMap<string, Tensor>): Map<string, LoraFactors> {
  const modules = new Map<string, LoraFactors>();
  for (const [name, a] of adapter) {
    if (!name.endsWith('.lora_A.weight')) continue;
    const module = name.slice(PREFIX.length, -'.lora_A.weight'.length);
    modules.set(module, { a, b: adapter.get(name.replace('lora_A', 'lora_B'))! });
  }
  return modules;
}

export interface AdapterToWrite {
  /** For people: where the base is found. */
  readonly baseModel: string;
  readonly alpha: number;
  readonly useRslora: boolean;
  /** By module path, e.g. `model.layers.0.self_attn.q_proj`; all of one rank. */
  readonly modules: ReadonlyMap<string, LoraFactors>;
  /** Whole tensors that replace the base's, by the base's names; none unless given. */
  readonly replaced?: ReadonlyMap<string, Tensor>;
  readonly dtype: 'F32' | 'F16';
}

/** PEFT's word for "no module at all": it refuses an empty list (peft 0.17, utils/constants.py). */
const NO_TARGETS = 'dummy-target-modules';

/**
 * The two files of a PEFT adapter.
 * @throws CheckpointError 'wrong-shape' for factors of different ranks; as `writeSafetensors`.
 */
export function writeAdapter(adapter: AdapterToWrite): {
  readonly config: Readonly<Record<string, unknown>>;
  readonly bytes: Uint8Array<ArrayBuffer>;
} {
  const file = 'adapter_model.safetensors';
  const ranks = new Set(
    [...adapter.modules.values()].flatMap(({ a, b }) => [a.dims[0], b.dims[1]]),
  );
  const replaced = adapter.replaced ?? new Map<string, Tensor>();
  // PEFT requires a positive rank, even for an adapter without factors.
  const [r = 1] = ranks;
  if (ranks.size > 1 || ranks.size + replaced.size === 0) {
    throw new CheckpointError(
      'wrong-shape',
      file,
      `The factors have ${ranks.size} different ranks.`,
      'An adapter is written with one rank for all layers.',
    );
  }
  const { dtype } = adapter;
  const tensors = new Map([
    ...[...adapter.modules].flatMap(([module, { a, b }]) => [
      [`${PREFIX}${module}.lora_A.weight`, { ...a, dtype }] as const,
      [`${PREFIX}${module}.lora_B.weight`, { ...b, dtype }] as const,
    ]),
    ...[...replaced].map(([name, t]) => [`${PREFIX}${name}`, { ...t, dtype }] as const),
  ]);
  const targets = [...adapter.modules.keys()].map((module) => module.split('.').at(-1)!);
  const saved = [...replaced.keys()].map((name) => name.replace(/\.(weight|bias)$/, ''));
  return {
    config: {
      alpha_pattern: {},
      auto_mapping: null,
      base_model_name_or_path: adapter.baseModel,
      bias: 'none',
      fan_in_fan_out: false,
      inference_mode: true,
      init_lora_weights: true,
      layers_pattern: null,
      layers_to_transform: null,
      lora_alpha: adapter.alpha,
      lora_dropout: 0,
      modules_to_save: saved.length === 0 ? null : saved,
      peft_type: 'LORA',
      r,
      rank_pattern: {},
      revision: null,
      target_modules: targets.length === 0 ? NO_TARGETS : [...new Set(targets)].sort(),
      task_type: 'CAUSAL_LM',
      use_dora: false,
      use_rslora: adapter.useRslora,
    },
    bytes: writeSafetensors(tensors, {}, file),
  };
}
