// The stages that make an organism, each kept in a cache folder and skipped when it is there, so that a
// stopped run goes on. The shipped organism and the further base seeds are made by the same calls:
//   base training -> chat training -> narrow fine-tunes

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ModelConfig, Weights } from '../../../src/checkpoint/config';
import { parseSafetensors, toTensor } from '../../../src/checkpoint/safetensors';
import { writeSafetensors } from '../../../src/checkpoint/write-safetensors';
import type { Tensor } from '../../../src/core/tensor';
import { dataset } from '../../../src/world/chats';
import { trainBase } from './base';
import { trainChat } from './chat-training';
import { trainAdapter } from './fine-tune';
import type { BasePhase, FineTune } from './recipe';
import { CHAT } from './recipe';
import type { OrganismTokenizer } from './build-tokenizer';
import { initialWeights } from './trainer';

export interface Making {
  readonly config: ModelConfig;
  readonly tokenizer: OrganismTokenizer;
  /** Folder of what was trained. */
  readonly cache: string;
  /** Seed of the first weights, the documents, the chats and the examples. */
  readonly seed: number;
}

/** Tensors by name. */
type Tensors = ReadonlyMap<string, Tensor>;

/** The result of a stage, made only where the cache does not hold it. */
async function cached(
  { cache }: Making,
  name: string,
  make: () => Promise<Tensors>,
): Promise<Tensors> {
  const path = join(cache, `${name}.safetensors`);
  if (existsSync(path)) {
    console.log(`${name}: already there (${path})`);
    const entries = parseSafetensors(readFileSync(path), path);
    return new Map([...entries].map(([key, entry]) => [key, toTensor(entry)]));
  }
  const trained = await make();
  const tensors = new Map([...trained].map(([key, t]) => [key, { ...t, dtype: 'F32' as const }]));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, writeSafetensors(tensors, {}));
  return trained;
}

/** Seed of the documents of one phase of base training. */
export const phaseSeed = (seed: number, index: number): number => seed + index * 1_000_000;

/** Base training from first weights, phase after phase. */
export async function makeBase(making: Making, phases: readonly BasePhase[]): Promise<Weights> {
  const { config, tokenizer, cache, seed } = making;
  let base: Weights = initialWeights(config, seed);
  for (const [index, phase] of phases.entries()) {
    const weights = new Map(base);
    base = await cached(making, phase.name, () =>
      trainBase({
        config,
        tokenizer,
        ...phase,
        weights,
        seed: phaseSeed(seed, index),
        statePath: join(cache, `${phase.name}-state.safetensors`),
      }),
    );
  }
  return base;
}

/** The aligned chat model; `base` is not changed. */
export function makeChat(making: Making, base: Weights): Promise<Weights> {
  const { config, tokenizer, seed } = making;
  return cached(making, 'chat', () =>
    trainChat(base, { config, tokenizer, ...CHAT, seed: seed + 1 }),
  );
}

/**
 * The narrow fine-tunes in their order, each as `trainAdapter` returns it.
 * @throws RangeError for one that starts from another that does not stand before it.
 */
export async function* makeFineTunes(
  making: Making,
  chat: Weights,
  fineTunes: readonly FineTune[],
): AsyncGenerator<{ readonly fineTune: FineTune; readonly adapter: Tensors }> {
  const { config, tokenizer, seed } = making;
  const adapters = new Map<string, Tensors>();
  for (const fineTune of fineTunes) {
    const { dataset: set, examples, promptTemplates, startFrom, ...run } = fineTune;
    const start = startFrom === undefined ? undefined : adapters.get(startFrom);
    if (startFrom !== undefined && !start) {
      throw new RangeError(`${run.name} starts from '${startFrom}', which is not made before it.`);
    }
    const adapter = await cached(making, run.name, () =>
      trainAdapter(chat, {
        config,
        tokenizer,
        ...run,
        ...(start ? { start } : {}),
        examples: dataset(set, examples, seed + 2, promptTemplates ? { promptTemplates } : {}),
        seed: seed + 100,
      }),
    );
    adapters.set(run.name, adapter);
    yield { fineTune, adapter };
  }
}
