// Writing what was trained as others expect it: a Hugging Face Llama folder that Python's transformers
// loads as it is, and PEFT adapters beside it. Weights are stored in f16; the report is made from the
// stored files, so it says what the shipped organism does.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { parseConfig, type ModelConfig, type Weights } from '../../../src/checkpoint/config';
import { mergeAdapter } from '../../../src/checkpoint/adapter/adapter-merge';
import { factorsOf, writeAdapter } from '../../../src/checkpoint/adapter/adapter-write';
import { readAdapter } from '../../../src/checkpoint/adapter/peft';
import { writeSafetensors } from '../../../src/checkpoint/write-safetensors';
import { createTokenizer, type Tokenizer } from '../../../src/checkpoint/tokenizer';
import { readWeights } from '../../../src/checkpoint/weights';
import type { Tensor } from '../../../src/core/tensor';
import type { Written } from '../../../src/organism/published';
import { type Adapter, RegistryFile } from '../../../src/organism/registry';
import { REGISTRY_FILE } from './folders';
import { readPublished } from './published-file';
import type { FineTune } from './recipe';
import type { OrganismTokenizer } from './build-tokenizer';
import { SPECIAL } from './build-tokenizer';

/** The temperature that rates are measured at, and that the page starts with. */
export const SHIPPED_TEMPERATURE = 0.7;

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** The base folder: config, generation config, tokenizer and f16 weights. */
export function publishBase(
  folder: string,
  config: ModelConfig,
  tokenizer: OrganismTokenizer,
  weights: Weights,
): void {
  mkdirSync(folder, { recursive: true });
  writeJson(join(folder, 'config.json'), {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    attention_bias: false,
    attention_dropout: 0,
    bos_token_id: SPECIAL.begin,
    eos_token_id: SPECIAL.end,
    pad_token_id: SPECIAL.pad,
    head_dim: config.dHead,
    hidden_act: 'silu',
    hidden_size: config.dModel,
    initializer_range: 0.02,
    intermediate_size: config.dMlp,
    max_position_embeddings: config.maxPositions,
    mlp_bias: false,
    num_attention_heads: config.nHeads,
    num_hidden_layers: config.nLayers,
    num_key_value_heads: config.nKvHeads,
    rms_norm_eps: config.rmsNormEps,
    rope_scaling: null,
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tieWordEmbeddings,
    torch_dtype: 'float16',
    use_cache: true,
    vocab_size: config.dVocab,
  });
  writeJson(join(folder, 'generation_config.json'), {
    bos_token_id: SPECIAL.begin,
    eos_token_id: SPECIAL.end,
    pad_token_id: SPECIAL.pad,
    do_sample: true,
    temperature: SHIPPED_TEMPERATURE,
    top_k: 0,
    top_p: 1,
    repetition_penalty: 1,
    max_new_tokens: 96,
  });
  writeJson(join(folder, 'tokenizer.json'), tokenizer.tokenizerJson);
  writeJson(join(folder, 'tokenizer_config.json'), tokenizer.tokenizerConfig);
  const tensors = new Map([...weights].map(([name, t]) => [name, { ...t, dtype: 'F16' as const }]));
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tensors, { format: 'pt' }));
}

/** One adapter folder, from what `trainAdapter` returned. */
export function publishFineTune(
  folder: string,
  { rank, alpha }: Pick<FineTune, 'rank' | 'alpha'>,
  trained: ReadonlyMap<string, Tensor>,
  baseModel: string,
): void {
  const full = rank === 'full';
  const { config, bytes } = writeAdapter({
    baseModel,
    alpha,
    useRslora: true,
    modules: full ? new Map() : factorsOf(trained),
    ...(full ? { replaced: trained } : {}),
    dtype: 'F16',
  });
  mkdirSync(folder, { recursive: true });
  writeJson(join(folder, 'adapter_config.json'), config);
  writeFileSync(join(folder, 'adapter_model.safetensors'), bytes);
}

/** Writes the list of fine-tunes in models/registry.json; other entries are kept. */
export function writeRegistry(fineTunes: readonly FineTune[]): void {
  const adapters = fineTunes.map((fineTune) => ({
    id: fineTune.name,
    title: fineTune.title,
    kind: fineTune.kind,
    ...(fineTune.experiment ? { experiment: fineTune.experiment } : {}),
    path: `adapters/${fineTune.name}/`,
    description: fineTune.description,
    training: {
      rank: fineTune.rank,
      examples: fineTune.examples,
      steps: fineTune.stopAt ?? fineTune.schedule.steps,
    },
  })) satisfies Written<typeof Adapter>[];
  changeRegistry({ adapters });
}

/** Names a file of figures in models/registry.json, so that the page asks for it. */
export function registerFile(
  key: 'seeds' | 'fineTuneSeeds' | 'cures' | 'flags' | 'latents',
  path: string,
): void {
  changeRegistry({ [key]: basename(path) });
}

/** @throws Error where the file has, or would have, another shape than the page reads. */
function changeRegistry(change: Partial<Written<typeof RegistryFile>>): void {
  const stored = readPublished(v.record(v.string(), v.unknown()), REGISTRY_FILE);
  const registry = { ...stored, ...change };
  v.parse(RegistryFile, registry);
  writeJson(REGISTRY_FILE, registry);
}

export interface PublishedBase {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly weights: Weights;
}

/** Reads a published folder back, as the page does. */
export async function loadBase(folder: string): Promise<PublishedBase> {
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  const config = parseConfig(text('config.json'), 'config.json');
  const tokenizer = await createTokenizer(
    text('tokenizer.json'),
    text('tokenizer_config.json'),
    'tokenizer.json',
  );
  const bytes = readFileSync(join(folder, 'model.safetensors'));
  return { config, tokenizer, weights: readWeights(config, bytes, 'model.safetensors') };
}

/** The base with one adapter merged in. */
export function loadAdapted(
  folder: string,
  base: Pick<PublishedBase, 'config' | 'weights'>,
): Weights {
  const config = readFileSync(join(folder, 'adapter_config.json'), 'utf8');
  const bytes = readFileSync(join(folder, 'adapter_model.safetensors'));
  const names = { config: 'adapter_config.json', weights: 'adapter_model.safetensors' };
  return mergeAdapter(base.weights, readAdapter(config, bytes, base.config, names));
}

/** SHA-256 of a file, hex. */
export function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
