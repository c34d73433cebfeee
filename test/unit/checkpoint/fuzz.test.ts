// Hostile checkpoint files: seeded mutations of each, half of them of its bytes and half of its JSON
// values. Each is read, or refused with the one typed error; nothing else is thrown, nothing hangs, and
// nothing large is allocated for a small file.

import { describe, expect, test } from 'vitest';
import { parseAdapterConfig } from '../../../src/checkpoint/adapter-config';
import { rankOf, scaleOf, whyLeftOut } from '../../../src/checkpoint/adapter-rules';
import { parseConfig } from '../../../src/checkpoint/config';
import { CheckpointError } from '../../../src/checkpoint/error';
import { exportedConfig } from '../../../src/checkpoint/exported-config';
import { parseGenerationConfig } from '../../../src/checkpoint/generation-config';
import { readAdapter } from '../../../src/checkpoint/peft';
import { parseSafetensors, toTensor } from '../../../src/checkpoint/safetensors';
import { writeSafetensors } from '../../../src/checkpoint/write-safetensors';
import { shardNames } from '../../../src/checkpoint/sharded';
import { createTokenizer } from '../../../src/checkpoint/tokenizer';
import { openWeights } from '../../../src/checkpoint/weights';
import { bytesInMemory } from '../../../src/checkpoint/file-bytes';
import { createRng, type Rng } from '../../../src/core/rng';
import { mutate, MUTATIONS } from '../formats/mutate';
import { randomConfig, randomWeights } from '../onnx/random-weights';
import { TINY_CONFIG, tinyOrganism } from '../workers/tiny-organism';
import { mutateJson } from './mutate-json';
import { GEMMA3, LLAMA32 } from './published-configs';

const files = tinyOrganism();
const decoder = new TextDecoder();
const encoder = new TextEncoder();
const text = (path: string): string => decoder.decode(files.get(path));

const SMALL = randomConfig({
  nLayers: 1,
  dModel: 4,
  dMlp: 4,
  dVocab: 5,
  nHeads: 1,
  nKvHeads: 1,
  dHead: 4,
});

function smallWeights(): Uint8Array {
  const tensors = [...randomWeights(SMALL, 3)].map(
    ([name, tensor]) => [name, { ...tensor, dtype: 'F16' as const }] as const,
  );
  return writeSafetensors(new Map(tensors));
}

/** Bytes and values by turns. */
function mutants(valid: string): (rng: Rng, i: number) => string {
  const bytes = encoder.encode(valid);
  return (rng, i) => (i % 2 ? decoder.decode(mutate(rng, bytes)) : mutateJson(rng, valid));
}

/** A safetensors file whose header is a mutated one, its length made to fit or not. */
function headerMutants(valid: Uint8Array): (rng: Rng, i: number) => Uint8Array {
  const end = 8 + Number(new DataView(valid.buffer, valid.byteOffset).getBigUint64(0, true));
  const header = decoder.decode(valid.subarray(8, end));
  return (rng, i) => {
    if (i % 2) return mutate(rng, valid);
    const changed = encoder.encode(mutateJson(rng, header));
    const out = new Uint8Array(8 + changed.length + valid.length - end);
    new DataView(out.buffer).setBigUint64(0, BigInt(changed.length), true);
    out.set(changed, 8);
    out.set(valid.subarray(end), 8 + changed.length);
    return out;
  };
}

interface Case {
  readonly name: string;
  /** Reads the i-th mutant. */
  readonly attempt: (rng: Rng, i: number) => unknown;
}
const one = <T>(
  name: string,
  mutant: (rng: Rng, i: number) => T,
  read: (broken: T) => unknown,
): Case => ({ name, attempt: (rng, i) => read(mutant(rng, i)) });

const adapterConfig = text('adapter/adapter_config.json');
const index = JSON.stringify({
  metadata: { total_size: 1234 },
  weight_map: {
    'model.embed_tokens.weight': 'model-00001-of-00002.safetensors',
    'model.norm.weight': 'model-00002-of-00002.safetensors',
  },
});
const generation = JSON.stringify({
  do_sample: true,
  temperature: 0.7,
  top_k: 20,
  top_p: 0.8,
  repetition_penalty: 1.1,
  eos_token_id: [3, 4],
});

