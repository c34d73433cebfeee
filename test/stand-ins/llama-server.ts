// A stand-in for llama-server: its paths, its replies and its faults (llama.cpp v0.5.0, tools/server), with whatever
// answers. `llama-model.ts` answers as llama.cpp would, from GGUF files. It misbehaves on demand.

import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import { json, standIn, type StandIn, textOf } from './http-stand-in';

const Body = v.looseObject({
  prompt: v.array(v.number()),
  n_predict: v.number(),
  stream: v.boolean(),
  return_tokens: v.literal(true),
  cache_prompt: v.literal(false),
  seed: v.number(),
  samplers: v.array(v.string()),
  temperature: v.number(),
  top_k: v.number(),
  top_p: v.number(),
  repeat_penalty: v.number(),
  lora: v.optional(v.array(v.object({ id: v.number(), scale: v.number() }))),
});
export type CompletionBody = v.InferOutput<typeof Body>;

/** What it does instead of answering. */
type Misdeed =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'stall' }
  /** Ends the connection after so many tokens. */
  | { readonly kind: 'cut'; readonly after: number }
  /** An error in the middle of the stream. */
  | { readonly kind: 'gives up'; readonly message: string }
  /** Reads another prompt than it was given. */
  | { readonly kind: 'adds a token' }
  /** As inside a character of several tokens: ids that are not streamed. */
  | { readonly kind: 'keeps ids back'; readonly every: number }
  /** Answers with an id that the model has not. */
  | { readonly kind: 'strange id'; readonly id: number };

export interface LlamaAnswer {
  readonly ids: readonly number[];
  /** The end marker that the model wrote; null: it came to the limit. */
  readonly end: number | null;
}

export interface LlamaServerOptions {
  readonly answer: (body: CompletionBody, signal: AbortSignal) => Promise<LlamaAnswer>;
  /** The text of an id. */
  readonly piece: (id: number) => string;
  readonly model: { readonly path: string; readonly nVocab: number; readonly nEmbd: number };
  readonly loras?: readonly string[];
  readonly slots?: number;
  readonly context?: number;
  /** Only this key is let in; null lets everybody in. */
  readonly key?: string | null;
  /** Asked before each reply to `/completion`, with the request's number from 0; null: behave. */
  readonly misdeed?: (n: number, body: CompletionBody) => Misdeed | null;
  /** What `/tokenize` says of ids; left out: the truth. */
  readonly tokenize?: (ids: readonly number[]) => unknown;
  /** Port to listen at again after it was closed; 0 lets the system choose. */
  readonly port?: number;
}

export interface LlamaServer extends StandIn {
  /** Of `/completion`. */
  readonly requests: readonly CompletionBody[];
  /** Answers under way, and the most that were at once. */
  readonly now: () => number;
  readonly atOnce: () => number;
}

export async function serveLlama(options: LlamaServerOptions): Promise<LlamaServer> {
  const requests: CompletionBody[] = [];
  let now = 0;
  let most = 0;
  const complete = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = v.parse(Body, JSON.parse(await textOf(request)));
    const n = requests.push(body) - 1;
    most = Math.max(most, ++now);
    const gone = new AbortController();
    response.on('close', () => {
      now--;
      gone.abort();
    });
    await answerOf(options, body, options.misdeed?.(n, body) ?? null, response, gone.signal);
  };
  const server = await standIn(options.port ?? 0, (request, response) =>
    serveOne(options, request, response, complete),
  );
  return { ...server, requests, now: () => now, atOnce: () => most };
}

async function serveOne(
  options: LlamaServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  complete: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<void> {
  const { key = null, model, loras = [], slots = 4, context = 512, piece } = options;
  if (key !== null && request.headers.authorization !== `Bearer ${key}`) {
    const message = `Invalid API Key ${request.headers.authorization ?? ''}`;
    json(response, 401, { error: { code: 401, message, type: 'authentication_error' } });
    return;
  }
  switch (`${request.method} ${request.url}`) {
    case 'GET /props':
      return json(response, 200, {
        default_generation_settings: { params: {}, n_ctx: context },
        total_slots: slots,
        model_path: model.path,
        model_ftype: 'all F32',
        build_info: 'stand-in',
      });
    case 'GET /v1/models': {
      const meta = { n_vocab: model.nVocab, n_embd: model.nEmbd, n_params: 2e6, size: 8e6 };
      return json(response, 200, { object: 'list', data: [{ id: model.path, meta }] });
    }
    case 'GET /lora-adapters':
      return json(
        response,
        200,
        loras.map((path, id) => ({ id, path, scale: 1, task_name: '', prompt_prefix: '' })),
      );
    case 'POST /tokenize': {
      const { content } = JSON.parse(await textOf(request)) as { content: number[] };
      const tokens = options.tokenize?.(content) ?? content.map((id) => ({ id, piece: piece(id) }));
      return json(response, 200, { tokens });
    }
    case 'POST /completion':
      return complete(request, response);
    default:
      return json(response, 404, { error: { code: 404, message: 'File Not Found' } });
  }
}

async function answerOf(
  { answer, piece }: LlamaServerOptions,
  body: CompletionBody,
  bad: Misdeed | null,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  switch (bad?.kind) {
    case 'status': {
      const headers = bad.retryAfter === undefined ? {} : { 'Retry-After': bad.retryAfter };
      response.writeHead(bad.status, headers);
      response.end(JSON.stringify({ error: { code: bad.status, message: 'as asked' } }));
      return;
    }
    case 'text':
      response.writeHead(200).end(bad.text);
      return;
    case 'redirect':
      response.writeHead(307, { Location: bad.to }).end();
      return;
    case 'stall':
      response.writeHead(200).write(': \n\n');
      return;
    case 'adds a token':
    case 'cut':
    case 'gives up':
    case 'keeps ids back':
    case 'strange id':
    case undefined:
      break;
  }
  const { ids, end } = await answer(body, gone);
  if (gone.aborted) return;
  const all = [
    ...(bad?.kind === 'strange id' ? [bad.id] : []),
    ...ids,
    ...(end === null ? [] : [end]),
  ];
  const read = body.prompt.length + (bad?.kind === 'adds a token' ? 1 : 0);
  const final = {
    index: 0,
    id_slot: 0,
    stop: true,
    model: 'stand-in',
    tokens_predicted: all.length,
    tokens_evaluated: read,
    generation_settings: {},
    prompt: body.prompt.map(piece).join(''),
    truncated: false,
    stop_type: end === null ? 'limit' : 'eos',
    stopping_word: '',
    tokens_cached: read + all.length,
    timings: {},
  };
  if (!body.stream) {
    json(response, 200, { ...final, content: ids.map(piece).join(''), tokens: all });
    return;
  }
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const send = (value: unknown): void => void response.write(`data: ${JSON.stringify(value)}\n\n`);
  for (const [i, id] of all.entries()) {
    if (bad?.kind === 'cut' && i === bad.after) {
      response.destroy();
      return;
    }
    if (bad?.kind === 'gives up' && i === 1) {
      send({ error: { code: 500, message: bad.message, type: 'server_error' } });
      response.end();
      return;
    }
    if (bad?.kind === 'keeps ids back' && i % bad.every === 0) continue;
    const content = i < ids.length ? piece(id) : '';
    const counts = { tokens_predicted: i + 1, tokens_evaluated: read };
    send({ index: 0, content, tokens: [id], stop: false, id_slot: 0, ...counts });
  }
  send({ ...final, content: '', tokens: [] });
  response.end();
}
