// Decides which modules a PEFT adapter adapts, and how: `check_target_module_exists` (tuners_utils.py),
// `get_pattern_key` and `_set_trainable` (utils/other.py), peft 0.20, line by line. Pure.

import type { AdapterConfig, ModuleNames, PatternValue } from './adapter-config';
import { linearShapes, type ModelConfig } from '../config';
import {
  type AdapterMatrices,
  EMBEDDING,
  EMBEDDING_MODULE,
  HEAD,
  HEAD_MODULE,
} from '../embedding-and-head';

/**
 * Why LoRA leaves a module alone, as a sentence about it; null: the module is adapted.
 * @param module path of a linear layer, of the embedding or of the head, e.g. `model.layers.0.mlp.up_proj`
 */
export function whyLeftOut(config: AdapterConfig, module: string): string | null {
  const { excluded, savedAround, targets, layers } = config;
  if (excluded && named(excluded, module)) return '"exclude_modules" leaves it out';
  if (savedAround.some((names) => names(module))) {
    return '"modules_to_save" replaces it, and PEFT never does both';
  }
  const unnamed = '"target_modules" does not name it';
  if (targets.kind === 'all-linear') {
    // PEFT makes of this a list of whole paths: linear layers, without the head.
    return module === HEAD_MODULE || module === EMBEDDING_MODULE ? unnamed : null;
  }
  if (!named(targets, module)) return unnamed;
  // A module named by its whole path, or by an expression, is adapted in every layer.
  if (targets.kind === 'pattern' || targets.names.has(module) || layers === null) return null;
  for (const layerOf of config.layerOf) {
    const layer = layerOf(module);
    if (layer !== null) {
      return layers.has(layer) ? null : `"layers_to_transform" leaves layer ${layer} out`;
    }
  }
  return '"layers_to_transform" leaves it out, because it is in no numbered layer';
}

/**
 * Number of linear layers that the configuration adapts and the file has no factors for. PEFT warns of them and leaves
 * them as they are in the base.
 */
export function countLacking(
  config: AdapterConfig,
  base: ModelConfig,
  modules: ReadonlyMap<string, unknown>,
): number {
  const paths = Array.from({ length: base.nLayers }, (_, layer) =>
    [...linearShapes(base).keys()].map((name) => `model.layers.${layer}.${name}`),
  ).flat();
  return paths.filter((path) => !modules.has(path) && whyLeftOut(config, path) === null).length;
}

/** Whole paths, or ends of paths behind a dot; or an expression for the whole path. */
function named(by: ModuleNames, module: string): boolean {
  if (by.kind === 'pattern') return by.names(module);
  if (by.names.has(module)) return true;
  for (let dot = module.indexOf('.'); dot >= 0; dot = module.indexOf('.', dot + 1)) {
    if (by.names.has(module.slice(dot + 1))) return true;
  }
  return false;
}

/** The value of the first pattern that names the module (PEFT's get_pattern_key). */
const byPattern = (patterns: readonly PatternValue[], module: string, otherwise: number): number =>
  patterns.find(({ names }) => names(module))?.value ?? otherwise;

/** Rank of one module, e.g. `model.layers.0.mlp.up_proj`. */
export function rankOf(config: AdapterConfig, module: string): number {
  return byPattern(config.rankPattern, module, config.r);
}

/** s in dW = s B A: alpha / r, or alpha / sqrt(r) with rsLoRA (Kalajdzievski 2023, arXiv:2312.03732). */
export function scaleOf(config: AdapterConfig, module: string): number {
  const r = rankOf(config, module);
  const scaled = byPattern(config.alphaPattern, module, config.alpha);
  return config.useRslora ? scaled / Math.sqrt(r) : scaled / r;
}

/**
 * Whether `modules_to_save` names the module that this tensor belongs to, or one around it; PEFT
 * compares the end of a module's path.
 */
export function isReplaced(config: AdapterConfig, tensor: string): boolean {
  for (let at = tensor.lastIndexOf('.'); at > 0; at = tensor.lastIndexOf('.', at - 1)) {
    const path = tensor.slice(0, at);
    if (config.modulesToSave.some((name) => path.endsWith(name))) return true;
  }
  return false;
}

/** Whether PEFT sees the embedding or the head among the targets, which `ensure_weight_tying` asks. */
export function targetsVocabulary({ targets }: AdapterConfig): boolean {
  const ends = ['embed_tokens', 'lm_head'];
  if (targets.kind === 'names') {
    return [...targets.names].some((name) => ends.includes(name.split('.').at(-1)!));
  }
  return targets.kind === 'pattern' && ends.some((name) => targets.names(name));
}

/** What the configuration alone declares about embedding and head, before the file is read. */
export function declaredMatrices(config: AdapterConfig): AdapterMatrices {
  const saves = { embedding: isReplaced(config, EMBEDDING), head: isReplaced(config, HEAD) };
  const { ensureWeightTying } = config;
  return {
    ensureWeightTying,
    saves,
    targets: targetsVocabulary(config),
    whole: { ...saves, alike: ensureWeightTying },
    factors: {
      embedding: whyLeftOut(config, EMBEDDING_MODULE) === null,
      head: whyLeftOut(config, HEAD_MODULE) === null,
      alike: true,
    },
  };
}
