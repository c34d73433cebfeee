// A checkpoint whose weights are on a server: the folder gives shape, tokenizer and sampling, the server the answers.

import { expectedTensors, type ModelConfig, parseConfig } from '../../src/checkpoint/config';
import {
  NO_GENERATION_CONFIG,
  parseGenerationConfig,
} from '../../src/checkpoint/generation-config';
import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import type {
  CheckpointSource,
  LoadedCheckpoint,
  ServedBy,
  ServerKind,
  ServerSource,
} from '../api';
import { vocabularySha256 } from '../checkpoint/identity';
import { readTokenizer } from '../checkpoint/tokenizer-files';
import type { TokenEngine } from '../run/token-engine';
import { ModelError } from '../runtime';
import { persist } from '../source/network';
import { openFolder, type Sources } from '../source/open-folder';
import { lookUpLlama } from './llama-look-up';
import type { LookedUp, LookUp } from './look-up';
import { Turns } from './turns';
import { lookUpVllm } from './vllm-look-up';

const LOOK_UPS: Readonly<
  Record<ServerKind, (what: LookUp, signal: AbortSignal) => Promise<LookedUp>>
> = { llama: lookUpLlama, vllm: lookUpVllm };

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

/** A person waits for the look-up, and a server that does not run is to be said soon. */
const LOOK_UP_ATTEMPTS = 2;

/** @throws CheckpointError for files; ModelError `network`, `no-access`, `bad-input` or `cancelled`. */
export async function loadServed(
  source: CheckpointSource & { readonly server: ServerSource },
  sources: Sources,
  turns: ServerTurns,
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
  const endIds = [...new Set([...tokenizer.endIds, ...generation.endIds])];

  const { network } = sources;
  const turnsOf = (host: string, slots: number): Turns => {
    const known = turns.get(host);
    const same = known?.atOnce === slots ? known : new Turns(slots);
    turns.set(host, same);
    return same;
  };
  const what: LookUp = {
    ...{ source: source.server, config, tokenizer, endIds, network, turnsOf, now },
    page: pageAddress(),
  };
  const lookUp = LOOK_UPS[source.server.kind];
  const found = await persist(
    { ...network, attempts: Math.min(LOOK_UP_ATTEMPTS, network.attempts) },
    () => lookUp(what, signal),
    say,
    signal,
  );
  const parameters = [...expectedTensors(config).values()].reduce(
    (sum, dims) => sum + dims.reduce((product, dim) => product * dim, 1),
    0,
  );
  return {
    source,
    config,
    tokenizer,
    endIds,
    engine: found.engine,
    loaded: {
      id: source.id,
      config,
      parameters,
      weightBytes: 0,
      precision: 'f32',
      precisionReason: `The weights are on ${found.host}: ${found.served.weights}.`,
      sha256: found.identity,
      vocabularySha256: vocabularySha256(tokenizer),
      defaultSampling: generation.sampling,
      ignoredSettings: generation.ignoredSettings,
      oddSettings: generation.odd,
      endTokens: endIds.filter((id) => id < tokenizer.size).map((id) => tokenizer.decodeOne(id)),
      chatFormat: tokenizer.chatFormat,
      embeddingAndHead: `Embedding and head are on ${found.host}.`,
      adapted: null,
      server: found.served,
      elapsedMs: now() - begun,
    },
  };
}

/** Absent in Node. */
function pageAddress(): string | undefined {
  return (globalThis.location as { readonly href?: string } | undefined)?.href;
}
