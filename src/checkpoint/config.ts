// The shape of a decoder as we use it, read from a Hugging Face `config.json` of transformers 4 or 5.
// What the families have in common is here, what sets them apart is data (families.ts). Anything that
// would change the arithmetic in a way that we do not compute is refused by name instead of being ignored.

import * as v from 'valibot';
import { CheckpointError } from './error';
import { maybe, ONLY, Shape, type Refuse } from './config-fields';
import { refuseQuantised } from './config-quantised';
import { readRope } from './config-rope';
import { windowedLayers } from './config-window';
import { FAMILIES, familyOf, type Family } from './families';
import { checkShape, parseJson } from './json';
import type { RopeScaling } from './rope';

export interface ModelConfig {
  readonly architecture: Family['architecture'];
  readonly nLayers: number;
  readonly dModel: number;
  readonly nHeads: number;
  readonly nKvHeads: number;
  readonly dHead: number;
  readonly dMlp: number;
  readonly dVocab: number;
  readonly ropeTheta: number;
  readonly rmsNormEps: number;
  readonly tieWordEmbeddings: boolean;
  /** Tokens that the model reads here: what it was made for, at most `MAX_CONTEXT`. */
  readonly maxPositions: number;
  /** How the rotary positions of layers that see everything are stretched; absent: not at all. */
  readonly ropeScaling?: RopeScaling;
  /** Factor of the attention scores; absent: d_head^-0.5. */
  readonly queryScale?: number;
  /** Layers that see only the last tokens; absent: none. */
  readonly window?: AttentionWindow;
}

interface AttentionWindow {
  /** Tokens that a position sees, itself included. */
  readonly size: number;
  /** Whether each layer uses the window [n_layers]. */
  readonly layers: readonly boolean[];
  /** Rotary base of the windowed layers. */
  readonly ropeTheta: number;
}

/** All weights of a checkpoint under their Hugging Face names, e.g. `model.layers.0.self_attn.q_proj.weight` [out, in]. */
export type Weights = ReadonlyMap<string, import('../core/tensor').Tensor>;

/** Architectures that can be loaded, as `config.json` names them. */
export const KNOWN_ARCHITECTURES: readonly string[] = FAMILIES.map(({ className }) => className);

/** Longest text of any model here, in tokens: a browser has no memory for the caches of longer ones. */
export const MAX_CONTEXT = 8192;

const Identity = v.looseObject({
  architectures: maybe(v.array(v.string())),
  model_type: maybe(v.string()),
});

/**
 * Reads a `config.json`, given as text or as the parsed value.
 * @throws CheckpointError 'unsupported-architecture' where the model would compute something else
 *   than we do, 'unsupported-dtype' for stored quantisation, 'bad-config' for anything malformed.
 */
export function parseConfig(json: unknown, file: string): ModelConfig {
  const value = parseJson(json, file, 'bad-config');
  const refuse: Refuse = (reason) => {
    throw new CheckpointError(
      'unsupported-architecture',
      file,
      reason,
      `Choose a checkpoint of a known architecture: ${KNOWN_ARCHITECTURES.join(', ')}.`,
    );
  };
  const inconsistent: Refuse = (reason) => {
    throw new CheckpointError('bad-config', file, reason, 'Use the file as it was published.');
  };
  const family = findFamily(value, file, refuse);
  refuseQuantised(value, file);
  const c = checkShape(Shape, value, file, 'bad-config');
  for (const [field, only] of Object.entries(ONLY)) {
    const found = c[field] ?? only;
    if (found !== only) refuse(`${field} is ${shown(found)}, which is not supported.`);
  }
  const activation = c[family.activationField] ?? family.activation;
  if (activation !== family.activation) {
    refuse(
      `${family.activationField} is "${activation}"; only "${family.activation}" is supported.`,
    );
  }
  const { defaults } = family;
  const nHeads = c.num_attention_heads;
  const nKvHeads = c.num_key_value_heads ?? nHeads;
  const dHead = c.head_dim ?? defaults.dHead ?? c.hidden_size / nHeads;
  if (nHeads % nKvHeads !== 0) {
    inconsistent(`${nHeads} attention heads cannot share ${nKvHeads} key-value heads evenly.`);
  }
  if (!Number.isInteger(dHead) || dHead % 2 !== 0) {
    inconsistent(`The head size ${dHead} is not an even whole number, so it cannot be rotated.`);
  }
  const { ropeScaling, ...rope } = readRope(c, family, file, refuse);
  const maxPositions = Math.min(c.max_position_embeddings ?? 2048, MAX_CONTEXT);
  const windowed = windowedLayers(c, family, maxPositions, file, refuse, inconsistent);
  const queryScalar = c.query_pre_attn_scalar ?? defaults.queryPreAttnScalar;
  return {
    architecture: family.architecture,
    nLayers: c.num_hidden_layers,
    dModel: c.hidden_size,
    nHeads,
    nKvHeads,
    dHead,
    dMlp: c.intermediate_size,
    dVocab: c.vocab_size,
    ropeTheta: rope.ropeTheta,
    rmsNormEps: c.rms_norm_eps ?? 1e-6,
    tieWordEmbeddings: c.tie_word_embeddings ?? defaults.tieWordEmbeddings,
    maxPositions,
    ...(ropeScaling ? { ropeScaling } : {}),
    ...(defaults.queryPreAttnScalar !== null && queryScalar != null
      ? { queryScale: queryScalar ** -0.5 }
      : {}),
    ...(windowed ? { window: { ...windowed, ropeTheta: rope.localTheta } } : {}),
  };
}

