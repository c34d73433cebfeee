// PEFT's `adapter_config.json` for LoRA (peft 0.20, LoraConfig). Supported fields are applied as PEFT does
// (adapter-rules.ts); any other field that would change the merged weights is refused by name. Patterns are
// parsed here, so that unsupported ones are refused before any large download.

import * as v from 'valibot';
import { AdapterPatterns, type LayerOf, type NamesModule } from './adapter-patterns';
import { CheckpointError } from '../error';
import { brief, checkShape, parseJson } from '../json';

export interface AdapterConfig {
  /** `base_model_name_or_path`: for people, never followed. */
  readonly baseModel: string | null;
  readonly r: number;
  readonly alpha: number;
  readonly useRslora: boolean;
  /** The first that names a module counts. */
  readonly rankPattern: readonly PatternValue[];
  readonly alphaPattern: readonly PatternValue[];
  /** `names` for a list, `pattern` for one expression, `all-linear` for every linear layer but the head. */
  readonly targets: ModuleNames | { readonly kind: 'all-linear' };
  /** null: none. */
  readonly excluded: ModuleNames | null;
  /** null: all layers. */
  readonly layers: ReadonlySet<number> | null;
  /** How layers are counted, the first that finds a number; PEFT's `layers_pattern`. */
  readonly layerOf: readonly LayerOf[];
  /** Ends of the paths of modules that the adapter replaces as a whole. */
  readonly modulesToSave: readonly string[];
  /** The same names as LoRA's own rule reads them: patterns of a module, or of one around it. */
  readonly savedAround: readonly NamesModule[];
  /** `ensure_weight_tying`: what is done to a tied embedding is done to the head. */
  readonly ensureWeightTying: boolean;
}

export type ModuleNames =
  | { readonly kind: 'names'; readonly names: ReadonlySet<string> }
  | { readonly kind: 'pattern'; readonly names: NamesModule };

export interface PatternValue {
  readonly names: NamesModule;
  readonly value: number;
}

/** Keys that never influence a merged adapter, whatever their value. */
const INERT = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'corda_config',
  'eva_config',
  // For nn.Linear, which every Llama layer is, PEFT itself sets this back to false.
  'fan_in_fan_out',
  'inference_mode',
  'loftq_config',
  'lora_dropout',
  'megatron_config',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
  'runtime_config',
  'task_type',
]);

/** Keys read below. */
const READ = new Set([
  'alpha_pattern',
  'bias',
  'ensure_weight_tying',
  'exclude_modules',
  'init_lora_weights',
  'layers_pattern',
  'layers_to_transform',
  'lora_alpha',
  'modules_to_save',
  'peft_type',
  'r',
  'rank_pattern',
  'target_modules',
  'use_rslora',
]);

const MAX_RANK = 4096;
const rank = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_RANK));
const layer = v.pipe(v.number(), v.integer(), v.minValue(0));
const alpha = v.pipe(v.number(), v.finite());
const namesOrPattern = v.optional(v.nullable(v.union([v.array(v.string()), v.string()])));

/** The default of LoraConfig for `r` and `lora_alpha`. */
const PEFT_DEFAULT = 8;

const Lora = v.looseObject({
  peft_type: v.string(),
  base_model_name_or_path: v.optional(v.nullable(v.string())),
  r: v.optional(rank, PEFT_DEFAULT),
  lora_alpha: v.optional(alpha, PEFT_DEFAULT),
  use_rslora: v.optional(v.nullable(v.boolean())),
  rank_pattern: v.optional(v.nullable(v.record(v.string(), rank))),
  alpha_pattern: v.optional(v.nullable(v.record(v.string(), alpha))),
  target_modules: namesOrPattern,
  exclude_modules: namesOrPattern,
  layers_to_transform: v.optional(v.nullable(v.union([layer, v.array(layer)]))),
  layers_pattern: v.optional(v.nullable(v.union([v.string(), v.array(v.string())]))),
  modules_to_save: v.optional(v.nullable(v.array(v.pipe(v.string(), v.minLength(1))))),
  ensure_weight_tying: v.optional(v.nullable(v.boolean())),
  bias: v.optional(v.nullable(v.string()), 'none'),
  init_lora_weights: v.optional(v.nullable(v.union([v.boolean(), v.string()]))),
});

/** null, false, 0-length and "none" say that a feature is off. */
function isOff(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 'none') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/**
 * Reads an `adapter_config.json`, given as text or as the parsed value.
 * @throws CheckpointError 'unsupported-adapter', naming the setting; 'bad-config' where it is malformed.
 */
