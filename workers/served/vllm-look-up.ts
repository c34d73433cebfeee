// Looks a vLLM server up: its model and LoRAs, its vocabulary by the ids of a text, and whether vllm-lens is there and
// acts. A hook that fails there only writes a line into the server's log and leaves the model as it is, so one vector
// is added and measured before any result depends on it.

import type { EngineLimits, ServerSource } from '../api';
import type { ModelConfig } from '../../src/checkpoint/config';
import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import { ModelError } from '../runtime';
import {
  fileName,
  identityOf,
  type LookedUp,
  type LookUp,
  otherVocabulary,
  SAMPLE,
} from './look-up';
import { VllmClient } from './vllm-client';
import { PLAIN_VLLM_LIMITS, VLLM_LIMITS, vllmEngine } from './vllm-engine';
import { steeringVector } from './vllm-tensor';
import type { Model } from './vllm-wire';

/** vLLM doesn't say how many requests it takes at once; it queues what is too much. */
const SLOTS = 16;
/** Ids whose text is part of the text that is compared. */
const COMPARED = 256;

/** @throws ModelError, TemporaryError */
export async function lookUpVllm(
  { source, config, tokenizer, endIds, network, page, turnsOf, now }: LookUp,
  signal: AbortSignal,
): Promise<LookedUp> {
  const client = new VllmClient(source, network, page);
  const { host } = client;
  const all = await client.models(signal);
  const base = baseOf(host, source.model, all);
  const lora = loraOf(host, source.loras, base, all);
  const name = lora?.id ?? base.id;
  await requireVocabulary(client, base.id, tokenizer, signal);
  const context = base.max_model_len ?? config.maxPositions;
  const cannot = await limitsOf(client, name, config, tokenizer, signal);
  const slots = source.atOnce ?? SLOTS;
  const turns = turnsOf(host, slots);
  const loras = all.filter(({ parent }) => parent === base.id).map(({ id }) => id);
  const parts = { client, model: name, config, context, turns, endIds, cannot, network, now };
  const lens = cannot.capture === undefined ? ' with vllm-lens' : '';
  return {
    host,
    served: {
      kind: 'vllm',
      name: `vLLM${lens} at ${host}`,
      host,
      model: fileName(base.root ?? base.id),
      weights: 'in a precision that it doesn’t state',
      slots,
      context,
      loras,
      cannot,
    },
    engine: vllmEngine(parts),
    identity: identityOf([base.id, base.root, context, lora?.id, lora?.root]),
  };
}

function baseOf(host: string, wanted: string | undefined, all: readonly Model[]): Model {
  const bases = all.filter(({ parent }) => parent === null);
  const found = wanted === undefined ? bases[0] : bases.find(({ id }) => id === wanted);
  const names = bases.map(({ id }) => id).join(', ');
  if (!found) {
    throw new ModelError(
      'bad-input',
      `${host} doesn't run ${wanted ?? 'a model'}. It runs ${names === '' ? 'none' : names}.`,
    );
  }
  if (wanted === undefined && bases.length > 1) {
    throw new ModelError('bad-input', `${host} runs several models: ${names}. Name one.`);
  }
  return found;
}

/** The LoRA that answers; null: the model itself. @throws ModelError for one that isn't there, or a scale */
function loraOf(
  host: string,
  wanted: ServerSource['loras'],
  base: Model,
  all: readonly Model[],
): Model | null {
  const [first, another] = wanted;
  if (!first) return null;
  if (another) {
    throw new ModelError(
      'bad-input',
      `vLLM answers with one LoRA, not with ${wanted.map(({ name }) => name).join(' and ')}. Combine them into one.`,
    );
  }
  if (first.scale !== 1) {
    throw new ModelError(
      'bad-input',
      `vLLM applies a LoRA at scale 1 only, not ${first.scale}. Write the scale into the adapter's lora_alpha, or use llama-server.`,
    );
  }
  const loras = all.filter(({ parent }) => parent === base.id);
  const found = loras.find(({ id }) => id === first.name);
  if (found) return found;
  const has = loras.length === 0 ? 'It has none' : `It has ${loras.map(({ id }) => id).join(', ')}`;
  throw new ModelError(
    'bad-input',
    `${host} has no LoRA "${first.name}". ${has}. Start it with --enable-lora --lora-modules ${first.name}=FOLDER.`,
  );
}

/**
 * Compares the ids of a text on both sides: a whole prompt with its markers, and the text of every n-th id.
 * @throws ModelError `bad-input` where they differ
 */
async function requireVocabulary(
  client: VllmClient,
  model: string,
  tokenizer: Tokenizer,
  signal: AbortSignal,
): Promise<void> {
  const size = tokenizer.ordinarySize;
  const step = Math.max(1, Math.floor(size / COMPARED));
  const words = Array.from({ length: Math.ceil(size / step) }, (_, i) =>
    tokenizer.decodeOne(i * step),
  ).filter((word) => !word.includes('\uFFFD'));
  const prompt = tokenizer.chatPrompt([SAMPLE], true);
  for (const { text, ids } of [
    prompt,
    { text: words.join(' '), ids: tokenizer.encode(words.join(' ')) },
  ]) {
    const theirs = await client.tokenize(model, text, signal);
    const at = ids.findIndex((id, i) => theirs[i] !== id);
    if (at < 0 && theirs.length === ids.length) continue;
    const place = at < 0 ? ids.length : at;
    otherVocabulary(
      client.host,
      model,
      `after ${JSON.stringify(tokenizer.decode(ids.slice(Math.max(0, place - 5), place)))} comes token ${theirs[place] ?? 'none'} there and ${ids[place] ?? 'none'} in the folder`,
    );
  }
}

/** What this server can't do. @throws ModelError for a vllm-lens that doesn't act, or a model of another width */
async function limitsOf(
  client: VllmClient,
  model: string,
  config: ModelConfig,
  tokenizer: Tokenizer,
  signal: AbortSignal,
): Promise<EngineLimits> {
  const { ids } = tokenizer.chatPrompt([SAMPLE], true);
  const { dModel, nLayers } = config;
  const last = nLayers - 1;
  const asked = { model, ids, layers: [last], dModel };
  const plain = await client.residuals(asked, signal).catch((error: unknown) => {
    if (error instanceof ModelError && error.message.includes('no activations')) return null;
    throw error;
  });
  if (!plain) return PLAIN_VLLM_LIMITS;
  const at = ids.length - 1;
  const before = plain.subarray(at * dModel, (at + 1) * dModel);
  // As long as the residual itself, so that rounding can't hide it.
  const vector = Float32Array.from(before);
  const steer = [steeringVector(new Map([[last, vector]]), at)];
  const steered = await client.residuals({ ...asked, steer }, signal);
  const length = Math.hypot(...before);
  const off = (position: number, times: number): number =>
    Math.hypot(
      ...plain
        .subarray(position * dModel, (position + 1) * dModel)
        .map((x, i) => steered[position * dModel + i]! - times * x),
    );
  if (off(at, 2) < length / 16 && off(0, 1) < length / 16) return VLLM_LIMITS;
  throw new ModelError(
    'network',
    `${client.host} took a vector and did not add it where it was told to. Look into its log for "vllm-lens hook error", and check that it runs vllm-lens 1.2 on the V1 runner.`,
  );
}