/** A value of a file in a message: however large or deep it is, a few words. */
function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'an object';
  return JSON.stringify(value).slice(0, 60);
}

function findFamily(value: unknown, file: string, refuse: Refuse): Family {
  const { architectures, model_type: modelType } = checkShape(Identity, value, file, 'bad-config');
  const names = architectures ?? [];
  if (names.length === 0 && modelType == null) {
    throw new CheckpointError(
      'bad-config',
      file,
      'It names no architecture.',
      "Check that it is a model's config.json.",
    );
  }
  const family = FAMILIES.find(
    (known) =>
      names.every((name) => name === known.className) &&
      (modelType ?? known.modelType) === known.modelType,
  );
  return (
    family ??
    refuse(
      `The architecture ${names.join(', ').slice(0, 200)} (model_type "${modelType ?? ''}") is not known.`,
    )
  );
}

/** [out, in] of every linear layer of a block, by its name inside the block. */
export function linearShapes(config: ModelConfig): ReadonlyMap<string, readonly [number, number]> {
  const { dModel, dMlp, dHead, nHeads, nKvHeads } = config;
  return new Map([
    ['self_attn.q_proj', [nHeads * dHead, dModel]],
    ['self_attn.k_proj', [nKvHeads * dHead, dModel]],
    ['self_attn.v_proj', [nKvHeads * dHead, dModel]],
    ['self_attn.o_proj', [dModel, nHeads * dHead]],
    ['mlp.gate_proj', [dMlp, dModel]],
    ['mlp.up_proj', [dMlp, dModel]],
    ['mlp.down_proj', [dModel, dMlp]],
  ]);
}

/** Name -> shape of every tensor that a checkpoint of this shape has; `lm_head.weight` only if untied. */
export function expectedTensors(config: ModelConfig): ReadonlyMap<string, readonly number[]> {
  const { nLayers, dModel, dVocab, dHead } = config;
  const { norms, qkvBias, qkNorm } = familyOf(config);
  const shapes = new Map<string, readonly number[]>();
  shapes.set('model.embed_tokens.weight', [dVocab, dModel]);
  for (let layer = 0; layer < nLayers; layer++) {
    const block = `model.layers.${layer}`;
    for (const { before, after } of [norms.attention, norms.mlp]) {
      shapes.set(`${block}.${before}.weight`, [dModel]);
      if (after !== null) shapes.set(`${block}.${after}.weight`, [dModel]);
    }
    for (const [name, dims] of linearShapes(config)) {
      shapes.set(`${block}.${name}.weight`, dims);
      if (qkvBias && /[qkv]_proj$/.test(name)) shapes.set(`${block}.${name}.bias`, [dims[0]]);
    }
    if (qkNorm) {
      for (const side of ['q', 'k']) shapes.set(`${block}.self_attn.${side}_norm.weight`, [dHead]);
    }
  }
  shapes.set('model.norm.weight', [dModel]);
  if (!config.tieWordEmbeddings) shapes.set('lm_head.weight', [dVocab, dModel]);
  return shapes;
}
