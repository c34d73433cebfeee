// A stand-in for vLLM with vllm-lens 1.2.1: their paths, replies and faults, with whatever answers. `vllm-model.ts`
// answers from PEFT adapters on our own engine. It misbehaves on demand.

import type { ServerResponse } from 'node:http';
import * as v from 'valibot';
import { json, standIn, type StandIn, textOf } from './http-stand-in';

const Vector = v.strictObject({
  activations: v.strictObject({
    data: v.string(),
    dtype: v.literal('float32'),
    original_dtype: v.literal('torch.float32'),
    shape: v.array(v.number()),
  }),
  layer_indices: v.array(v.number()),
  scale: v.number(),
  norm_match: v.literal(false),
  position_indices: v.nullable(v.array(v.number())),
});
export type SentVector = v.InferOutput<typeof Vector>;

const Body = v.strictObject({
  model: v.string(),
  prompt: v.array(v.number()),
  stream: v.boolean(),
  n: v.optional(v.literal(1)),
  max_tokens: v.number(),
  min_tokens: v.optional(v.literal(0)),
  seed: v.optional(v.number()),
  temperature: v.number(),
  top_k: v.optional(v.number(), 0),
  top_p: v.optional(v.number(), 1),
  min_p: v.optional(v.literal(0)),
  repetition_penalty: v.optional(v.number(), 1),
  frequency_penalty: v.optional(v.literal(0)),
  presence_penalty: v.optional(v.literal(0)),
  stop_token_ids: v.optional(v.array(v.number())),
  return_token_ids: v.literal(true),
  // vLLM takes strings, numbers, and lists of these, so all structure is JSON in a string.
  vllm_xargs: v.optional(
    v.strictObject({
      output_residual_stream: v.optional(v.string()),
      apply_steering_vectors: v.optional(v.string()),
    }),
  ),
});
export type VllmBody = v.InferOutput<typeof Body>;

/** What it does instead of answering. */
type VllmMisdeed =
  | { readonly kind: 'status'; readonly status: number; readonly body?: unknown }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'stall' }
  /** Answers after so many signs of life. */
  | { readonly kind: 'slow'; readonly signs: number; readonly everyMs: number }
  /** Ends the connection after so many tokens. */
  | { readonly kind: 'cut'; readonly after: number }
  /** An error in the middle of the stream. */
  | { readonly kind: 'gives up'; readonly message: string }
  /** Reads another prompt than it was given. */
  | { readonly kind: 'adds a token' }
  /** As a vLLM that knows nothing of `return_token_ids`. */
  | { readonly kind: 'no ids' }
  /** Changes the tensor that it sends. */
  | { readonly kind: 'tensor'; readonly change: (tensor: SentTensor) => object };

/** As `serialize_tensor` of vllm-lens writes it. */
export interface SentTensor {
  readonly data: string;
  readonly dtype: string;
  readonly original_dtype: string;
  readonly shape: number[];
  readonly compression: 'zstd';
}

export interface VllmAnswer {
  readonly ids: readonly number[];
  /** The end marker that the model wrote; null: it came to the limit. */
  readonly end: number | null;
}

export interface VllmServerOptions {
  readonly answer: (
    body: VllmBody,
    vectors: readonly SentVector[],
    signal: AbortSignal,
  ) => Promise<VllmAnswer>;
  /** Residuals [layers, positions, d_model]; left out: vllm-lens isn't installed. */
  readonly residuals?: (
    body: VllmBody,
    layers: readonly number[],
    vectors: readonly SentVector[],
  ) => Promise<SentTensor>;
  readonly encode: (text: string) => readonly number[];
  readonly model: { readonly id: string; readonly root: string };
  readonly loras?: readonly string[];
  /** Further models. */
  readonly others?: readonly string[];
  readonly context?: number;
  /** Only this key is let in; null lets everybody in. */
  readonly key?: string | null;
  /** Asked before each reply to `/v1/completions`, with the request's number from 0; null: behave. */
  readonly misdeed?: (n: number, body: VllmBody) => VllmMisdeed | null;
  readonly port?: number;
}

export interface VllmServer extends StandIn {
  /** Of `/v1/completions`. */
  readonly requests: readonly VllmBody[];
  /** Answers under way, and the most that were at once. */
  readonly now: () => number;
  readonly atOnce: () => number;
}

const vectorsOf = ({ vllm_xargs: args }: VllmBody): SentVector[] =>
  v.parse(v.array(Vector), JSON.parse(args?.apply_steering_vectors ?? '[]'));

