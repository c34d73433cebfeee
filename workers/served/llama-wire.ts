// What is said to a llama-server and what it says, as schemas (llama.cpp v0.5.0, the README of its server). Everything
// that decides an answer is sent, so that no default of a server plays a part: the samplers in the order of
// src/core/sampling.ts, no caching of prompts, and the scale of every LoRA that it has, since an empty list means the
// server's own scales and not none.

import * as v from 'valibot';
import type { Sampling } from '../../src/core/sampling';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const tokenId = count;

/** `GET /props`. */
export const Props = v.object({
  total_slots: v.pipe(count, v.minValue(1)),
  model_path: v.string(),
  model_ftype: v.optional(v.string(), ''),
  default_generation_settings: v.object({ n_ctx: v.pipe(count, v.minValue(1)) }),
});

/** `GET /v1/models`. */
export const Models = v.object({
  data: v.pipe(
    v.array(
      v.object({
        id: v.string(),
        meta: v.object({
          n_vocab: count,
          n_embd: count,
          n_params: v.number(),
          size: v.number(),
        }),
      }),
    ),
    v.minLength(1),
  ),
});

/** `GET /lora-adapters`. */
export const LoraList = v.array(v.object({ id: count, path: v.string(), scale: v.number() }));

/** `POST /tokenize` with ids as the content: the ids again, each with its text, or its bytes where they are none. */
export const Pieces = v.object({
  tokens: v.array(v.object({ id: tokenId, piece: v.union([v.string(), v.array(v.number())]) })),
});

/** One event of a streamed answer, or a whole answer. */
export const Completion = v.object({
  content: v.string(),
  tokens: v.array(tokenId),
  stop: v.boolean(),
  /** So far; the end marker counts. */
  tokens_predicted: count,
  /** Tokens of the prompt. */
  tokens_evaluated: count,
  stop_type: v.optional(v.string()),
});

export interface LoraScale {
  readonly id: number;
  readonly scale: number;
}

export interface CompletionRequest {
  readonly prompt: readonly number[];
  readonly seed: number;
  readonly sampling: Sampling;
  readonly maxTokens: number;
  /** Every LoRA of the server. */
  readonly loras: readonly LoraScale[];
  readonly stream: boolean;
}

/** For a llama-server the largest seed means a random one. */
const RANDOM_SEED = 0xffffffff;
/** Seconds between signs of life while an answer waits. */
const PING_S = 10;

/** The body of `POST /completion`. */
export function completionBody(request: CompletionRequest): string {
  const { prompt, seed, sampling, maxTokens, loras, stream } = request;
  const bits = seed >>> 0;
  return JSON.stringify({
    prompt,
    n_predict: maxTokens,
    stream,
    return_tokens: true,
    cache_prompt: false,
    sse_ping_interval: PING_S,
    seed: bits === RANDOM_SEED ? RANDOM_SEED - 1 : bits,
    samplers: ['penalties', 'temperature', 'top_k', 'top_p'],
    temperature: sampling.temperature,
    top_k: sampling.topK,
    top_p: sampling.topP,
    repeat_penalty: sampling.repetitionPenalty,
    // The whole text, as ours.
    repeat_last_n: prompt.length + maxTokens,
    frequency_penalty: 0,
    presence_penalty: 0,
    mirostat: 0,
    ...(loras.length === 0 ? {} : { lora: loras }),
  });
}
