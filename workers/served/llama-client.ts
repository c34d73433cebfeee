// Talks to one llama-server: what it runs, the text of its tokens, and one answer at a time.

import type * as v from 'valibot';
import type { ServerSource } from '../api';
import type { ModelError } from '../runtime';
import { type Network, smallText, TemporaryError, type Watched } from '../source/network';
import type { Completed } from './answering';
import { eventsOf } from './event-stream';
import {
  Completion,
  completionBody,
  type CompletionRequest,
  LoraList,
  Models,
  Pieces,
  Props,
} from './llama-wire';
import { ServerHttp } from './server-http';

export class LlamaClient {
  readonly host: string;
  readonly #http: ServerHttp;

  /** @throws ModelError `bad-input` for what is no address */
  constructor(server: Pick<ServerSource, 'url' | 'key'>, network: Network, page?: string) {
    this.#http = new ServerHttp(server, network, 'llama-server', page);
    this.host = this.#http.host;
  }

  props = (signal: AbortSignal) => this.#http.json('/props', Props, signal);
  models = (signal: AbortSignal) => this.#http.json('/v1/models', Models, signal);
  loras = (signal: AbortSignal) => this.#http.json('/lora-adapters', LoraList, signal);

  /** The server's own text of each of these ids. */
  async pieces(
    ids: readonly number[],
    signal: AbortSignal,
  ): Promise<v.InferOutput<typeof Pieces>['tokens']> {
    const body = JSON.stringify({ content: ids, with_pieces: true });
    return (await this.#http.json('/tokenize', Pieces, signal, body)).tokens;
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
        const part = this.#http.parsed(Completion, event);
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
      const answer = this.#http.parsed(Completion, text);
      this.#requirePrompt(answer.tokens_evaluated, request);
      return { ids: answer.tokens, ended: answer.stop_type === 'eos' };
    };
    // A character of several tokens is streamed with the last of them only. The same seed gives the same answer.
    return (
      (await this.#http.ask('/completion', read, signal, body)) ??
      this.#http.ask('/completion', whole, signal, completionBody({ ...request, stream: false }))
    );
  }

  /** @throws ModelError where the server read another prompt than it was given */
  #requirePrompt(read: number, { prompt }: Pick<CompletionRequest, 'prompt'>): void {
    if (read === prompt.length) return;
    throw this.#strange(
      `${this.host} read ${read} tokens where it was given ${prompt.length}, so it answers another question. Start llama-server without options that change prompts.`,
    );
  }

  #strange(message: string): ModelError {
    return this.#http.strange(message);
  }
}
