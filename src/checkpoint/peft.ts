// LoRA adapters as PEFT stores them: `lora_A` [r, in] and `lora_B` [out, r] beside each linear layer,
// W' = W + s B A (Hu et al. 2021, arXiv:2106.09685). Merging makes the checkpoint that a fine-tune is;
// tensors that no adapter touches are shared with the base. Sums are accumulated in f32, as in PEFT.

import type { Tensor } from '../core/tensor';
import type { AdapterConfig } from './adapter-config';
import { isTargeted, parseAdapterConfig, rankOf, scaleOf } from './adapter-config';
import type { ModelConfig, Weights } from './config';
import { linearShapes } from './config';
import { CheckpointError } from './error';
import { parseSafetensors, requireFinite, toTensor, writeSafetensors } from './safetensors';

/** The two factors of one linear layer. */
export interface LoraFactors {
  /** [r, in] */
  readonly a: Tensor;
  /** [out, r] */
  readonly b: Tensor;
}

export interface AdapterModule extends LoraFactors {
  /** s in W' = W + s B A. */
  readonly scale: number;
}

export interface Adapter {
  readonly config: AdapterConfig;
  /** By module path, e.g. `model.layers.0.self_attn.q_proj`. */
  readonly modules: ReadonlyMap<string, AdapterModule>;
}

const PREFIX = 'base_model.model.';
const KEY =
  /^base_model\.model\.(model\.layers\.(0|[1-9]\d{0,3})\.((?:self_attn|mlp)\.\w+_proj))\.lora_(A|B)\.weight$/;

/**
 * An adapter for checkpoints of the shape `base`. Layers outside `layers_to_transform` are left out, as
 * PEFT leaves them out.
 * @param files names of `adapter_config.json` and `adapter_model.safetensors`, for messages.
 * @throws CheckpointError 'unsupported-adapter', 'wrong-base' where layers or sizes do not fit,
 *   'missing-tensor', 'wrong-shape' where a rank contradicts the configuration, 'not-finite', or as
 *   `parseSafetensors`.
 */
export function readAdapter(
  configJson: unknown,
  bytes: Uint8Array,
  base: ModelConfig,
  files: { readonly config: string; readonly weights: string },
): Adapter {
  const config = parseAdapterConfig(configJson, files.config);
  const shapes = linearShapes(base);
  const file = files.weights;
  const wrongBase = (reason: string): never => {
    const name = config.baseModel === null ? 'its own base' : `"${config.baseModel}"`;
    throw new CheckpointError(
      'wrong-base',
      file,
      reason,
      `Load ${name} first, then this adapter, or choose an adapter made for the loaded checkpoint.`,
    );
  };

  const halves = new Map<string, { A?: Tensor; B?: Tensor }>();
  for (const [key, entry] of parseSafetensors(bytes, file)) {
    const [, module = '', layerText = '', name = '', side] = KEY.exec(key) ?? [];
    if (side !== 'A' && side !== 'B') {
      throw new CheckpointError(
        'unsupported-adapter',
        file,
        `It has a tensor "${key}", which is not a LoRA factor of a linear layer.`,
        'Merge the adapter with PEFT and load the merged checkpoint instead.',
      );
    }
    const layer = Number(layerText);
    const shape = shapes.get(name) ?? wrongBase(`The base has no linear layer "${name}".`);
    if (layer >= base.nLayers) {
      wrongBase(`It adapts layer ${layer}, but the base has layers 0 to ${base.nLayers - 1}.`);
    }
    if (!isTargeted(config, module, files.config)) {
      throw new CheckpointError(
        'unsupported-adapter',
        file,
        `It has factors for "${module}", which target_modules does not name.`,
        'Check that both adapter files belong together.',
      );
    }
    if (config.layersToTransform !== null && !config.layersToTransform.includes(layer)) continue;
    const r = rankOf(config, module, files.config);
    const [rows = -1, columns = -1] = entry.dims;
    const [outer, inner, wanted] =
      side === 'A' ? [columns, rows, shape[1]] : [rows, columns, shape[0]];
    if (entry.dims.length === 2 && outer !== wanted) {
      wrongBase(
        `"${key}" is [${entry.dims.join(', ')}], but the base's layer has size ${wanted} there.`,
      );
    }
    if (entry.dims.length !== 2 || inner !== r) {
      throw new CheckpointError(
        'wrong-shape',
        file,
        `"${key}" is [${entry.dims.join(', ')}], but its rank should be ${r}.`,
        'Check that both adapter files belong together.',
      );
    }
    const t = toTensor(entry);
    requireFinite(t, key, file);
    halves.set(module, { ...halves.get(module), [side]: t });
  }

  const modules = new Map<string, AdapterModule>();
  for (const [module, { A, B }] of halves) {
    if (!A || !B) {
      throw new CheckpointError(
        'missing-tensor',
        file,
        `"${module}" has only one of its two LoRA factors.`,
        'Download the adapter again.',
      );
    }
    modules.set(module, { a: A, b: B, scale: scaleOf(config, module, files.config) });
  }
  if (modules.size === 0) {
    throw new CheckpointError(
      'missing-tensor',
      file,
      'It has no LoRA factors that apply.',
      'Check that it is the file adapter_model.safetensors of this adapter.',
    );
  }
  return { config, modules };
}

