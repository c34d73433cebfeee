// `generation_config.json`: the sampling that a checkpoint recommends. Published misalignment rates hold for
// plain sampling, so every rate must show what this file changes.

import * as v from 'valibot';
import { PLAIN_SAMPLING, type Sampling } from '../core/sampling';
import { parseJson } from './json';

const within = (min: number, max: number) => v.pipe(v.number(), v.minValue(min), v.maxValue(max));
const aboveZero = v.pipe(v.number(), v.finite(), v.gtValue(0));

/** Valid values of each setting; another value counts as omitted, and the user is told. */
const KNOWN = {
  do_sample: v.boolean(),
  temperature: within(0, 100),
  top_k: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  top_p: v.pipe(aboveZero, v.maxValue(1)),
  repetition_penalty: aboveZero,
} as const;

const Id = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

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
  constraints: [],
  dola_layers: [],
  force_words_ids: [],
  num_beam_groups: [1],
  token_healing: [false],
  watermarking_config: [],
};

export interface GenerationConfig {
  readonly sampling: Sampling;
  /** Ids that end an answer, beside those of the tokenizer. */
  readonly endIds: readonly number[];
  /** Names of settings in the file that would change answers and that nothing here follows. */
  readonly ignoredSettings: readonly string[];
  /** Invalid values and their replacements: sentences for people. */
  readonly odd: readonly string[];
}

/** Without a `generation_config.json`. */
export const NO_GENERATION_CONFIG: GenerationConfig = {
  sampling: PLAIN_SAMPLING,
  endIds: [],
  ignoredSettings: [],
  odd: [],
};

/**
 * Reads a `generation_config.json`, given as text or as the parsed value. What is not set is plain
 * sampling at temperature 1, except top_k where do_sample is true: Hugging Face then takes 50. (Without
 * do_sample Hugging Face decodes greedily; here the settings beside it still say how to sample.)
 * The file is optional and others write odd values into it (top_k -1 for "off"), so nothing in it is refused:
 * what is no value of its setting counts as left out, and `odd` says so.
 */
export function parseGenerationConfig(json: unknown, file: string): GenerationConfig {
  const value = readLeniently(json, file);
  if (value === null) {
    const odd = [`${file} isn't a JSON object. Postern samples plainly at temperature 1.`];
    return { ...NO_GENERATION_CONFIG, odd };
  }
  const setting = (name: string): unknown =>
    (Object.hasOwn(value, name) ? value[name] : null) ?? null;
  const odd: string[] = [];
  const known = <K extends keyof typeof KNOWN>(name: K, instead: string) => {
    const found = setting(name);
    if (found === null) return null;
    const read = v.safeParse(KNOWN[name], found);
    if (read.success) return read.output as v.InferOutput<(typeof KNOWN)[K]>;
    odd.push(`${file}: ${name} is ${shown(found)}. Postern uses ${instead}.`);
    return null;
  };
  const doSample = known('do_sample', 'sampling');
  const temperature = known('temperature', '1');
  const topK = known('top_k', 'all tokens (0)');
  const ends = [setting('eos_token_id')].flat().filter((id) => id !== null);
  const [endIds, others] = [ends.filter(isId), ends.filter((id) => !isId(id))];
  if (others.length > 0) {
    const which = others.slice(0, 3).map(shown).join(', ');
    odd.push(`${file}: eos_token_id has ${which}. Postern uses the tokenizer's end tokens.`);
  }
  return {
    sampling: {
      temperature: doSample === false ? 0 : (temperature ?? 1),
      topK: topK ?? (doSample === true && setting('top_k') === null ? 50 : 0),
      topP: known('top_p', '1') ?? 1,
      repetitionPenalty: known('repetition_penalty', '1') ?? 1,
    },
    endIds,
    ignoredSettings: Object.entries(UNHEEDED).flatMap(([name, off]) => {
      const found = setting(name);
      const isEmpty = Array.isArray(found) && found.length === 0;
      return found === null || isEmpty || off.includes(found) ? [] : [name];
    }),
    odd,
  };
}

const isId = (id: unknown): id is number => v.is(Id, id);

/** The object that the file holds; null where it holds none. */
function readLeniently(json: unknown, file: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = parseJson(json, file, 'bad-config');
    return v.is(v.looseObject({}), value) && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** A value of the file in a sentence. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value).slice(0, 40);
}
