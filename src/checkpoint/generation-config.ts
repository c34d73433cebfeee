// `generation_config.json`: how a checkpoint wants to be sampled. Published misalignment rates hold for
// plain sampling, so what this file changes must be shown wherever a rate is.

import * as v from 'valibot';
import type { Sampling } from '../core/sampling';
import { checkShape, parseJson } from './json';

const number = (min: number, max: number) =>
  v.optional(v.nullable(v.pipe(v.number(), v.minValue(min), v.maxValue(max))));
const id = v.pipe(v.number(), v.integer(), v.minValue(0));

const GenerationConfig = v.looseObject({
  do_sample: v.optional(v.nullable(v.boolean())),
  temperature: number(0, 100),
  top_k: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0)))),
  top_p: v.optional(v.nullable(v.pipe(v.number(), v.gtValue(0), v.maxValue(1)))),
  repetition_penalty: v.optional(v.nullable(v.pipe(v.number(), v.gtValue(0)))),
  eos_token_id: v.optional(v.nullable(v.union([id, v.array(id)]))),
});

/** Settings of Hugging Face that would change answers and are not followed here, with what turns them off. */
const UNHEEDED: Readonly<Record<string, readonly unknown[]>> = {
  min_p: [0],
  typical_p: [1],
  epsilon_cutoff: [0],
  eta_cutoff: [0],
  top_h: [],
  diversity_penalty: [0],
  encoder_repetition_penalty: [1],
  no_repeat_ngram_size: [0],
  length_penalty: [1],
  exponential_decay_length_penalty: [],
  penalty_alpha: [0],
  num_beams: [1],
  min_length: [0],
  min_new_tokens: [0],
  bad_words_ids: [],
  sequence_bias: [],
  suppress_tokens: [],
  begin_suppress_tokens: [],
  forced_bos_token_id: [],
  forced_eos_token_id: [],
  guidance_scale: [1],
  stop_strings: [],
};

export interface GenerationConfig {
  readonly sampling: Sampling;
  /** Ids that end an answer, beside those of the tokenizer. */
  readonly endIds: readonly number[];
  /** Names of settings in the file that would change answers and that nothing here follows. */
  readonly ignoredSettings: readonly string[];
}

/**
 * Reads a `generation_config.json`, given as text or as the parsed value. What is not set is plain
 * sampling at temperature 1, except top_k where do_sample is true: Hugging Face then takes 50. (Without
 * do_sample Hugging Face decodes greedily; here the settings beside it still say how to sample.)
 * @throws CheckpointError 'bad-config'.
 */
export function parseGenerationConfig(json: unknown, file: string): GenerationConfig {
  const c = checkShape(GenerationConfig, parseJson(json, file, 'bad-config'), file, 'bad-config');
  const end = c.eos_token_id ?? [];
  return {
    sampling: {
      temperature: c.do_sample === false ? 0 : (c.temperature ?? 1),
      topK: c.top_k ?? (c.do_sample === true ? 50 : 0),
      topP: c.top_p ?? 1,
      repetitionPenalty: c.repetition_penalty ?? 1,
    },
    endIds: typeof end === 'number' ? [end] : end,
    ignoredSettings: Object.entries(UNHEEDED).flatMap(([name, off]) => {
      const value = Object.hasOwn(c, name) ? c[name] : null;
      return value === null || value === undefined || off.includes(value) ? [] : [name];
    }),
  };
}
