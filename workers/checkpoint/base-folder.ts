// A Hugging Face folder, fetched and parsed once for all checkpoints that are built on it. Cancelling a load
// cancels its download; another load that waited for the same folder starts a new one.

import type { ModelConfig, Weights } from '../../src/checkpoint/config';
import { parseConfig } from '../../src/checkpoint/config';
import type { EmbeddingAndHead } from '../../src/checkpoint/embedding-and-head';
import { textOf, wholeFile, type FileBytes } from '../../src/checkpoint/file-bytes';
import {
  NO_GENERATION_CONFIG,
  parseGenerationConfig,
  type GenerationConfig,
} from '../../src/checkpoint/generation-config';
import type { Tokenizer } from '../../src/checkpoint/tokenizer';
import { openWeights } from '../../src/checkpoint/weights';
import type { FolderSource } from '../api';
import { ByteCounter } from '../source/fetch-file';
import { ModelError } from '../runtime';
import { wantedFiles, weightFiles } from '../source/folder';
import { folderKey, openFolder, type Sources } from '../source/open-folder';
import { readTokenizer, requireRows, rowsNeeded } from './tokenizer-files';

export interface BaseFolder {
  /** The configuration that the files imply: the head may be separate even if config.json says otherwise. */
  readonly config: ModelConfig;
  readonly matrices: EmbeddingAndHead;
  /** Read from the folder at every access. */
  readonly weights: Weights;
  readonly weightFiles: readonly FileBytes[];
  readonly tokenizer: Tokenizer;
  readonly generation: GenerationConfig;
  /** Any other file of the folder as published; null: no such file. */
  published(name: string, signal: AbortSignal): Promise<Uint8Array | null>;
}

export class BaseFolders {
  readonly #folders = new Map<string, Promise<BaseFolder>>();
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** @throws CheckpointError, or ModelError `network`, `no-access`, `storage-full` or `cancelled`. */
  async get(source: FolderSource, counter: ByteCounter, signal: AbortSignal): Promise<BaseFolder> {
    const key = folderKey(source);
    for (;;) {
      const known = this.#folders.get(key);
      const folder = known ?? this.#fetch(key, source, counter, signal);
      try {
        return await folder;
      } catch (error) {
        const othersCancel = known && error instanceof ModelError && error.code === 'cancelled';
        if (!othersCancel || signal.aborted) throw error;
      }
    }
  }

  /** Frees a folder that no checkpoint uses any more. */
  forget(source: FolderSource): void {
    this.#folders.delete(folderKey(source));
  }

  #fetch(
    key: string,
    source: FolderSource,
    counter: ByteCounter,
    signal: AbortSignal,
  ): Promise<BaseFolder> {
    const folder = fetchFolder(source, this.#sources, counter, signal);
    this.#folders.set(key, folder);
    folder.catch(() => this.#folders.delete(key));
    return folder;
  }
}

async function fetchFolder(
  source: FolderSource,
  sources: Sources,
  counter: ByteCounter,
  signal: AbortSignal,
): Promise<BaseFolder> {
  const folder = await openFolder(source, sources);
  const wanted = await wantedFiles(folder, 'base', signal);
  const files = await folder.take(wanted, counter, signal);
  const missing = (name: string): ModelError =>
    new ModelError('network', `${folder.name}/${name} is not there any more. Load again.`);
  const configFile = files.get('config.json');
  if (!configFile) throw missing('config.json');
  const fileConfig = parseConfig(textOf(configFile), configFile.name);
  const tokenizer = await readTokenizer((path) => {
    const file = files.get(path);
    return Promise.resolve(file ? { name: file.name, text: textOf(file) } : null);
  }, missing);
  requireRows(rowsNeeded(tokenizer), fileConfig.dVocab, folder.name);
  const generation = files.get('generation_config.json');
  const shards = weightFiles(files);
  const { config, weights, matrices } = openWeights(fileConfig, shards);
  return {
    config,
    matrices,
    tokenizer,
    generation: generation
      ? parseGenerationConfig(textOf(generation), generation.name)
      : NO_GENERATION_CONFIG,
    weightFiles: shards,
    weights,
    async published(name, when) {
      const entry = (await folder.list(when)).find(({ path }) => path === name);
      const quiet = new ByteCounter(() => {});
      const file = entry && (await folder.take([entry], quiet, when)).get(name);
      return file ? wholeFile(file) : null;
    },
  };
}
