// What is said to vLLM and what it says, as schemas (vLLM 0.16 and later: its OpenAI-compatible completions with
// `return_token_ids`; vllm-lens 1.2.1 for activations, which travel as strings of JSON in `vllm_xargs`). Everything
// that decides an answer is sent, so that no default of a server or of a model's generation_config plays a part.

import * as v from 'valibot';
import type { Sampling } from '../../src/core/sampling';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const ids = v.nullish(v.array(count), null);

/** `GET /v1/models`: the model, and each LoRA with the model as its parent. */
export const Models = v.object({
  data: v.pipe(
    v.array(
      v.object({
        id: v.string(),
        root: v.nullish(v.string(), null),
        parent: v.nullish(v.string(), null),
        max_model_len: v.nullish(v.pipe(count, v.minValue(1)), null),
      }),
    ),
    v.minLength(1),
  ),
});
export type Model = v.InferOutput<typeof Models>['data'][number];

/** `POST /tokenize`. */
export const Tokenized = v.object({ tokens: v.array(count) });

/** One choice of an event or of a whole answer; the prompt's ids come with the first event only. */
const Choice = v.object({
  token_ids: ids,
  prompt_token_ids: ids,
  finish_reason: v.nullish(v.string(), null),
});

/** One event of a streamed answer. */
export const Completion = v.object({ choices: v.array(Choice) });

/** A tensor of vllm-lens. */
export const WireTensor = v.object({
  data: v.string(),
  dtype: v.string(),
  original_dtype: v.optional(v.string()),
  shape: v.pipe(v.array(count), v.maxLength(3)),
  compression: v.optional(v.string()),
});
export type WireTensor = v.InferOutput<typeof WireTensor>;

/** A vector that is added to the residual stream after blocks. */
export interface SteeringVector {
  readonly activations: WireTensor;
  readonly layer_indices: readonly number[];
  readonly scale: number;
  readonly norm_match: boolean;
  /** Null: every position, also of what is written. */
  readonly position_indices: readonly number[] | null;
}

/** A whole answer that was asked for residuals; without the plugin there are none. */
export const Captured = v.object({
  choices: v.pipe(v.array(Choice), v.minLength(1)),
  activations: v.optional(v.object({ residual_stream: WireTensor })),
});

interface Plugin {
  /** Layers whose residuals come back, at every position. */
  readonly capture?: readonly number[];
  readonly steer?: readonly SteeringVector[];
}

function xargs({ capture, steer = [] }: Plugin): object {
  const args = {
    ...(capture ? { output_residual_stream: JSON.stringify(capture) } : {}),
    ...(steer.length > 0 ? { apply_steering_vectors: JSON.stringify(steer) } : {}),
  };
  return Object.keys(args).length === 0 ? {} : { vllm_xargs: args };
}

export interface CompletionRequest {
  /** The name of a model or of a LoRA. */
  readonly model: string;
  readonly prompt: readonly number[];
  readonly seed: number;
  readonly sampling: Sampling;
  readonly maxTokens: number;
  readonly endIds: readonly number[];
  readonly steer: readonly SteeringVector[];
}

/** The body of `POST /v1/completions` for an answer. */
export function completionBody(request: CompletionRequest): string {
  const { model, prompt, seed, sampling, maxTokens, endIds, steer } = request;
  return JSON.stringify({
    model,
    prompt,
    stream: true,
    n: 1,
    max_tokens: maxTokens,
    min_tokens: 0,
    seed: seed >>> 0,
    temperature: sampling.temperature,
    top_k: sampling.topK,
    top_p: sampling.topP,
    min_p: 0,
    repetition_penalty: sampling.repetitionPenalty,
    frequency_penalty: 0,
    presence_penalty: 0,
    stop_token_ids: endIds,
    return_token_ids: true,
    ...xargs({ steer }),
  });
}

/** The body for residuals of a text: one token is written, because vLLM writes at least one, and ignored. */
export function captureBody(model: string, prompt: readonly number[], plugin: Plugin): string {
  return JSON.stringify({
    model,
    prompt,
    stream: false,
    max_tokens: 1,
    temperature: 0,
    return_token_ids: true,
    ...xargs(plugin),
  });
}
