// Requests to one server that computes for us. The key goes into one header only; redirects are refused, so no data
// reaches a server that nobody chose. Every failure is said in words with the way out; what may pass (a busy server, a
// broken connection) is a TemporaryError.

import * as v from 'valibot';
import type { ServerSource } from '../api';
import { ModelError } from '../runtime';
import { type Network, once, smallText, TemporaryError, type Watched } from '../source/network';
import { serverUrl, whyNoAnswer } from './server-url';

/** A server is given up after this many times the silence of a download: it signs in every 10 s while it writes. */
const PATIENCE = 4;

/** Bodies of refusals and errors inside a stream: of llama-server, of vLLM, of vLLM before 0.10, of its framework. */
const ServerError = v.union([
  v.object({ error: v.object({ message: v.string() }) }),
  v.object({ object: v.literal('error'), message: v.string() }),
  v.object({ detail: v.string() }),
]);

function messageIn(value: unknown): string | null {
  const parsed = v.safeParse(ServerError, value);
  if (!parsed.success) return null;
  const said = parsed.output;
  if ('error' in said) return said.error.message;
  return 'message' in said ? said.message : said.detail;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export class ServerHttp {
  readonly host: string;
  readonly #url: string;
  readonly #key: string;
  readonly #network: Network;
  readonly #program: string;

  /**
   * @param program that answers, for people
   * @param page address of the page that asks; left out: Node asks
   * @throws ModelError `bad-input` for what is no address
   */
  constructor(
    { url, key = '' }: Pick<ServerSource, 'url' | 'key'>,
    network: Network,
    program: string,
    page?: string,
  ) {
    this.#url = serverUrl(url, page);
    this.#key = key;
    this.#program = program;
    this.host = new URL(this.#url).host;
    this.#network = {
      ...network,
      stallMs: PATIENCE * network.stallMs,
      words: {
        noAnswer: () => whyNoAnswer(this.#url, program, page),
        silent: (host, seconds) => `${host} sent nothing for ${seconds} s.`,
        broken: (host) => `${host} broke off in the middle of an answer.`,
      },
    };
  }

  /** @throws ModelError, TemporaryError */
  json<S extends v.GenericSchema>(
    path: string,
    schema: S,
    signal: AbortSignal,
    body?: string,
  ): Promise<v.InferOutput<S>> {
    const read = async (response: Response, watched: Watched): Promise<v.InferOutput<S>> =>
      this.parsed(schema, await smallText(response, watched, `What ${this.host} sent`));
    return this.ask(path, read, signal, body);
  }

  /** @throws ModelError, TemporaryError, or what `read` throws */
  ask<T>(
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

  /** @throws ModelError for what is no such reply, or an error in the place of one */
  parsed<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> {
    const value = jsonOf(text);
    const parsed = v.safeParse(schema, value);
    if (parsed.success) return parsed.output;
    const said = messageIn(value);
    if (said !== null) {
      throw this.strange(`${this.host} gave up an answer. It says: ${this.#quoted(said)}`);
    }
    throw this.strange(
      `${this.host} sent something that isn't a reply of ${this.#program}. Check that the address is that of ${this.#program}.`,
    );
  }

  strange(message: string): ModelError {
    return new ModelError('network', message);
  }

  async #refuse(path: string, response: Response): Promise<never> {
    const { status } = response;
    const said = messageIn(jsonOf((await response.text()).slice(0, 20_000)));
    const why = said === null ? '' : ` It says: ${this.#quoted(said)}`;
    if (status === 401 || status === 403) {
      const advice = this.#key === '' ? 'It wants a key.' : 'Check the key.';
      throw new ModelError('no-access', `${this.host} refused access (${status}). ${advice}`);
    }
    if (said !== null && /model .*does not exist/i.test(said)) {
      throw new ModelError('bad-input', `${this.host} doesn't have the model.${why}`);
    }
    if (status === 404 || status === 405 || status === 501) {
      throw this.strange(
        `${this.host} has no ${path} (${status}). Check that the address is that of ${this.#program}.`,
      );
    }
    if (status === 429 || status === 408 || status >= 500) {
      const seconds = Number(response.headers.get('Retry-After') ?? NaN);
      const pauseMs = Number.isFinite(seconds) ? seconds * 1000 : null;
      throw new TemporaryError(`${this.host} can't answer now (${status}).${why}`, pauseMs);
    }
    throw this.strange(`${this.host} refused the request (${status}).${why}`);
  }

  /** What a server said, short and without the key. */
  #quoted(said: string): string {
    const shown = this.#key === '' ? said : said.replaceAll(this.#key, '(key)');
    return shown.slice(0, 300);
  }
}
