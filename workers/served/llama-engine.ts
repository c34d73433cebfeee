// A llama-server as an engine on token ids: one request an answer, as many at once as the server has slots, each
// tried again after a growing pause while its failure may pass. The model under a LoRA is another checkpoint on the
// same server. What llama.cpp has no way to do by request is refused with the reason.

import type { ModelConfig } from '../../src/checkpoint/config';
import type { EngineLimits } from '../api';
import type { GeneratedRow, GenerateJob, NewToken } from '../run/generate';
import type { TokenEngine } from '../run/token-engine';
import { ModelError } from '../runtime';
import { type Network, persist } from '../source/network';
import type { LlamaClient } from './llama-client';
import type { LoraScale } from './llama-wire';
import type { Turns } from './turns';

export const LLAMA_LIMITS: EngineLimits = {
  edit: 'llama-server can’t change activations by request. Remove the direction with a LoRA instead: "npm run lora" writes it.',
  continue:
    "llama-server can't go on with an answer that was stopped: it draws other random numbers. Ask again.",
  capture:
    "llama-server doesn't give activations out. Extract the direction with the checkpoint's own weights.",
  score: "llama-server doesn't give the probability of a given answer.",
  patch: 'llama-server can’t take activations from another model.',
  lens: 'The weights are on the server, and the logit lens needs them here.',
  train: 'The weights are on the server, and training needs them here.',
  export: 'The weights are on the server, so they can’t be saved from here.',
};

export interface LlamaEngineParts {
  readonly client: LlamaClient;
  readonly config: ModelConfig;
  /** Tokens of a conversation that one slot holds. */
  readonly context: number;
  readonly turns: Turns;
  readonly loras: readonly LoraScale[];
  readonly network: Network;
  readonly now: () => number;
}

export function llamaEngine(parts: LlamaEngineParts): TokenEngine {
  return {
    cannot: LLAMA_LIMITS,
    now: parts.now,
    capture: null,
    generate: (job, onTokens, signal) => generate(parts, job, onTokens, signal),
  };
}

async function generate(
  { client, config, context, turns, loras, network }: LlamaEngineParts,
  job: GenerateJob,
  onTokens: (tokens: readonly NewToken[]) => void = () => {},
  signal: AbortSignal = new AbortController().signal,
): Promise<GeneratedRow[]> {
  const most = Math.min(context, config.maxPositions);
  const long = job.prompts.find((prompt) => prompt.length >= most);
  if (long) {
    throw new ModelError(
      'bad-input',
      `The conversation is ${long.length} tokens long and ${client.host} reads at most ${most}. Shorten the question, or start the server with a larger context (-c).`,
    );
  }
  if (job.seeds.length < job.prompts.length) {
    throw new ModelError('bad-input', 'Every prompt needs a seed of its own.');
  }
  // One failure ends all: what was asked meanwhile would be thrown away. Each request has a signal of its own, because
  // Node takes more than ten listeners of one for a leak.
  const open = new Set<AbortController>();
  let stopped = signal.aborted;
  const stop = (): void => {
    stopped = true;
    for (const request of open) request.abort();
  };
  signal.addEventListener('abort', stop, { once: true });
  const one = async (prompt: readonly number[], row: number): Promise<GeneratedRow> => {
    const ids: number[] = [];
    const done = (stop: GeneratedRow['stop']): GeneratedRow => ({
      ids,
      projections: [],
      headerProjection: null,
      stop,
    });
    if (stopped) return done('cancelled');
    const request = new AbortController();
    open.add(request);
    const maxTokens = Math.min(job.maxTokens, most - prompt.length);
    const asked = { prompt, seed: job.seeds[row]!, sampling: job.sampling, maxTokens, loras };
    const isEnd = (id: number): boolean => job.endIds.includes(id);
    /** Answers of this try: a broken one begins again, and what it wrote before is not told twice. */
    let at = 0;
    const take = (id: number): void => {
      if (!(id < config.dVocab)) {
        throw new ModelError(
          'network',
          `${client.host} answered with token ${id}, and this model has ${config.dVocab}. It runs another model than the folder's.`,
        );
      }
      if (at >= ids.length) {
        ids.push(id);
        onTokens([{ row, id, projection: null }]);
      } else ids[at] = id;
      at++;
    };
    const attempt = async (): Promise<GeneratedRow['stop']> => {
      at = 0;
      const onIds = (some: readonly number[]): boolean => {
        const end = some.findIndex(isEnd);
        for (const id of end < 0 ? some : some.slice(0, end)) take(id);
        return end >= 0;
      };
      const { ids: all, ended } = await client.complete(asked, onIds, request.signal);
      const end = all.findIndex(isEnd);
      // A server's end marker that is none of the checkpoint's ends the answer, too.
      const answer = end >= 0 ? all.slice(0, end) : ended ? all.slice(0, -1) : all;
      at = 0;
      for (const id of answer) take(id);
      ids.length = answer.length;
      return end >= 0 || ended ? 'end' : 'length';
    };
    try {
      return done(await persist(network, attempt, () => {}, request.signal));
    } catch (error) {
      if (signal.aborted) return done('cancelled');
      stop();
      throw error;
    } finally {
      open.delete(request);
    }
  };
  try {
    // Settled all, so that no request outlives the call.
    const rows = await Promise.allSettled(
      job.prompts.map((prompt, row) => turns.run(() => one(prompt, row))),
    );
    const reasons = rows.flatMap((row) =>
      row.status === 'rejected' ? [row.reason as unknown] : [],
    );
    const cause = reasons.find(
      (reason) => !(reason instanceof ModelError && reason.code === 'cancelled'),
    );
    if (reasons.length > 0) throw cause ?? reasons[0];
    return rows.flatMap((row) => (row.status === 'fulfilled' ? [row.value] : []));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
