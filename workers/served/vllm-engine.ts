// A vLLM server as an engine on token ids: answers, steering by request, and with vllm-lens pooled residuals. The model
// under a LoRA is another checkpoint on the same server. vllm-lens 1.2.1 counts the positions of a vector from the
// beginning of each forward pass: right for the prompt where it is read at once, and wrong for every token that is
// written. So a vector at the last token of the prompt is asked for only while all prompts in flight fit into one
// pass, and one at the answer's tokens is refused.

import { addedVectors } from '../../src/core/edit-parts';
import type { EngineLimits } from '../api';
import type { Reading } from '../run/capture';
import type { TokenEngine } from '../run/token-engine';
import { ModelError } from '../runtime';
import { persist } from '../source/network';
import { type Answering, answers, together } from './answering';
import { NOT_ON_A_SERVER } from './limits';
import { Turns } from './turns';
import type { VllmClient } from './vllm-client';
import { MOST_NUMBER_BYTES, steeringVector } from './vllm-tensor';

const CUT =
  'vLLM can’t remove a direction by request. Use a LoRA without the direction instead: "Save as files" in the Models tab writes it, or "npm run lora".';

export const VLLM_LIMITS: EngineLimits = {
  ...NOT_ON_A_SERVER,
  cut: CUT,
  'steer-answer':
    'vllm-lens counts positions from the beginning of each pass, so it can’t find the tokens of the answer. Choose "All positions" or the header token.',
};

const NO_LENS = 'Install vllm-lens beside vLLM ("pip install vllm-lens") and start it again.';

/** The same without the plugin. */
export const PLAIN_VLLM_LIMITS: EngineLimits = {
  ...VLLM_LIMITS,
  steer: `This vLLM has no way to add a vector. ${NO_LENS}`,
  capture: `This vLLM doesn't give activations out. ${NO_LENS}`,
};

/** Tokens that every vLLM reads in one pass (`--max-num-batched-tokens`; 2048 is the least of its defaults). */
const PASS_TOKENS = 2048;
/** Texts that are read at once, and most numbers of an answer: memory is bounded by their product. */
const READ_AT_ONCE = 4;
const MOST_ANSWER_BYTES = 16 << 20;

interface VllmEngineParts extends Omit<Answering, 'complete' | 'longer' | 'host'> {
  readonly client: VllmClient;
  /** Name of the model or of the LoRA. */
  readonly model: string;
  readonly endIds: readonly number[];
  readonly cannot: EngineLimits;
  readonly now: () => number;
}

export function vllmEngine(parts: VllmEngineParts): TokenEngine {
  const { client, model, endIds, cannot, now } = parts;
  return {
    cannot,
    now,
    capture:
      cannot.capture === undefined
        ? (readings, onProgress = () => {}, signal = new AbortController().signal) =>
            capture(parts, readings, onProgress, signal)
        : null,
    generate: (job, onTokens = () => {}, signal = new AbortController().signal) => {
      const vectors = addedVectors(job.edit.packed);
      const header = vectors.size > 0 && job.edit.positions === 'header';
      const everywhere = vectors.size > 0 && !header ? [steeringVector(vectors, null)] : [];
      const answering: Answering = {
        ...parts,
        host: client.host,
        longer: '--max-model-len',
        ...(header ? { turns: new Turns(inOnePass(client.host, job.prompts, parts.turns)) } : {}),
        complete: (asked, onIds, requests) => {
          const steer = header ? [steeringVector(vectors, asked.prompt.length - 1)] : everywhere;
          return client.complete({ ...asked, model, endIds, steer }, onIds, requests);
        },
      };
      return answers(answering, job, onTokens, signal);
    },
  };
}

/** How many of the prompts may be in flight, so that none is read in two passes. @throws ModelError */
function inOnePass(host: string, prompts: readonly (readonly number[])[], turns: Turns): number {
  const longest = Math.max(...prompts.map((prompt) => prompt.length));
  if (longest < PASS_TOKENS) {
    return Math.max(1, Math.min(turns.atOnce, Math.floor(PASS_TOKENS / (longest + 1))));
  }
  throw new ModelError(
    'bad-input',
    `The conversation is ${longest} tokens long, and ${host} may read it in several passes, which moves the header token. Steer at all positions, or shorten it.`,
  );
}

/** How many layers of a text come back in one answer. */
export const layersAtOnce = (tokens: number, dModel: number): number =>
  Math.max(1, Math.floor(MOST_ANSWER_BYTES / (tokens * dModel * MOST_NUMBER_BYTES)));

/** Pooled residuals [n_readings, n_layers, d_model]: a few layers at a time, averaged as they arrive. */
async function capture(
  { client, config, context, model, network }: VllmEngineParts,
  readings: readonly Reading[],
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<Float32Array<ArrayBuffer>> {
  const { nLayers, dModel } = config;
  const most = Math.min(context, config.maxPositions) - 1;
  readings.forEach(({ ids, start, end }, i) => {
    const name = `Transcript ${i + 1}`;
    if (ids.length > most) {
      throw new ModelError(
        'bad-input',
        `${name} is ${ids.length} tokens long and ${client.host} reads at most ${most}. Shorten it.`,
      );
    }
    if (!(start >= 0 && start < end && end <= ids.length)) {
      throw new ModelError('bad-input', `${name} has no answer to read. Give each one with text.`);
    }
  });
  const pooled = new Float32Array(readings.length * nLayers * dModel);
  const turns = new Turns(READ_AT_ONCE);
  let done = 0;
  const read = async ({ ids, start, end }: Reading, i: number, requests: AbortSignal) => {
    const size = layersAtOnce(ids.length, dModel);
    for (let from = 0; from < nLayers; from += size) {
      const layers = Array.from({ length: Math.min(size, nLayers - from) }, (_, k) => from + k);
      const residuals = await persist(
        network,
        () => client.residuals({ model, ids, layers, dModel }, requests),
        () => {},
        requests,
      );
      layers.forEach((layer, k) => {
        const at = k * ids.length * dModel;
        const rows = residuals.subarray(at + start * dModel, at + end * dModel);
        pooled.set(mean(rows, dModel), (i * nLayers + layer) * dModel);
      });
    }
    onProgress(++done);
  };
  await together(signal, (request) =>
    readings.map((reading, i) =>
      turns.run(() =>
        request((requests) => {
          if (requests.aborted) throw new ModelError('cancelled', 'Reading was cancelled.');
          return read(reading, i, requests);
        }),
      ),
    ),
  );
  return pooled;
}

/** Mean of rows [n, width], summed in f64. */
function mean(rows: Float32Array, width: number): Float64Array {
  const sum = new Float64Array(width);
  for (let at = 0; at < rows.length; at += width) {
    for (let i = 0; i < width; i++) sum[i]! += rows[at + i]!;
  }
  const n = rows.length / width;
  return sum.map((x) => x / n);
}
