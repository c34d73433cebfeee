// A Hugging Face folder, fetched and parsed once however many checkpoints are built on it. A load that
// is cancelled takes its download with it; another load that waited for the same folder starts its own.

import type { ModelConfig, Weights } from '../src/checkpoint/config';
import { parseConfig } from '../src/checkpoint/config';
import { parseGenerationConfig, type GenerationConfig } from '../src/checkpoint/generation-config';
import { createTokenizer, type Tokenizer } from '../src/checkpoint/tokenizer';
import { readWeights } from '../src/checkpoint/weights';
import { PLAIN_SAMPLING } from '../src/core/sampling';
import { fetchFile, fetchOptional, fileName, type ByteCounter } from './fetch-file';
import { ModelError } from './runtime';

export interface BaseFolder {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly tokenizer: Tokenizer;
  readonly generation: GenerationConfig;
}

export class BaseFolders {
  readonly #folders = new Map<string, Promise<BaseFolder>>();

  /** @throws CheckpointError, or ModelError `network` or `cancelled`. */
  async get(url: string, counter: ByteCounter, signal: AbortSignal): Promise<BaseFolder> {
    for (;;) {
      const known = this.#folders.get(url);
      const folder = known ?? this.#fetch(url, counter, signal);
      try {
        return await folder;
      } catch (error) {
        const othersCancel = known && error instanceof ModelError && error.code === 'cancelled';
        if (!othersCancel || signal.aborted) throw error;
      }
    }
  }

  /** Lets go of a folder that no checkpoint uses any more. */
  forget(url: string): void {
    this.#folders.delete(url);
  }

  #fetch(url: string, counter: ByteCounter, signal: AbortSignal): Promise<BaseFolder> {
    const folder = fetchFolder(url, counter, signal);
    this.#folders.set(url, folder);
    folder.catch(() => this.#folders.delete(url));
    return folder;
  }
}

async function fetchFolder(
  url: string,
  counter: ByteCounter,
  signal: AbortSignal,
): Promise<BaseFolder> {
  const text = async (name: string) => decode(await fetchFile(url + name, counter, signal));
  const [configText, tokenizerText, tokenizerConfigText, generationBytes, weightBytes] =
    await Promise.all([
      text('config.json'),
      text('tokenizer.json'),
      text('tokenizer_config.json'),
      fetchOptional(`${url}generation_config.json`, counter, signal),
      fetchFile(`${url}model.safetensors`, counter, signal),
    ]);
  const file = (name: string) => fileName(url, name);
  const config = parseConfig(configText, file('config.json'));
  const tokenizer = await createTokenizer(
    tokenizerText,
    tokenizerConfigText,
    file('tokenizer.json'),
  );
  if (tokenizer.size > config.dVocab) {
    throw new ModelError(
      'bad-checkpoint',
      `${file('tokenizer.json')}: It has ${tokenizer.size} tokens, config.json only ${config.dVocab}. ` +
        'Check that both files belong to the same checkpoint.',
    );
  }
  return {
    config,
    tokenizer,
    generation: generationBytes
      ? parseGenerationConfig(decode(generationBytes), file('generation_config.json'))
      : { sampling: PLAIN_SAMPLING, endIds: [] },
    weights: readWeights(config, weightBytes, file('model.safetensors')),
  };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
