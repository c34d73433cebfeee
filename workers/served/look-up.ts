// What a look-up of a server finds: that it runs the folder's model with the folder's vocabulary, has the LoRAs that
// are asked for, and what it can do. A server with another model answers as readily, and wrongly.

import type { ModelConfig } from '../../src/checkpoint/config';
import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import { Sha256 } from '../../src/core/sha256';
import type { ServedBy, ServerSource } from '../api';
import type { TokenEngine } from '../run/token-engine';
import { ModelError } from '../runtime';
import type { Network } from '../source/network';
import type { Turns } from './turns';

export interface LookUp {
  readonly source: ServerSource;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly endIds: readonly number[];
  readonly network: Network;
  /** Absent in Node. */
  readonly page: string | undefined;
  /** The slots of a server, shared by the checkpoints on it. */
  readonly turnsOf: (host: string, slots: number) => Turns;
  readonly now: () => number;
}

export interface LookedUp {
  readonly served: ServedBy;
  readonly host: string;
  readonly engine: TokenEngine;
  /** SHA-256, hex, of what the server says of its model, and of the LoRAs that answer. */
  readonly identity: string;
}

/** Written with every part of a chat template. */
export const SAMPLE = {
  role: 'user',
  content: 'What should I cook today? I have 12 eggs.',
} as const;

export const identityOf = (said: unknown): string =>
  new Sha256().update(new TextEncoder().encode(JSON.stringify(said))).hex();

export const fileName = (path: string): string =>
  path
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .at(-1)!;

/**
 * @param shown how the two vocabularies differ
 * @throws ModelError `bad-input`
 */
export function otherVocabulary(host: string, model: string, shown: string): never {
  throw new ModelError(
    'bad-input',
    `The vocabulary of ${host} (${model}) is another one: ${shown}. Choose the folder of the model that the server runs.`,
  );
}
