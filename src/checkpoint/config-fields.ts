// The fields of a Hugging Face `config.json` that we read. Numbers are bounded, so that a broken file is refused
// here and not by what is made of it. What takes more than one of them is read by config-rope.ts and
// config-window.ts: transformers 4 and 5 write rotary positions and kinds of layers in different places.

import * as v from 'valibot';

const size = (max: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));
export const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
/** transformers writes null for what it leaves at its default. */
export const maybe = <S extends v.GenericSchema>(schema: S) => v.nullish(schema);
const flag = maybe(v.boolean());
/** A number of tokens. */
export const positions = size(1 << 24);

export const Shape = v.looseObject({
  hidden_size: size(1 << 16),
  intermediate_size: size(1 << 18),
  num_hidden_layers: size(512),
  num_attention_heads: size(1024),
  num_key_value_heads: maybe(size(1024)),
  head_dim: maybe(size(1024)),
  vocab_size: size(1 << 20),
  rms_norm_eps: maybe(positive),
  tie_word_embeddings: flag,
  max_position_embeddings: maybe(positions),
  original_max_position_embeddings: maybe(positive),
  hidden_act: maybe(v.string()),
  hidden_activation: maybe(v.string()),
  query_pre_attn_scalar: maybe(positive),
  rope_theta: maybe(positive),
  rope_local_base_freq: maybe(positive),
  rope_scaling: maybe(v.looseObject({})),
  rope_parameters: maybe(v.looseObject({})),
  layer_types: maybe(v.array(v.string())),
  use_sliding_window: flag,
  /** Read only where a layer slides; null and left out differ. */
  sliding_window: v.optional(v.unknown()),
  max_window_layers: maybe(v.number()),
  sliding_window_pattern: maybe(size(512)),
  _sliding_window_pattern: maybe(size(512)),
});
export type Shape = v.InferOutput<typeof Shape>;

/** Fields that must be absent, null, or this: any other value means arithmetic that is not done here. */
export const ONLY: Readonly<Record<string, unknown>> = {
  attention_bias: false,
  mlp_bias: false,
  use_bidirectional_attention: false,
  attn_logit_softcapping: null,
  final_logit_softcapping: null,
  partial_rotary_factor: 1,
};

/** Throws a typed error with the reason. */
export type Refuse = (reason: string) => never;
