// The files of a checkpoint or an adapter.

import { parseAdapterConfig } from '../../../src/checkpoint/adapter/adapter-config';
import {
  isReplaced,
  rankOf,
  scaleOf,
  declaredMatrices,
  whyLeftOut,
} from '../../../src/checkpoint/adapter/adapter-rules';
import { parseConfig } from '../../../src/checkpoint/config';
import { CheckpointError } from '../../../src/checkpoint/error';
import { exportedConfig } from '../../../src/checkpoint/exported-config';
import { bytesInMemory } from '../../../src/checkpoint/file-bytes';
import { parseGenerationConfig } from '../../../src/checkpoint/generation-config';
import {
  PatternLimit,
  PatternMeter,
  runPattern,
} from '../../../src/checkpoint/adapter/pattern-machine';
import { patternProgram } from '../../../src/checkpoint/adapter/pattern-program';
import { readAdapter } from '../../../src/checkpoint/adapter/peft';
import { PatternError } from '../../../src/checkpoint/adapter/python-pattern';
import { parseSafetensors, toTensor } from '../../../src/checkpoint/safetensors';
import { writeSafetensors } from '../../../src/checkpoint/write-safetensors';
import { shardNames } from '../../../src/checkpoint/sharded';
import { openWeights } from '../../../src/checkpoint/weights';
import { licenceInCard } from '../../../src/formats/checkpoint-card';
import { readSae, writeSae } from '../../../src/formats/sae-file';
import { unitRows } from '../../../src/core/projection';
import { GEMMA3, LLAMA32, QWEN25, QWEN3 } from '../../unit/checkpoint/published-configs';
import { RECORDED, TEXTS } from '../../unit/checkpoint/python-patterns';
import { randomConfig, randomWeights } from '../../unit/onnx/random-weights';
import { randomTensor } from '../../unit/onnx/tiny-weights';
import { TINY_CONFIG, tinyOrganism } from '../../unit/workers/tiny-organism';
import { mutateSafetensors } from '../mutate/archives';
import { mutateJson } from '../mutate/json';
import { mutateText, textOf } from '../mutate/text';
import { parser } from '../parser';

const FILE = 'broken';
const MODULE = 'model.layers.0.mlp.up_proj';
const files = tinyOrganism();
const ADAPTER = files.get('adapter/adapter_model.safetensors')!;
const ADAPTER_CONFIG = textOf(files.get('adapter/adapter_config.json')!);
const RICH_ADAPTER_CONFIG = JSON.stringify({
  ...(JSON.parse(ADAPTER_CONFIG) as object),
  target_modules: '.*\\.(q_proj|up_proj)',
  exclude_modules: ['lm_head'],
  rank_pattern: { '^model.layers.0.mlp.up_proj': 2, 'q_proj|k_proj': 8 },
  alpha_pattern: { 'mlp.*': 4 },
  modules_to_save: ['embed_tokens'],
});
const LAYERED_ADAPTER_CONFIG = JSON.stringify({
  ...(JSON.parse(ADAPTER_CONFIG) as object),
  layers_to_transform: [0, 1],
  layers_pattern: ['layers', 'h'],
});

const CONFIGS = [
  LLAMA32,
  QWEN25,
  QWEN3,
  GEMMA3,
  {
    ...LLAMA32,
    rope_scaling: null,
    rope_parameters: { rope_type: 'linear', factor: 4, rope_theta: 500_000 },
    layer_types: Array.from({ length: LLAMA32.num_hidden_layers }, () => 'full_attention'),
  },
].map((config) => JSON.stringify(config));

const SMALL = randomConfig({
  nLayers: 1,
  dModel: 4,
  dMlp: 4,
  dVocab: 5,
  nHeads: 1,
  nKvHeads: 1,
  dHead: 4,
});
const SMALL_WEIGHTS = writeSafetensors(
  new Map(
    [...randomWeights(SMALL, 3)].map(
      ([name, t]) => [name, { ...t, dtype: 'F16' as const }] as const,
    ),
  ),
);

const INDEX = JSON.stringify({
  metadata: { total_size: 1234 },
  weight_map: {
    'model.embed_tokens.weight': 'model-00001-of-00002.safetensors',
    'model.norm.weight': 'model-00002-of-00002.safetensors',
  },
});
const GENERATION = JSON.stringify({
  do_sample: true,
  temperature: 0.7,
  top_k: 20,
  top_p: 0.8,
  repetition_penalty: 1.1,
  eos_token_id: [3, 4],
});

const SAE = writeSae(
  {
    wEnc: randomTensor([6, 4], 1),
    wDec: unitRows(randomTensor([6, 4], 2)),
    bDec: randomTensor([4], 3).data,
    k: 2,
  },
  {
    hook_name: 'blocks.3.hook_resid_post',
    model_name: 'test',
    aligned_sha256: 'aa',
    training: { documents: 1, tokens: 2, steps: 3, seed: 4 },
  },
);

