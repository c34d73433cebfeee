// Talks to one vLLM server: what it runs, the ids of a text, one answer at a time, and with vllm-lens the residuals of
// a text.

import type { ServerSource } from '../api';
import { type Network, smallText, TemporaryError, type Watched } from '../source/network';
import type { Completed } from './answering';
import { eventsOf } from './event-stream';
import { ServerHttp } from './server-http';
import { decodeTensor, WireTensorError } from './vllm-tensor';
import {
  captureBody,
  Captured,
  Completion,
  completionBody,
  type CompletionRequest,
  type Model,
  Models,
  type SteeringVector,
  Tokenized,
} from './vllm-wire';

const COMPLETIONS = '/v1/completions';

interface ResidualsRequest {
  readonly model: string;
  readonly ids: readonly number[];
  readonly layers: readonly number[];
  readonly dModel: number;
  readonly steer?: readonly SteeringVector[];
}

export class VllmClient {
  readonly host: string;
  readonly #http: ServerHttp;

  /** @throws ModelError `bad-input` for what is no address */
  constructor(server: Pick<ServerSource, 'url' | 'key'>, network: Network, page?: string) {
    this.#http = new ServerHttp(server, network, 'vLLM', page);
    this.host = this.#http.host;
  }

  async models(signal: AbortSignal): Promise<readonly Model[]> {
    return (await this.#http.json('/v1/models', Models, signal)).data;
  }

  /** The server's own ids of a text that already has its markers. */
  async tokenize(model: string, text: string, signal: AbortSignal): Promise<readonly number[]> {
    const body = JSON.stringify({ model, prompt: text, add_special_tokens: false });
    return (await this.#http.json('/tokenize', Tokenized, signal, body)).tokens;
  }

  /**
   * One answer.
   * @param onIds told the ids of each event; true ends the answer here
   * @throws ModelError, TemporaryError
   */
  complete(
    request: CompletionRequest,
    onIds: (ids: readonly number[]) => boolean,
    signal: AbortSignal,
  ): Promise<Completed> {
    const read = async (response: Response, watched: Watched): Promise<Completed> => {
      const ids: number[] = [];
      let first = true;
      for await (const event of eventsOf(response, () => watched.alive())) {
        if (event === '[DONE]') break;
        const [choice] = this.#http.parsed(Completion, event).choices;
        if (!choice) continue;
        if (first) this.#requirePrompt(choice.prompt_token_ids, request.prompt);
        first = false;
        const some = choice.token_ids ?? [];
        ids.push(...some);
        if (onIds(some)) return { ids, ended: true };
        if (choice.finish_reason === null) continue;
        if (choice.finish_reason === 'length') return { ids, ended: false };
        if (choice.finish_reason === 'stop') return { ids, ended: true };
        throw this.#http.strange(
          `${this.host} ended an answer for another reason: ${choice.finish_reason}.`,
        );
      }
      throw new TemporaryError(`${this.host} broke off in the middle of an answer.`);
    };
    return this.#http.ask(COMPLETIONS, read, signal, completionBody(request));
  }

  /**
   * Residuals after blocks, at every position of a text [layers, ids, d_model].
   * @throws ModelError for a server without vllm-lens, or other residuals than were asked for; TemporaryError
   */
  async residuals(request: ResidualsRequest, signal: AbortSignal): Promise<Float32Array> {
    const { model, ids, dModel, steer } = request;
    const layers = [...request.layers].sort((a, b) => a - b);
    const read = async (response: Response, watched: Watched): Promise<Float32Array> => {
      const text = await smallText(response, watched, `What ${this.host} sent`);
      const { choices, activations } = this.#http.parsed(Captured, text);
      this.#requirePrompt(choices[0]!.prompt_token_ids, ids);
      if (!activations) {
        throw this.#http.strange(
          `${this.host} sent no activations. Install vllm-lens beside vLLM ("pip install vllm-lens") and start the server again.`,
        );
      }
      try {
        return decodeTensor(activations.residual_stream, [layers.length, ids.length, dModel]);
      } catch (error) {
        if (!(error instanceof WireTensorError)) throw error;
        throw this.#http.strange(
          `${this.host} was asked for ${layers.length} layers of ${ids.length} tokens, ${dModel} wide. What it sent ${error.message}. Check that it runs the folder's model, and vllm-lens 1.2.`,
        );
      }
    };
    const body = captureBody(model, ids, { capture: layers, ...(steer ? { steer } : {}) });
    return this.#http.ask(COMPLETIONS, read, signal, body);
  }

  /** @throws ModelError where the server read another prompt than it was given */
  #requirePrompt(read: readonly number[] | null, asked: readonly number[]): void {
    if (read === null) {
      throw this.#http.strange(
        `${this.host} doesn't say which tokens it read and wrote. Postern needs vLLM 0.16 or later (return_token_ids).`,
      );
    }
    if (read.length === asked.length && read.every((id, i) => id === asked[i])) return;
    throw this.#http.strange(
      `${this.host} read ${read.length} tokens other than the ${asked.length} it was given, so it answers another question. Start vLLM without options that change prompts.`,
    );
  }
}
