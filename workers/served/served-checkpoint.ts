// A checkpoint whose weights are on a llama-server: the folder gives shape, tokenizer and sampling, the server the
// answers. Before the first answer it is checked that the server runs a model of this shape with this vocabulary, token
// by token, and has the LoRAs that are asked for: a server with another model answers as readily, and wrongly.

import { expectedTensors, type ModelConfig, parseConfig } from '../../src/checkpoint/config';
import {
  NO_GENERATION_CONFIG,
  parseGenerationConfig,
} from '../../src/checkpoint/generation-config';
import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import { Sha256 } from '../../src/core/sha256';
import type { CheckpointSource, LoadedCheckpoint, ServedBy, ServerSource } from '../api';
import { vocabularySha256 } from '../checkpoint/identity';
import { readTokenizer } from '../checkpoint/tokenizer-files';
import type { TokenEngine } from '../run/token-engine';
import { ModelError } from '../runtime';
import { persist } from '../source/network';
import { openFolder, type Sources } from '../source/open-folder';
import { LlamaClient } from './llama-client';
import { llamaEngine, LLAMA_LIMITS } from './llama-engine';
import type { LoraScale } from './llama-wire';
import { Turns } from './turns';

export interface ServedCheckpoint {
  readonly source: CheckpointSource;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly endIds: readonly number[];
  readonly loaded: LoadedCheckpoint & { readonly server: ServedBy };
  readonly engine: TokenEngine;
}

/** The slots of each server, shared by the checkpoints on it. */
export type ServerTurns = Map<string, Turns>;

/** Ids whose text is compared, over the whole vocabulary. */
const COMPARED = 512;
/** Written with every part of a chat template. */
const SAMPLE = { role: 'user', content: 'What should I cook today? I have 12 eggs.' } as const;

/** @throws CheckpointError for files; ModelError `network`, `no-access`, `bad-input` or `cancelled`. */
export async function loadServed(
  source: CheckpointSource & { readonly server: ServerSource },
  sources: Sources,
  turnsOf: ServerTurns,
  now: () => number,
  say: (note: string | null) => void,
  signal: AbortSignal,
): Promise<ServedCheckpoint> {
  const begun = now();
  if (source.adapter) {
    throw new ModelError(
      'bad-input',
      'A model on a server takes its adapter there, as a LoRA. Name the LoRA.',
    );
  }
  const folder = await openFolder(source.base, sources);
  const missing = (name: string): ModelError =>
    new ModelError(
      'bad-input',
      `${folder.name} has no ${name}. Choose the folder of the model that the server runs.`,
    );
  const read = async (path: string) => {
    const text = await folder.peek(path, signal);
    return text === null ? null : { name: `${folder.name}/${path}`, text };
  };
  const configFile = await read('config.json');
  if (!configFile) throw missing('config.json');
  const config = parseConfig(configFile.text, configFile.name);
  const tokenizer = await readTokenizer(read, missing);
  const generationFile = await read('generation_config.json');
  const generation = generationFile
    ? parseGenerationConfig(generationFile.text, generationFile.name)
    : NO_GENERATION_CONFIG;

  const { network } = sources;
  const client = new LlamaClient(source.server, network, pageAddress());
  const { served, loras, identity } = await persist(
    network,
    () => lookUp(client, source.server, config, tokenizer, signal),
    say,
    signal,
  );
  const turns = turnsOf.get(client.host) ?? new Turns(served.slots);
  turnsOf.set(client.host, turns);
  const endIds = [...new Set([...tokenizer.endIds, ...generation.endIds])];
  const parameters = [...expectedTensors(config).values()].reduce(
    (sum, dims) => sum + dims.reduce((product, dim) => product * dim, 1),
    0,
  );
  const { context } = served;
  return {
    source,
    config,
    tokenizer,
    endIds,
    engine: llamaEngine({ client, config, context, turns, loras, network, now }),
    loaded: {
      id: source.id,
      config,
      parameters,
      weightBytes: 0,
      precision: 'f32',
      precisionReason: `The weights are on ${client.host}: ${served.weights}.`,
      sha256: identity,
      vocabularySha256: vocabularySha256(tokenizer),
      defaultSampling: generation.sampling,
      ignoredSettings: generation.ignoredSettings,
      oddSettings: generation.odd,
      endTokens: endIds.filter((id) => id < tokenizer.size).map((id) => tokenizer.decodeOne(id)),
      chatFormat: tokenizer.chatFormat,
      embeddingAndHead: `Embedding and head are on ${client.host}.`,
      adapted: null,
      server: served,
      elapsedMs: now() - begun,
    },
  };
}