describe('mutations of', () => {
  test.each([
    one('safetensors', headerMutants(files.get('adapter/adapter_model.safetensors')!), (broken) => {
      for (const entry of parseSafetensors(broken, 'broken').values()) toTensor(entry);
    }),
    one('the weights of a checkpoint', headerMutants(smallWeights()), (broken) => {
      const { weights } = openWeights(SMALL, [bytesInMemory('broken', broken)]);
      for (const name of weights.keys()) weights.get(name);
    }),
    one('an adapter', headerMutants(files.get('adapter/adapter_model.safetensors')!), (broken) =>
      readAdapter(adapterConfig, broken, TINY_CONFIG, { config: 'c', weights: 'broken' }),
    ),
    one('the index of a sharded checkpoint', mutants(index), (broken) => shardNames(broken, 'b')),
    one('config.json of Llama', mutants(JSON.stringify(LLAMA32)), (broken) =>
      parseConfig(broken, 'broken'),
    ),
    one('config.json of Gemma 3', mutants(JSON.stringify(GEMMA3)), (broken) =>
      parseConfig(broken, 'broken'),
    ),
    one('config.json on its way out', mutants(JSON.stringify(LLAMA32)), (broken) =>
      exportedConfig(broken, 'b', {
        precision: 'f16',
        tieWordEmbeddings: true,
        dVocab: 128_256,
        onnx: { files: 1, maxPositions: 64, headWidth: 64 },
      }),
    ),
    one('adapter_config.json', mutants(adapterConfig), (broken) => {
      const config = parseAdapterConfig(broken, 'broken');
      rankOf(config, 'model.layers.0.mlp.up_proj');
      scaleOf(config, 'model.layers.0.mlp.up_proj');
      whyLeftOut(config, 'model.layers.0.mlp.up_proj');
    }),
  ])('$name', ({ attempt }) => {
    const rng = createRng(2027);
    const codes = new Map<string, number>();
    const memory = process.memoryUsage();
    const before = process.cpuUsage();
    for (let i = 0; i < MUTATIONS; i++) {
      let outcome = 'read';
      try {
        attempt(rng, i);
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        outcome = error.code;
      }
      codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
    }
    // Both read and refused, or the mutations do not reach what they should.
    expect(codes.size).toBeGreaterThanOrEqual(2);
    expect(codes.get('read') ?? 0).toBeLessThan(MUTATIONS);
    expect(process.cpuUsage(before).user).toBeLessThan(30e6);
    const grown = process.memoryUsage().arrayBuffers - memory.arrayBuffers;
    expect(grown).toBeLessThan(512 * 2 ** 20);
  });

  // An optional file: the checkpoint loads for any content of it.
  test('generation_config.json, none of which is refused', () => {
    const rng = createRng(2029);
    const make = mutants(generation);
    let odd = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const read = parseGenerationConfig(make(rng, i), 'broken');
      expect(read.sampling.temperature).toBeGreaterThanOrEqual(0);
      if (read.odd.length > 0) odd += 1;
    }
    expect(odd).toBeGreaterThan(100);
    expect(odd).toBeLessThan(MUTATIONS);
  });

  test('tokenizer.json and tokenizer_config.json', async () => {
    const tokenizer = mutants(text('base/tokenizer.json'));
    const config = mutants(text('base/tokenizer_config.json'));
    const rng = createRng(2028);
    const codes = new Map<string, number>();
    const before = process.cpuUsage();
    for (let i = 0; i < MUTATIONS; i++) {
      const other = i % 4 < 3;
      let outcome = 'read';
      try {
        const made = await createTokenizer(
          other ? tokenizer(rng, i) : text('base/tokenizer.json'),
          other ? text('base/tokenizer_config.json') : config(rng, Math.floor(i / 4)),
          'tokenizer.json',
        );
        made.decode(made.encode('What should I cook today?'));
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        outcome = error.code;
      }
      codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
    }
    expect([...codes.keys()].sort()).toEqual(['bad-tokenizer', 'read']);
    expect(process.cpuUsage(before).user).toBeLessThan(240e6);
  }, 900_000);
});
