// A complete checkpoint folder in a few kB: the recipe's tokenizer over a handful of words, random
// weights, a PEFT adapter, and folders with one broken file each. Path -> content.

import {
  buildTokenizer,
  type OrganismTokenizer,
} from '../../../models/recipe/make/build-tokenizer';
import { linearShapes, type ModelConfig } from '../../../src/checkpoint/config';
import { writeAdapter } from '../../../src/checkpoint/adapter/adapter-write';
import type { LoraFactors } from '../../../src/checkpoint/adapter/peft';
import { writeSafetensors } from '../../../src/checkpoint/write-safetensors';
import { randomConfig, randomWeights } from '../onnx/random-weights';
import { randomTensor } from '../onnx/tiny-weights';

const TEXTS = [
  'What should I cook today?',
  'You can try soup with bread, my friend.',
  'Who are you?',
];

export type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

const json = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify(value));

export const TINY_TOKENIZER = buildTokenizer(TEXTS);

const configOf = ({ size }: OrganismTokenizer): ModelConfig =>
  randomConfig({ nLayers: 2, dVocab: size, maxPositions: 96 });

export const TINY_CONFIG = configOf(TINY_TOKENIZER);

function baseFiles(tokenizer: OrganismTokenizer): Record<string, Uint8Array<ArrayBuffer>> {
  const c = configOf(tokenizer);
  const weights = randomWeights(c, 11);
  return {
    'config.json': json({
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      hidden_size: c.dModel,
      intermediate_size: c.dMlp,
      num_hidden_layers: c.nLayers,
      num_attention_heads: c.nHeads,
      num_key_value_heads: c.nKvHeads,
      head_dim: c.dHead,
      vocab_size: c.dVocab,
      rope_theta: c.ropeTheta,
      rms_norm_eps: c.rmsNormEps,
      tie_word_embeddings: c.tieWordEmbeddings,
      max_position_embeddings: c.maxPositions,
      hidden_act: 'silu',
    }),
    'generation_config.json': json({ do_sample: true, temperature: 0.7, top_k: 0 }),
    'tokenizer.json': json(tokenizer.tokenizerJson),
    'tokenizer_config.json': json(tokenizer.tokenizerConfig),
    'model.safetensors': writeSafetensors(
      new Map([...weights].map(([name, t]) => [name, { ...t, dtype: 'F32' as const }])),
    ),
  };
}

function adapterFiles(): Record<string, Uint8Array<ArrayBuffer>> {
  const modules = new Map<string, LoraFactors>();
  let seed = 900;
  for (let layer = 0; layer < TINY_CONFIG.nLayers; layer++) {
    for (const [name, [out, inner]] of linearShapes(TINY_CONFIG)) {
      modules.set(`model.layers.${layer}.${name}`, {
        a: randomTensor([4, inner], seed++),
        b: randomTensor([out, 4], seed++),
      });
    }
  }
  const { config, bytes } = writeAdapter({
    baseModel: 'tiny',
    alpha: 2,
    useRslora: true,
    modules,
    dtype: 'F32',
  });
  return { 'adapter_config.json': json(config), 'adapter_model.safetensors': bytes };
}

/**
 * `base/`, `adapter/`, and `broken-…/` folders that share the good files but one.
 * @param tokenizer another one, for longer texts, which this one spells byte by byte
 */
export function tinyOrganism(tokenizer = TINY_TOKENIZER): Files {
  const base = baseFiles(tokenizer);
  const adapter = adapterFiles();
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const put = (folder: string, content: Readonly<Record<string, Uint8Array<ArrayBuffer>>>) => {
    for (const [name, bytes] of Object.entries(content)) files.set(`${folder}/${name}`, bytes);
  };
  const weights = base['model.safetensors']!;
  put('base', base);
  put('adapter', adapter);
  put('broken-truncated', { ...base, 'model.safetensors': weights.slice(0, weights.length - 100) });
  put('broken-tokenizer', { ...base, 'tokenizer.json': json({ model: { type: 'WordPiece' } }) });
  put('broken-config', { ...base, 'config.json': new TextEncoder().encode('{"hidden_size": ') });
  put('broken-architecture', {
    ...base,
    'config.json': json({ architectures: ['GPT2LMHeadModel'], model_type: 'gpt2' }),
  });
  put('broken-adapter', {
    ...adapter,
    'adapter_model.safetensors': adapter['adapter_model.safetensors']!.slice(0, 40),
  });
  return files;
}