/** W + s B A for one layer [out, in]; f32 accumulation over the rank. */
export function mergedWeight(weight: Tensor, { a, b, scale }: AdapterModule): Tensor {
  const [rows = 0, columns = 0] = weight.dims;
  const [r = 0] = a.dims;
  if (b.dims[0] !== rows || b.dims[1] !== r || a.dims[1] !== columns) {
    throw new RangeError(
      `B [${b.dims.join(', ')}] A [${a.dims.join(', ')}] does not fit a weight [${weight.dims.join(', ')}].`,
    );
  }
  const data = new Float32Array(weight.data.length);
  const delta = new Float32Array(columns);
  for (let row = 0; row < rows; row++) {
    delta.fill(0);
    for (let k = 0; k < r; k++) {
      const factor = b.data[row * r + k]!;
      for (let j = 0; j < columns; j++) delta[j] = delta[j]! + factor * a.data[k * columns + j]!;
    }
    const at = row * columns;
    for (let j = 0; j < columns; j++) data[at + j] = weight.data[at + j]! + scale * delta[j]!;
  }
  return { data, dims: weight.dims };
}

/**
 * The fine-tuned weights; tensors without an adapter are the base's own, not copies.
 * @param file name of the adapter's weights, for messages.
 * @throws CheckpointError 'not-finite' where the sum leaves the range of f32.
 */
export function mergeAdapter(
  weights: Weights,
  adapter: Adapter,
  file = 'adapter_model.safetensors',
): Weights {
  const merged = new Map(weights);
  for (const [module, factors] of adapter.modules) {
    const name = `${module}.weight`;
    const weight = weights.get(name);
    if (!weight) throw new RangeError(`The base has no tensor "${name}".`);
    const t = mergedWeight(weight, factors);
    requireFinite(t, `${name} after merging`, file);
    merged.set(name, t);
  }
  return merged;
}

export interface AdapterToWrite {
  /** For people: where the base is found. */
  readonly baseModel: string;
  readonly alpha: number;
  readonly useRslora: boolean;
  /** By module path, e.g. `model.layers.0.self_attn.q_proj`; all of one rank. */
  readonly modules: ReadonlyMap<string, LoraFactors>;
  readonly dtype: 'F32' | 'F16';
}

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
  const [r] = ranks;
  if (r === undefined || ranks.size !== 1) {
    throw new CheckpointError(
      'wrong-shape',
      file,
      `The factors have ${ranks.size} different ranks.`,
      'An adapter is written with one rank for all layers.',
    );
  }
  const tensors = new Map(
    [...adapter.modules].flatMap(([module, { a, b }]) => [
      [`${PREFIX}${module}.lora_A.weight`, { ...a, dtype: adapter.dtype }] as const,
      [`${PREFIX}${module}.lora_B.weight`, { ...b, dtype: adapter.dtype }] as const,
    ]),
  );
  const targets = [...adapter.modules.keys()].map((module) => module.split('.').at(-1)!);
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
      modules_to_save: null,
      peft_type: 'LORA',
      r,
      rank_pattern: {},
      revision: null,
      target_modules: [...new Set(targets)].sort(),
      task_type: 'CAUSAL_LM',
      use_dora: false,
      use_rslora: adapter.useRslora,
    },
    bytes: writeSafetensors(tensors, {}, file),
  };
}
