// LoRA adapters as PEFT stores them: `lora_A` [r, in] and `lora_B` [out, r] beside each linear layer,
// W' = W + s B A (Hu et al. 2021, arXiv:2106.09685), and whole modules that `modules_to_save` names,
// which stand in for the base's. Merging makes the checkpoint that a fine-tune is; tensors that no
// adapter touches are shared with the base. Sums are accumulated in f32, as in PEFT.

import type { Tensor } from '../core/tensor';
import type { AdapterConfig } from './adapter-config';
import {
  isInLayers,
  isReplaced,
  isTargeted,
  parseAdapterConfig,
  rankOf,
  scaleOf,
} from './adapter-config';
import type { ModelConfig, Weights } from './config';
import { expectedTensors, linearShapes } from './config';
import { CheckpointError } from './error';
import type { SafetensorsEntry } from './safetensors';
import { parseSafetensors, requireFinite, toTensor, writeSafetensors } from './safetensors';
import { LazyWeights } from './weights';

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
  /** Tensors that replace the base's (`modules_to_save`), by the base's names, still as stored. */
  readonly replaced: ReadonlyMap<string, SafetensorsEntry>;
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

  const expected = expectedTensors(base);
  const halves = new Map<string, { A?: Tensor; B?: Tensor }>();
  const replaced = new Map<string, SafetensorsEntry>();
  for (const [key, entry] of parseSafetensors(bytes, file)) {
    const [, module = '', layerText = '', name = '', side] = KEY.exec(key) ?? [];
    if (side !== 'A' && side !== 'B') {
      const own = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : '';
      if (isReplaced(config, own) && !/\.lora_|\.modules_to_save\./.test(own)) {
        const dims = expected.get(own);
        if (!dims) wrongBase(`It replaces "${own}", which the base does not have.`);
        else if (dims.join() !== entry.dims.join()) {
          wrongBase(
            `It replaces "${own}" by [${entry.dims.join(', ')}], but the base's is [${dims.join(', ')}].`,
          );
        }
        replaced.set(own, entry);
        continue;
      }
      throw new CheckpointError(
        'unsupported-adapter',
        file,
        `It has a tensor "${key}", which is neither a LoRA factor of a linear layer nor a module that modules_to_save names.`,
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
    if (isReplaced(config, `${module}.weight`)) {
      throw new CheckpointError(
        'unsupported-adapter',
        files.config,
        `Both target_modules and modules_to_save name "${module}".`,
        'Merge the adapter with PEFT and load the merged checkpoint instead.',
      );
    }
    if (!isInLayers(config, module, files.config)) continue;
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
  const missing = (reason: string): never => {
    throw new CheckpointError(
      'missing-tensor',
      file,
      reason,
      'Check that it is the file adapter_model.safetensors of this adapter.',
    );
  };
  for (const name of expected.keys()) {
    if (isReplaced(config, name) && !replaced.has(name)) {
      missing(`modules_to_save names "${name}", but it is not there.`);
    }
  }
  if (modules.size + replaced.size === 0) missing('It has no tensor that applies.');
  return { config, modules, replaced };
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
 * One tensor of the fine-tuned checkpoint: the base's own, not a copy, where the adapter leaves it alone.
 * @param file name of the adapter's weights, for messages.
 * @throws CheckpointError 'not-finite' where a value is no number or the sum leaves the range of f32.
 */
export function mergedTensor(name: string, weight: Tensor, adapter: Adapter, file: string): Tensor {
  const entry = adapter.replaced.get(name);
  const whole = entry ? toTensor(entry) : weight;
  const factors = adapter.modules.get(name.replace(/\.weight$/, ''));
  const t = factors ? mergedWeight(whole, factors) : whole;
  if (t !== weight) requireFinite(t, `${name} after merging`, file);
  return t;
}

/** Whether an adapter changes the tensor of this name. */
export function adapts(adapter: Adapter, name: string): boolean {
  return adapter.replaced.has(name) || adapter.modules.has(name.replace(/\.weight$/, ''));
}

/**
 * The fine-tuned weights, merged when they are asked for, so that there is never a second copy; tensors
 * that the adapter leaves alone are the base's own.
 * @param file name of the adapter's weights, for messages.
 * @throws CheckpointError when a tensor is asked for, as `mergedTensor`.
 */
export function adaptedWeights(weights: Weights, adapter: Adapter, file: string): LazyWeights {
  for (const module of adapter.modules.keys()) {
    if (!weights.has(`${module}.weight`)) {
      throw new RangeError(`The base has no tensor "${module}.weight".`);
    }
  }
  return new LazyWeights(weights.keys(), (name) =>
    mergedTensor(name, weights.get(name)!, adapter, file),
  );
}

/**
 * The fine-tuned weights, all merged now.
 * @throws CheckpointError as `mergedTensor`.
 */
export function mergeAdapter(
  weights: Weights,
  adapter: Adapter,
  file = 'adapter_model.safetensors',
): Weights {
  return new Map(adaptedWeights(weights, adapter, file));
}

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
  // Of an adapter without factors, whose rank means nothing, PEFT still wants it positive.
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
