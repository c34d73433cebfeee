// Talks to one llama-server: what it runs, whether its vocabulary is the checkpoint's, and one answer at a time. The
// key goes into one header only; redirects are refused, so no data reaches a server that nobody chose. Every failure
// is said in words with the way out; what may pass (a busy server, a broken connection) is a TemporaryError.

import * as v from 'valibot';
import type { ServerSource } from '../api';
import { ModelError } from '../runtime';
import { type Network, once, smallText, TemporaryError, type Watched } from '../source/network';
import { eventsOf } from './event-stream';
import {
  Completion,
  completionBody,
  type CompletionRequest,
  LoraList,
  Models,
  Pieces,
  Props,
  ServerError,
} from './llama-wire';

/** A server is given up after this many times the silence of a download: it signs in every 10 s while it writes. */
const PATIENCE = 4;

/**
 * The address of a server without a slash at its end.
 * @param page address of what asks; a browser lets a page that came over https ask only what does too
 * @throws ModelError `bad-input`
 */
export function serverUrl(address: string, page?: string): string {
  const wrong = (why: string): ModelError => new ModelError('bad-input', why);
  const text = address.trim();
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw wrong('Write the whole address of the server, such as http://localhost:8080.');
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw wrong(
      'The server\'s address has a user, a password, or something after "?" or "#", and it is written down with the results. The key has a field of its own.',
    );
  }
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (page?.startsWith('https:') && url.protocol === 'http:' && !local) {
    throw wrong(
      `This page came over https, so the browser won't let it ask ${url.host} over http. Open Postern over http with "npm start", or give the server a certificate.`,
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** How an answer ended, and what it is. */
export interface Completed {
  /** As the server sent them, the end marker included if it wrote one. */
  readonly ids: readonly number[];
  /** The server says that the model ended the answer. */
  readonly ended: boolean;
}

const withoutKey = (text: string, key: string): string =>
  key === '' ? text : text.replaceAll(key, '(key)');

export class LlamaClient {
  readonly host: string;
  readonly #url: string;
  readonly #key: string;
  readonly #network: Network;

  /** @throws ModelError `bad-input` for what is no address */
  constructor(
    { url, key = '' }: Pick<ServerSource, 'url' | 'key'>,
    network: Network,
    page?: string,
  ) {
    this.#url = serverUrl(url, page);
    this.#key = key;
    this.host = new URL(this.#url).host;
    this.#network = {
      ...network,
      stallMs: PATIENCE * network.stallMs,
      words: {
        noAnswer: (host) =>
          `${host} did not answer. Check that llama-server runs there and that the address is right. A page can only ask a server that allows it (CORS, private networks).`,
        silent: (host, seconds) => `${host} sent nothing for ${seconds} s.`,
        broken: (host) => `${host} broke off in the middle of an answer.`,
      },
    };
  }

  props = (signal: AbortSignal) => this.#json('/props', Props, signal);
  models = (signal: AbortSignal) => this.#json('/v1/models', Models, signal);
  loras = (signal: AbortSignal) => this.#json('/lora-adapters', LoraList, signal);

  /** The server's own text of each of these ids. */
  async pieces(
    ids: readonly number[],
    signal: AbortSignal,
  ): Promise<v.InferOutput<typeof Pieces>['tokens']> {
    const body = JSON.stringify({ content: ids, with_pieces: true });
    return (await this.#json('/tokenize', Pieces, signal, body)).tokens;
  }

  /**
   * One answer.
   * @param onIds told the ids of each event; true ends the answer here
   * @throws ModelError, TemporaryError
   */
  async complete(
    request: Omit<CompletionRequest, 'stream'>,
    onIds: (ids: readonly number[]) => boolean,
    signal: AbortSignal,
  ): Promise<Completed> {
    const body = completionBody({ ...request, stream: true });
    /** Null: some ids were not sent. */
    const read = async (response: Response, watched: Watched): Promise<Completed | null> => {
      const ids: number[] = [];
      for await (const event of eventsOf(response, () => watched.alive())) {
        const part = this.#parsed(Completion, event);
        this.#requirePrompt(part.tokens_evaluated, request);
        ids.push(...part.tokens);
        if (onIds(part.tokens)) return { ids, ended: true };
        if (!part.stop) continue;
        const whole = ids.length >= part.tokens_predicted;
        return whole ? { ids, ended: part.stop_type === 'eos' } : null;
      }
      throw new TemporaryError(`${this.host} broke off in the middle of an answer.`);
    };
    const whole = async (response: Response, watched: Watched): Promise<Completed> => {
      const text = await smallText(response, watched, `The answer of ${this.host}`);
      const answer = this.#parsed(Completion, text);
      this.#requirePrompt(answer.tokens_evaluated, request);
      return { ids: answer.tokens, ended: answer.stop_type === 'eos' };
    };
    // A character of several tokens is streamed with the last of them only. The same seed gives the same answer.
    return (
      (await this.#ask('/completion', read, signal, body)) ??
      this.#ask('/completion', whole, signal, completionBody({ ...request, stream: false }))
    );
  }

  /** @throws ModelError where the server read another prompt than it was given */
  #requirePrompt(read: number, { prompt }: Pick<CompletionRequest, 'prompt'>): void {
    if (read === prompt.length) return;
    throw this.#strange(
      `${this.host} read ${read} tokens where it was given ${prompt.length}, so it answers another question. Start llama-server without options that change prompts.`,
    );
  }

  #json<S extends v.GenericSchema>(
    path: string,
    schema: S,
    signal: AbortSignal,
    body?: string,
  ): Promise<v.InferOutput<S>> {
    const read = async (response: Response, watched: Watched): Promise<v.InferOutput<S>> =>
      this.#parsed(schema, await smallText(response, watched, `What ${this.host} sent`));
    return this.#ask(path, read, signal, body);
  }

  #ask<T>(
    path: string,
    read: (response: Response, watched: Watched) => Promise<T>,
    signal: AbortSignal,
    body?: string,
  ): Promise<T> {
    const init: RequestInit = {
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(this.#key === '' ? {} : { Authorization: `Bearer ${this.#key}` }),
      },
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      ...(body === undefined ? {} : { method: 'POST', body }),
    };
    const refuse = (response: Response): Promise<never> => this.#refuse(path, response);
    return once(this.#network, this.#url + path, init, refuse, read, signal);
  }

  async #refuse(path: string, response: Response): Promise<never> {
    const { status } = response;
    const text = withoutKey((await response.text()).slice(0, 2000), this.#key);
    const said = v.safeParse(ServerError, jsonOf(text));
    const why = said.success ? ` It says: ${said.output.error.message.slice(0, 300)}` : '';
    if (status === 401 || status === 403) {
      const advice = this.#key === '' ? 'It wants a key.' : 'Check the key.';
      throw new ModelError('no-access', `${this.host} refused access (${status}). ${advice}`);
    }
    if (status === 404 || status === 405 || status === 501) {
      throw this.#strange(
        `${this.host} has no ${path} (${status}). Check that the address is that of a llama-server.`,
      );
    }
    if (status === 429 || status === 408 || status >= 500) {
      const seconds = Number(response.headers.get('Retry-After') ?? NaN);
      const pauseMs = Number.isFinite(seconds) ? seconds * 1000 : null;
      throw new TemporaryError(`${this.host} can't answer now (${status}).${why}`, pauseMs);
    }
    throw this.#strange(`${this.host} refused the request (${status}).${why}`);
  }

  /** @throws ModelError for what is no such reply, or an error in the place of one */
  #parsed<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> {
    const value = jsonOf(text);
    const failed = v.safeParse(ServerError, value);
    if (failed.success) {
      const { message } = failed.output.error;
      throw this.#strange(
        `${this.host} gave up an answer. It says: ${withoutKey(message.slice(0, 300), this.#key)}`,
      );
    }
    const parsed = v.safeParse(schema, value);
    if (parsed.success) return parsed.output;
    throw this.#strange(
      `${this.host} sent something that isn't a llama-server's reply. Check that the address is that of a llama-server.`,
    );
  }

  #strange(message: string): ModelError {
    return new ModelError('network', message);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