/** Absent in Node. */
function pageAddress(): string | undefined {
  return (globalThis.location as { readonly href?: string } | undefined)?.href;
}

interface LookedUp {
  readonly served: ServedBy;
  readonly loras: readonly LoraScale[];
  /** SHA-256, hex, of what the server says of its model, and of the LoRAs that answer. */
  readonly identity: string;
}

async function lookUp(
  client: LlamaClient,
  { loras: wanted }: ServerSource,
  config: ModelConfig,
  tokenizer: Tokenizer,
  signal: AbortSignal,
): Promise<LookedUp> {
  const { host } = client;
  const props = await client.props(signal);
  const { meta } = (await client.models(signal)).data[0]!;
  const there = await client.loras(signal);
  const model = fileName(props.model_path);
  if (meta.n_embd !== config.dModel || meta.n_vocab < tokenizer.ordinarySize) {
    throw new ModelError(
      'bad-input',
      `${host} runs ${model}, ${meta.n_embd} wide with ${meta.n_vocab} tokens; the folder's model is ${config.dModel} wide with ${config.dVocab}. Start the server with the folder's model, or choose the folder of its model.`,
    );
  }
  await requireVocabulary(client, model, tokenizer, Math.min(meta.n_vocab, tokenizer.size), signal);
  const paths = there.map(({ path }) => path);
  const scales = new Map(there.map(({ id }) => [id, 0]));
  for (const { name, scale } of wanted) {
    const found = there.filter(({ path }) => path === name || fileName(path) === name);
    const [lora, another] = found;
    if (!lora || another) {
      const has = paths.length === 0 ? 'It has none' : `It has ${paths.join(', ')}`;
      const what = another ? `several LoRAs named "${name}"` : `no LoRA "${name}"`;
      const advice = another
        ? 'Name one by its whole path.'
        : 'Start it with --lora FILE --lora-init-without-apply.';
      throw new ModelError('bad-input', `${host} has ${what}. ${has}. ${advice}`);
    }
    scales.set(lora.id, scale);
  }
  const loras = [...scales].map(([id, scale]) => ({ id, scale }));
  const { n_params, size } = meta;
  const named = wanted.map(({ name, scale }) => [fileName(name), scale]);
  const said = JSON.stringify([model, props.model_ftype, n_params, size, named]);
  return {
    served: {
      name: `llama-server at ${host}`,
      model,
      weights: props.model_ftype === '' ? 'in an unknown precision' : props.model_ftype,
      slots: props.total_slots,
      context: props.default_generation_settings.n_ctx,
      loras: paths,
      cannot: LLAMA_LIMITS,
    },
    loras,
    identity: new Sha256().update(new TextEncoder().encode(said)).hex(),
  };
}

const fileName = (path: string): string => path.split(/[/\\]/).at(-1)!;

/**
 * Compares the text of ids on both sides: of a whole prompt, and of every n-th id of the vocabulary.
 * @throws ModelError `bad-input` where the server has another id or another text
 */
async function requireVocabulary(
  client: LlamaClient,
  model: string,
  tokenizer: Tokenizer,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  const step = Math.max(1, Math.floor(size / COMPARED));
  const spread = Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
  const ids = [...tokenizer.chatPrompt([SAMPLE], true).ids, ...spread];
  const pieces = await client.pieces(ids, signal);
  const other = ids.findIndex((id, i) => {
    const piece = pieces[i];
    if (!piece || piece.id !== id) return true;
    const ours = tokenizer.decodeOne(id);
    // Markers may show no text there, and bytes that are no character have none here.
    if (typeof piece.piece !== 'string' || piece.piece === '' || ours.includes('\uFFFD'))
      return false;
    return ours !== '' && piece.piece !== ours;
  });
  if (other < 0 && pieces.length === ids.length) return;
  const id = ids[other];
  const theirs = pieces[other];
  const shown =
    theirs && theirs.id === id
      ? `token ${id} is ${JSON.stringify(theirs.piece)} there and ${JSON.stringify(tokenizer.decodeOne(id))} in the folder`
      : `it gave other token ids back than it was sent`;
  throw new ModelError(
    'bad-input',
    `The vocabulary of ${client.host} (${model}) is another one: ${shown}. Choose the folder of the model that the server runs.`,
  );
}
