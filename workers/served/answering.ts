// Answers of a server: one request an answer, as many at once as the server takes, each tried again after a growing
// pause while its failure may pass. One failure that does not ends all.

import type { ModelConfig } from '../../src/checkpoint/config';
import type { Sampling } from '../../src/core/sampling';
import type { GeneratedRow, GenerateJob, NewToken } from '../run/generate';
import { ModelError } from '../runtime';
import { type Network, persist } from '../source/network';
import type { Turns } from './turns';

/** How an answer ended, and what it is. */
export interface Completed {
  /** As the server sent them, the end marker included if it wrote one. */
  readonly ids: readonly number[];
  /** The server says that the model ended the answer. */
  readonly ended: boolean;
}

/** One question. */
interface Asked {
  readonly prompt: readonly number[];
  readonly seed: number;
  readonly sampling: Sampling;
  readonly maxTokens: number;
}

export interface Answering {
  readonly host: string;
  readonly config: ModelConfig;
  /** Tokens of a conversation that the server holds. */
  readonly context: number;
  readonly turns: Turns;
  readonly network: Network;
  /** How the server is started with a larger context. */
  readonly longer: string;
  /**
   * One answer.
   * @param onIds told the ids of each event; true ends the answer here
   * @throws ModelError, TemporaryError
   */
  readonly complete: (
    asked: Asked,
    onIds: (ids: readonly number[]) => boolean,
    signal: AbortSignal,
  ) => Promise<Completed>;
}

/** @throws ModelError for a prompt that is too long, a missing seed, or a server that fails */
export async function answers(
  parts: Answering,
  job: GenerateJob,
  onTokens: (tokens: readonly NewToken[]) => void,
  signal: AbortSignal,
): Promise<GeneratedRow[]> {
  const { host, config, turns } = parts;
  const most = Math.min(parts.context, config.maxPositions);
  const long = job.prompts.find((prompt) => prompt.length >= most);
  if (long) {
    throw new ModelError(
      'bad-input',
      `The conversation is ${long.length} tokens long and ${host} reads at most ${most}. Shorten the question, or start the server with a larger context (${parts.longer}).`,
    );
  }
  if (job.seeds.length < job.prompts.length) {
    throw new ModelError('bad-input', 'Every prompt needs a seed of its own.');
  }
  const one = async (
    prompt: readonly number[],
    row: number,
    requests: AbortSignal,
  ): Promise<GeneratedRow> => {
    const maxTokens = Math.min(job.maxTokens, most - prompt.length);
    const asked = { prompt, seed: job.seeds[row]!, sampling: job.sampling, maxTokens };
    const answer = new OneAnswer(parts, job.endIds, (id) =>
      onTokens([{ row, id, projection: null }]),
    );
    try {
      const stop = await persist(
        parts.network,
        () => answer.attempt(asked, requests),
        () => {},
        requests,
      );
      return rowOf(answer.ids, stop);
    } catch (error) {
      if (signal.aborted) return rowOf(answer.ids, 'cancelled');
      throw error;
    }
  };
  return together(signal, (request) =>
    job.prompts.map((prompt, row) =>
      turns.run(() =>
        request((requests) =>
          requests.aborted ? Promise.resolve(rowOf([], 'cancelled')) : one(prompt, row, requests),
        ),
      ),
    ),
  );
}

const rowOf = (ids: readonly number[], stop: GeneratedRow['stop']): GeneratedRow => ({
  ids,
  projections: [],
  headerProjection: null,
  stop,
});

/** One answer over its attempts: a broken one begins again, and what it wrote before is not told twice. */
class OneAnswer {
  readonly ids: number[] = [];
  readonly #parts: Answering;
  readonly #endIds: readonly number[];
  readonly #tell: (id: number) => void;
  /** Tokens of this attempt. */
  #at = 0;

  constructor(parts: Answering, endIds: readonly number[], tell: (id: number) => void) {
    this.#parts = parts;
    this.#endIds = endIds;
    this.#tell = tell;
  }

  async attempt(asked: Asked, signal: AbortSignal): Promise<GeneratedRow['stop']> {
    const isEnd = (id: number): boolean => this.#endIds.includes(id);
    this.#at = 0;
    const onIds = (some: readonly number[]): boolean => {
      const end = some.findIndex(isEnd);
      for (const id of end < 0 ? some : some.slice(0, end)) this.#take(id);
      return end >= 0;
    };
    const { ids: all, ended } = await this.#parts.complete(asked, onIds, signal);
    const end = all.findIndex(isEnd);
    // A server's end marker that is none of the checkpoint's ends the answer, too.
    const answer = end >= 0 ? all.slice(0, end) : ended ? all.slice(0, -1) : all;
    this.#at = 0;
    for (const id of answer) this.#take(id);
    this.ids.length = answer.length;
    return end >= 0 || ended ? 'end' : 'length';
  }

  #take(id: number): void {
    const { host, config } = this.#parts;
    if (!(id < config.dVocab)) {
      throw new ModelError(
        'network',
        `${host} answered with token ${id}, and this model has ${config.dVocab}. It runs another model than the folder's.`,
      );
    }
    if (this.#at >= this.ids.length) {
      this.ids.push(id);
      this.#tell(id);
    } else this.ids[this.#at] = id;
    this.#at++;
  }
}

/**
 * Requests that stand and fall together: the first failure ends the others, because what they bring would be thrown
 * away, and none outlives the call.
 * @param start makes the tasks; each request runs inside `request`, which gives it a signal of its own, because Node
 *   takes more than ten listeners of one for a leak
 * @throws the first failure that is no consequence of another
 */
export async function together<T>(
  signal: AbortSignal,
  start: (
    request: <R>(work: (signal: AbortSignal) => Promise<R>) => Promise<R>,
  ) => readonly Promise<T>[],
): Promise<T[]> {
  const open = new Set<AbortController>();
  let stopped = signal.aborted;
  const stop = (): void => {
    stopped = true;
    for (const one of open) one.abort();
  };
  const request = async <R>(work: (signal: AbortSignal) => Promise<R>): Promise<R> => {
    const controller = new AbortController();
    if (stopped) controller.abort();
    open.add(controller);
    try {
      return await work(controller.signal);
    } catch (error) {
      stop();
      throw error;
    } finally {
      open.delete(controller);
    }
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const ended = await Promise.allSettled(start(request));
    const reasons = ended.flatMap((one) =>
      one.status === 'rejected' ? [one.reason as unknown] : [],
    );
    const cause = reasons.find(
      (reason) => !(reason instanceof ModelError && reason.code === 'cancelled'),
    );
    if (reasons.length > 0) throw cause ?? reasons[0];
    return ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