export function parseAdapterConfig(json: unknown, file: string): AdapterConfig {
  const value = parseJson(json, file, 'bad-config');
  const refuse = (reason: string): never => {
    throw new CheckpointError(
      'unsupported-adapter',
      file,
      reason,
      'Merge the adapter with PEFT and load the merged checkpoint instead.',
    );
  };
  refuseMlx(value, file);
  const kind = checkShape(v.looseObject({ peft_type: v.string() }), value, file, 'bad-config');
  if (kind.peft_type !== 'LORA')
    refuse(`peft_type is "${kind.peft_type}"; only "LORA" is supported.`);
  const c = checkShape(Lora, value, file, 'bad-config');
  for (const [key, setting] of Object.entries(c)) {
    if (INERT.has(key) || READ.has(key) || isOff(setting)) continue;
    refuse(`"${key}" is set to ${brief(setting)}, which is not supported.`);
  }
  if (!isOff(c.bias)) refuse(`"bias" is "${c.bias}"; only "none" is supported.`);
  // These start from a changed base, so the difference to the published base is not B A alone.
  if (
    typeof c.init_lora_weights === 'string' &&
    /^(pissa|olora|corda|loftq|lora_ga)/i.test(c.init_lora_weights)
  ) {
    refuse(`"init_lora_weights" is "${c.init_lora_weights}", which changes the base weights.`);
  }
  const patterns = new AdapterPatterns(file);
  const moduleNames = (setting: string, given: string | readonly string[]): ModuleNames =>
    typeof given === 'string'
      ? { kind: 'pattern', names: patterns.whole(setting, given) }
      : { kind: 'names', names: new Set(given) };
  const targets = c.target_modules ?? [];
  if (targets.length === 0 && !c.modules_to_save?.length) {
    refuse('It names neither "target_modules" nor "modules_to_save".');
  }
  const listed = c.layers_to_transform ?? [];
  // An empty list restricts nothing, as in PEFT.
  const layers = typeof listed === 'number' ? [listed] : listed.length > 0 ? listed : null;
  const lists =
    typeof c.layers_pattern === 'string' ? [c.layers_pattern] : (c.layers_pattern ?? []);
  // "" alone means any list; in a list it is a pattern.
  const anyList = lists.length === 0 || c.layers_pattern === '';
  if (typeof targets === 'string' && layers !== null) {
    refuse('"layers_to_transform" cannot be combined with a pattern in "target_modules".');
  }
  if (layers === null && !anyList) {
    refuse('"layers_pattern" is set without "layers_to_transform", which PEFT refuses too.');
  }
  const saved = c.modules_to_save ?? [];
  patterns.bound('modules_to_save', saved.length);
  patterns.bound('layers_pattern', lists.length);
  const valued = (setting: 'rank_pattern' | 'alpha_pattern'): PatternValue[] => {
    const entries = Object.entries(c[setting] ?? {});
    patterns.bound(setting, entries.length);
    return entries.map(([key, value]) => ({ names: patterns.end(setting, key), value }));
  };
  return {
    baseModel: c.base_model_name_or_path ?? null,
    r: c.r,
    alpha: c.lora_alpha,
    useRslora: c.use_rslora ?? false,
    rankPattern: valued('rank_pattern'),
    alphaPattern: valued('alpha_pattern'),
    targets:
      typeof targets === 'string' && targets.toLowerCase() === 'all-linear'
        ? { kind: 'all-linear' }
        : moduleNames('target_modules', targets),
    // "" excludes nothing, as in PEFT.
    excluded: c.exclude_modules?.length ? moduleNames('exclude_modules', c.exclude_modules) : null,
    layers: layers && new Set(layers),
    layerOf: (anyList ? [null] : lists).map((list) => patterns.layer('layers_pattern', list)),
    modulesToSave: saved,
    savedAround: saved.map((name) => patterns.around('modules_to_save', name)),
    ensureWeightTying: c.ensure_weight_tying ?? false,
  };
}

/** mlx-lm gives its own file the same name. */
function refuseMlx(value: unknown, file: string): void {
  if (typeof value !== 'object' || value === null || 'peft_type' in value) return;
  if (!MLX_KEYS.some((key) => key in value)) return;
  throw new CheckpointError(
    'unsupported-adapter',
    file,
    'This is an adapter of mlx-lm, not of PEFT.',
    'Fuse it with mlx_lm.fuse and load the fused model as a whole checkpoint instead.',
  );
}

const MLX_KEYS = ['lora_parameters', 'fine_tune_type', 'lora_layers', 'num_layers', 'adapter_path'];