const PATTERN_MARKS = [
  '(',
  ')',
  '(?:',
  '(?=',
  '(?<=',
  '(?<!',
  '(?P<a>',
  '(?i)',
  '[',
  ']',
  '[^',
  '{1,1000}',
  '{2,',
  '{0}',
  '*',
  '+?',
  '|',
  '\\',
  '\\d',
  '\\b',
  '\\Z',
  '$',
  '^',
  '.',
  '(.*)*',
  '((a+)+)+',
];
const CARD = '---\nlicense: "apache-2.0"\ntags:\n- chat\n---\n\n# A model\n';

type Pair = readonly [config: string, weights: Uint8Array];

export const CHECKPOINT_PARSERS = [
  parser<Uint8Array>({
    name: 'tensors of a safetensors file',
    errors: [CheckpointError],
    valid: [ADAPTER],
    mutate: mutateSafetensors,
    read: (input) => [...parseSafetensors(input, FILE).values()].map(toTensor),
  }),
  parser<Uint8Array>({
    name: 'the weights of a checkpoint',
    errors: [CheckpointError],
    valid: [SMALL_WEIGHTS],
    mutate: mutateSafetensors,
    read: (input) => {
      const { weights } = openWeights(SMALL, [bytesInMemory(FILE, input)]);
      return [...weights.keys()].map((name) => weights.get(name));
    },
  }),
  parser<Pair>({
    name: 'an adapter',
    errors: [CheckpointError],
    valid: [[ADAPTER_CONFIG, ADAPTER]],
    mutate: (rng, [config, weights]) =>
      rng.chance(0.5)
        ? [mutateJson(rng, config), weights]
        : [config, mutateSafetensors(rng, weights)],
    read: ([config, weights]) =>
      readAdapter(config, weights, TINY_CONFIG, { config: FILE, weights: FILE }),
  }),
  parser<string>({
    name: 'adapter_config.json and its rules',
    errors: [CheckpointError],
    valid: [ADAPTER_CONFIG, RICH_ADAPTER_CONFIG, LAYERED_ADAPTER_CONFIG],
    mutate: mutateJson,
    read: (input) => {
      const config = parseAdapterConfig(input, FILE);
      return [
        rankOf(config, MODULE),
        scaleOf(config, MODULE),
        whyLeftOut(config, MODULE),
        isReplaced(config, 'model.embed_tokens.weight'),
        declaredMatrices(config),
      ];
    },
  }),
  parser<string>({
    name: "a pattern of Python's",
    errors: [PatternError, PatternLimit],
    valid: Object.keys(RECORDED).filter(isPattern),
    mutate: (rng, valid) => mutateText(rng, valid, PATTERN_MARKS),
    read: (input) => {
      const program = patternProgram(input);
      const meter = new PatternMeter(1e6);
      return TEXTS.map((text) => runPattern(program, text, meter));
    },
  }),
  parser<string>({
    name: 'config.json',
    errors: [CheckpointError],
    valid: CONFIGS,
    mutate: mutateJson,
    read: (input) => parseConfig(input, FILE),
    share: 2,
  }),
  parser<string>({
    name: 'config.json on its way out',
    errors: [CheckpointError],
    valid: CONFIGS,
    mutate: mutateJson,
    read: (input) =>
      exportedConfig(input, FILE, {
        precision: 'f16',
        tieWordEmbeddings: true,
        dVocab: 128_256,
        onnx: { files: 1, maxPositions: 64, headWidth: 64 },
      }),
  }),
  parser<string>({
    name: 'generation_config.json',
    errors: [],
    refusesNothing: true,
    valid: [GENERATION],
    mutate: mutateJson,
    read: (input) => {
      const read = parseGenerationConfig(input, FILE);
      const { temperature, topK, topP, repetitionPenalty } = read.sampling;
      const usable =
        temperature >= 0 && topK >= 0 && topP > 0 && topP <= 1 && repetitionPenalty > 0;
      if (!usable) throw new Error(`sampling ${JSON.stringify(read.sampling)}`);
      return read;
    },
  }),
  parser<string>({
    name: 'the index of a sharded checkpoint',
    errors: [CheckpointError],
    valid: [INDEX],
    mutate: mutateJson,
    read: (input) => shardNames(input, FILE),
  }),
  parser<Pair>({
    name: 'a sparse autoencoder',
    errors: [CheckpointError],
    valid: [[JSON.stringify(SAE.config), SAE.bytes]],
    mutate: (rng, [config, weights]) =>
      rng.chance(0.5)
        ? [mutateJson(rng, config), weights]
        : [config, mutateSafetensors(rng, weights)],
    read: ([config, weights]) => readSae(config, weights, { config: FILE, weights: FILE }),
  }),
  parser<string>({
    name: 'the licence in a model card',
    errors: [],
    refusesNothing: true,
    valid: [CARD],
    mutate: (rng, valid) =>
      mutateText(rng, valid, ['---\n', 'license: ', '"', '\r\n', ' ', '\t', '\n']),
    read: licenceInCard,
  }),
];

/** Some of what is recorded is refused by name. */
function isPattern(text: string): boolean {
  try {
    patternProgram(text);
    return true;
  } catch {
    return false;
  }
}
