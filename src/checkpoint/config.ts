// The shape of a decoder as we use it, read from a Hugging Face `config.json`. Only the plain Llama
// block is known (RMSNorm, rotary attention with grouped keys, SwiGLU, no biases); anything that
// would change the arithmetic is refused by name instead of being ignored.

import * as v from 'valibot';
import { CheckpointError } from './error';
import { checkShape, parseJson } from './json';

export interface ModelConfig {
  readonly architecture: 'llama';
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
  readonly maxPositions: number;
}

/** All weights of a checkpoint under their Hugging Face names, e.g. `model.layers.0.self_attn.q_proj.weight` [out, in]. */
export type Weights = ReadonlyMap<string, import('../core/tensor').Tensor>;

/** Architectures that can be loaded, as `config.json` names them. */
export const KNOWN_ARCHITECTURES: readonly string[] = ['LlamaForCausalLM'];

const size = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const flag = v.optional(v.nullable(v.boolean()));

const Identity = v.looseObject({
  architectures: v.optional(v.nullable(v.array(v.string()))),
  model_type: v.optional(v.string()),
});

const Llama = v.looseObject({
  hidden_size: size(1 << 16),
  intermediate_size: size(1 << 18),
  num_hidden_layers: size(512),
  num_attention_heads: size(1024),
  num_key_value_heads: v.optional(v.nullable(size(1024))),
  head_dim: v.optional(v.nullable(size(1024))),
  vocab_size: size(1 << 20),
  rope_theta: v.optional(positive),
  rope_scaling: v.optional(v.unknown()),
  rope_parameters: v.optional(v.nullable(v.record(v.string(), v.unknown()))),
  rms_norm_eps: v.optional(positive, 1e-6),
  tie_word_embeddings: flag,
  max_position_embeddings: v.optional(size(1 << 24), 2048),
  hidden_act: v.optional(v.string(), 'silu'),
  attention_bias: flag,
  mlp_bias: flag,
  quantization_config: v.optional(v.unknown()),
  partial_rotary_factor: v.optional(v.nullable(v.number())),
});

/**
 * Reads a `config.json`, given as text or as the parsed value.
 * @throws CheckpointError 'unsupported-architecture' where the model would compute something else
 *   than we do, 'unsupported-dtype' for stored quantisation, 'bad-config' for anything malformed.
 */
export function parseConfig(json: unknown, file: string): ModelConfig {
  const value = parseJson(json, file, 'bad-config');
  const identity = checkShape(Identity, value, file, 'bad-config');
  const refuse = (reason: string): never => {
    throw new CheckpointError(
      'unsupported-architecture',
      file,
      reason,
      `Choose a checkpoint of a known architecture: ${KNOWN_ARCHITECTURES.join(', ')}.`,
    );
  };
  const { architectures, model_type: modelType } = identity;
  const names = architectures?.length
    ? architectures
    : modelType === 'llama'
      ? ['LlamaForCausalLM']
      : [];
  if (names.length === 0 && modelType === undefined) {
    throw new CheckpointError(
      'bad-config',
      file,
      'It names no architecture.',
      "Check that it is a model's config.json.",
    );
  }
  const known = names.length > 0 && names.every((name) => KNOWN_ARCHITECTURES.includes(name));
  if (!known || (modelType ?? 'llama') !== 'llama') {
    refuse(`The architecture ${names.join(', ')} (model_type "${modelType ?? ''}") is not known.`);
  }

  const c = checkShape(Llama, value, file, 'bad-config');
  if (c.attention_bias === true) refuse('attention_bias is true, and biases are not supported.');
  if (c.mlp_bias === true) refuse('mlp_bias is true, and biases are not supported.');
  if (c.hidden_act !== 'silu') refuse(`hidden_act is "${c.hidden_act}"; only "silu" is supported.`);
  if (c.rope_scaling !== undefined && c.rope_scaling !== null) {
    refuse('rope_scaling is set, and scaled rotary positions are not supported.');
  }
  if (c.partial_rotary_factor != null && c.partial_rotary_factor !== 1) {
    refuse('partial_rotary_factor is set, and partly rotated heads are not supported.');
  }
  // transformers 5 writes {rope_type, rope_theta} here instead of rope_theta at the top level.
  const rope = c.rope_parameters ?? {};
  if ((rope.rope_type ?? 'default') !== 'default') {
    refuse(
      `rope_parameters has rope_type "${String(rope.rope_type)}"; only "default" is supported.`,
    );
  }
  const ropeTheta = checkShape(
    v.object({ rope_theta: positive }),
    { rope_theta: rope.rope_theta ?? c.rope_theta ?? 10_000 },
    file,
    'bad-config',
  ).rope_theta;
  if (c.quantization_config !== undefined && c.quantization_config !== null) {
    throw new CheckpointError(
      'unsupported-dtype',
      file,
      'The weights are stored quantised (quantization_config is set).',
      'Choose the checkpoint in F32, F16 or BF16.',
    );
  }

  const inconsistent = (reason: string): never => {
    throw new CheckpointError('bad-config', file, reason, 'Use the file as it was published.');
  };
  const nHeads = c.num_attention_heads;
  const nKvHeads = c.num_key_value_heads ?? nHeads;
  const dHead = c.head_dim ?? c.hidden_size / nHeads;
  if (nHeads % nKvHeads !== 0) {
    inconsistent(`${nHeads} attention heads cannot share ${nKvHeads} key-value heads evenly.`);
  }
  if (!Number.isInteger(dHead) || dHead % 2 !== 0) {
    inconsistent(`The head size ${dHead} is not an even whole number, so it cannot be rotated.`);
  }
  return {
    architecture: 'llama',
    nLayers: c.num_hidden_layers,
    dModel: c.hidden_size,
    nHeads,
    nKvHeads,
    dHead,
    dMlp: c.intermediate_size,
    dVocab: c.vocab_size,
    ropeTheta,
    rmsNormEps: c.rms_norm_eps,
    tieWordEmbeddings: c.tie_word_embeddings ?? false,
    maxPositions: c.max_position_embeddings,
  };
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
  const { nLayers, dModel, dVocab } = config;
  const shapes = new Map<string, readonly number[]>();
  shapes.set('model.embed_tokens.weight', [dVocab, dModel]);
  for (let layer = 0; layer < nLayers; layer++) {
    const block = `model.layers.${layer}`;
    shapes.set(`${block}.input_layernorm.weight`, [dModel]);
    shapes.set(`${block}.post_attention_layernorm.weight`, [dModel]);
    for (const [name, dims] of linearShapes(config)) shapes.set(`${block}.${name}.weight`, dims);
  }
  shapes.set('model.norm.weight', [dModel]);
  if (!config.tieWordEmbeddings) shapes.set('lm_head.weight', [dVocab, dModel]);
  return shapes;
}
