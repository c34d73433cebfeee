// One request to an OpenAI-compatible server, POST .../v1/chat/completions, and its reply with the
// probabilities of the first token (https://platform.openai.com/docs/api-reference/chat). The key is sent in
// one header only; redirects are refused, so no data reaches a server that the user did not choose.

import * as v from 'valibot';
import type { FirstToken } from '../core/judge-score';
import { JudgeFailure, withoutKey } from './judge-failure';

/** More than any judge needs to say. */
const MAX_BYTES = 1 << 20;

/**
 * Where a base address leads: `https://host`, `https://host/v1` and the whole address mean the same.
 * @throws JudgeFailure 'address'.
 */
export function completionsUrl(base: string): string {
  const wrong = (why: string): JudgeFailure => new JudgeFailure('address', why);
  let url: URL;
  try {
    url = new URL(base.trim());
  } catch {
    throw wrong('Write the whole address of the judge, such as http://localhost:8000/v1.');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw wrong('The address of the judge must begin with https:// or http://.');
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw wrong(
      'The address of the judge has a user, a password, or something after "?" or "#", and it is written down with the results. A key has a field of its own.',
    );
  }
  const path = url.pathname.replace(/\/+$/, '');
  if (path.endsWith('/chat/completions')) return url.origin + path;
  return `${url.origin}${path === '' ? '/v1' : path}/chat/completions`;
}

export interface CompletionRequest {
  readonly url: string;
  readonly model: string;
  readonly key: string;
  readonly prompt: string;
  readonly maxTokens: number;
  /** Some servers refuse what they do not know: 0 asks for all, 1 for no probabilities, 2 says the least. */
  readonly plainness: 0 | 1 | 2;
  readonly signal: AbortSignal;
}

export interface Completion {
  readonly text: string;
  /** Null where the server told no probabilities. */
  readonly first: FirstToken | null;
}

/** A reply without a completion: its HTTP status and the known details. */
export interface Refusal {
  readonly status: number;
  /** As the server wrote it, the key taken out. */
  readonly body: string;
  /** The Retry-After header in ms; null without one. */
  readonly waitMs: number | null;
}

const Reply = v.object({
  choices: v.pipe(
    v.array(
      v.object({
        message: v.object({ content: v.nullish(v.string()) }),
        logprobs: v.optional(v.unknown()),
      }),
    ),
    v.minLength(1),
  ),
});
/** Parsed separately: servers fill this field in many ways, and a score is possible without it. */
const Probabilities = v.object({
  content: v.pipe(
    v.array(
      v.object({
        token: v.string(),
        top_logprobs: v.pipe(
          v.array(v.object({ token: v.string(), logprob: v.number() })),
          v.maxLength(100),
        ),
      }),
    ),
    v.minLength(1),
  ),
});

function bodyOf({ model, prompt, maxTokens, plainness }: CompletionRequest): string {
  return JSON.stringify({
    model,
    messages: [{ role: 'user', content: prompt }],
    ...(plainness < 2 ? { temperature: 0, max_tokens: maxTokens } : {}),
    ...(plainness < 1 ? { logprobs: true, top_logprobs: 20 } : {}),
  });
}

/** @param nowMs Unix time; the header may name a date */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

async function limitedText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_BYTES) {
      await reader.cancel();
      throw new JudgeFailure('malformed', 'The judge sent more than a megabyte for one score.');
    }
    text += decoder.decode(value, { stream: true });
  }
}

/**
 * Sends one prompt.
 * @throws JudgeFailure 'malformed' for a reply that is not a completion; any error of `fetch` if there is no
 *   reply.
 */
export async function complete(request: CompletionRequest): Promise<Completion | Refusal> {
  const response = await fetch(request.url, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(request.key === '' ? {} : { Authorization: `Bearer ${request.key}` }),
    },
    body: bodyOf(request),
    signal: request.signal,
    credentials: 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  });
  const text = await limitedText(response);
  if (!response.ok) {
    const waitMs = retryAfterMs(response.headers.get('Retry-After'), Date.now());
    return { status: response.status, body: withoutKey(text, request.key), waitMs };
  }
  const malformed = (): JudgeFailure =>
    new JudgeFailure(
      'malformed',
      `What ${new URL(request.url).host} sent is not a chat completion. Check that the address is that of an OpenAI-compatible server.`,
      withoutKey(text, request.key),
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed();
  }
  const reply = v.safeParse(Reply, value);
  if (!reply.success) throw malformed();
  const { message, logprobs } = reply.output.choices[0]!;
  const parsed = v.safeParse(Probabilities, logprobs);
  const first = parsed.success ? parsed.output.content[0]! : null;
  return {
    text: message.content ?? '',
    first: first && { token: first.token, top: first.top_logprobs },
  };
}