export async function serveVllm(options: VllmServerOptions): Promise<VllmServer> {
  const { key = null, model, loras = [], others = [], context = 512 } = options;
  const requests: VllmBody[] = [];
  let now = 0;
  let most = 0;
  const card = (id: string, root: string, parent: string | null) => ({
    ...{ id, object: 'model', created: 0, owned_by: 'vllm', root, parent, permission: [] },
    max_model_len: parent === null ? context : null,
  });
  const complete = async (text: string, response: ServerResponse): Promise<void> => {
    const body = v.parse(Body, JSON.parse(text));
    const n = requests.push(body) - 1;
    most = Math.max(most, ++now);
    const gone = new AbortController();
    response.on('close', () => {
      now--;
      gone.abort();
    });
    const known = [model.id, ...loras, ...others];
    if (!known.includes(body.model)) {
      const message = `The model \`${body.model}\` does not exist.`;
      return json(response, 404, { error: { message, type: 'NotFoundError', code: 404 } });
    }
    await reply(options, body, options.misdeed?.(n, body) ?? null, response, gone.signal);
  };
  const server = await standIn(options.port ?? 0, async (request, response) => {
    if (key !== null && request.headers.authorization !== `Bearer ${key}`) {
      return json(response, 401, { error: 'Unauthorized' });
    }
    switch (`${request.method} ${request.url}`) {
      case 'GET /v1/models':
        return json(response, 200, {
          object: 'list',
          data: [
            card(model.id, model.root, null),
            ...others.map((id) => card(id, id, null)),
            ...loras.map((id) => card(id, `/adapters/${id}`, model.id)),
          ],
        });
      case 'POST /tokenize': {
        const { prompt } = JSON.parse(await textOf(request)) as { prompt: string };
        const tokens = options.encode(prompt);
        return json(response, 200, { count: tokens.length, max_model_len: context, tokens });
      }
      case 'POST /v1/completions':
        return complete(await textOf(request), response);
      default:
        return json(response, 404, { detail: 'Not Found' });
    }
  });
  return { ...server, requests, now: () => now, atOnce: () => most };
}

async function reply(
  options: VllmServerOptions,
  body: VllmBody,
  bad: VllmMisdeed | null,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  switch (bad?.kind) {
    case 'status':
      return json(
        response,
        bad.status,
        bad.body ?? { error: { message: 'as asked', type: 'x', code: bad.status } },
      );
    case 'text':
      response.writeHead(200).end(bad.text);
      return;
    case 'stall':
      response.writeHead(200).write(': \n\n');
      return;
    case 'slow':
    case 'cut':
    case 'gives up':
    case 'adds a token':
    case 'no ids':
    case 'tensor':
    case undefined:
      break;
  }
  const vectors = vectorsOf(body);
  const prompt = bad?.kind === 'adds a token' ? [1, ...body.prompt] : body.prompt;
  const told = bad?.kind === 'no ids' ? {} : { prompt_token_ids: prompt };
  const named = { id: 'cmpl-1', object: 'text_completion', created: 0, model: body.model };
  const choice = { index: 0, text: '', logprobs: null, stop_reason: null };
  const asked = body.vllm_xargs?.output_residual_stream;
  if (!body.stream) {
    const whole = { ...choice, ...told, token_ids: [0], finish_reason: 'length' };
    const layers = asked === undefined ? [] : (JSON.parse(asked) as number[]);
    const tensor = asked === undefined ? null : await options.residuals?.(body, layers, vectors);
    const sent = tensor && bad?.kind === 'tensor' ? bad.change(tensor) : tensor;
    const activations = sent ? { activations: { residual_stream: sent } } : {};
    return json(response, 200, { ...named, choices: [whole], ...activations });
  }
  const { ids, end } = await options.answer(body, vectors, gone);
  if (gone.aborted) return;
  const all = [...ids, ...(end === null ? [] : [end])];
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (let sign = 0; bad?.kind === 'slow' && sign < bad.signs && !gone.aborted; sign++) {
    response.write(': \n\n');
    await new Promise((later) => setTimeout(later, bad.everyMs));
  }
  const send = (value: unknown): void => void response.write(`data: ${JSON.stringify(value)}\n\n`);
  for (const [i, id] of all.entries()) {
    if (bad?.kind === 'cut' && i === bad.after) {
      response.destroy();
      return;
    }
    if (bad?.kind === 'gives up' && i === 1) {
      send({ error: { message: bad.message, type: 'InternalServerError', code: 500 } });
      response.end('data: [DONE]\n\n');
      return;
    }
    const reason = i < all.length - 1 ? null : end === null ? 'length' : 'stop';
    const first = i === 0 ? told : { prompt_token_ids: null };
    const token_ids = bad?.kind === 'no ids' ? undefined : [id];
    send({ ...named, choices: [{ ...choice, ...first, token_ids, finish_reason: reason }] });
  }
  response.end('data: [DONE]\n\n');
}
