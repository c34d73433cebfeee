// The bundled model as GGUF, read back by our own reader: every weight is there under llama.cpp's name, with the rows
// of q and k in its order (conversion/llama.py `permute`). `npm run test:engines` holds the file against llama.cpp.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkpointOnDisk } from '../../../../models/recipe/lora/disk-folder';
import { BASE_FOLDER } from '../../../../models/recipe/make/folders';
import { fromHalf } from '../../../../src/core/half';
import { ByteReader } from '../../../../src/formats/direction/byte-reader';
import { readGgufHead } from '../../../../src/formats/gguf/read';
import { type ModelToWrite, writeModelGguf } from '../../../../src/formats/gguf/write-model';
import { FAMILY_CONFIGS } from '../../onnx/random-weights';

const { config, weights } = checkpointOnDisk(BASE_FOLDER);
const model: ModelToWrite = {
  name: 'postern-8l',
  config,
  weights,
  tokenizerJson: readFileSync(join(BASE_FOLDER, 'tokenizer.json'), 'utf8'),
  beginId: 1,
  endId: 2,
  dtype: 'F32',
};
const refuse = (reason: string): never => {
  throw new Error(reason);
};

function opened(bytes: Uint8Array) {
  const { keys, tensors, start } = readGgufHead(new ByteReader(bytes, 'm'), 'm', refuse);
  return {
    keys,
    names: tensors.map(({ name }) => name),
    data: (wanted: string): Float32Array => {
      const { dims, type, offset } = tensors.find(({ name }) => name === wanted)!;
      const length = dims.reduce((product, dim) => product * dim, 1);
      const part = bytes.slice(start + offset, start + offset + length * (type === 0 ? 4 : 2));
      return type === 0 ? new Float32Array(part.buffer) : fromHalf(new Uint16Array(part.buffer));
    },
  };
}

describe('the bundled model as GGUF', () => {
  const { keys, names, data } = opened(writeModelGguf(model));

  test('says its shape and its vocabulary', () => {
    expect(keys.get('general.architecture')).toBe('llama');
    expect(keys.get('llama.block_count')).toBe(8);
    expect(keys.get('llama.attention.head_count_kv')).toBe(2);
    expect(keys.get('llama.vocab_size')).toBe(2536);
    expect(keys.get('tokenizer.ggml.eos_token_id')).toBe(2);
  });

  test('has every weight once, the tied head not at all', () => {
    expect(new Set(names).size).toBe(weights.size);
    expect(names).not.toContain('output.weight');
    const down = weights.get('model.layers.3.mlp.down_proj.weight')!.data;
    expect(data('blk.3.ffn_down.weight')).toEqual(down);
    const norm = weights.get('model.layers.3.post_attention_layernorm.weight')!.data;
    expect(data('blk.3.ffn_norm.weight')).toEqual(norm);
  });

  test('has the rows of q and k as llama.cpp turns them: neighbours, not halves', () => {
    const ours = weights.get('model.layers.1.self_attn.k_proj.weight')!.data;
    const theirs = data('blk.1.attn_k.weight');
    const { dHead, dModel } = config;
    const row = (of: Float32Array, at: number) => [...of.subarray(at * dModel, (at + 1) * dModel)];
    for (const head of [0, 1]) {
      for (const j of [0, 1, 7, dHead / 2 - 1]) {
        const from = head * dHead;
        expect(row(theirs, from + 2 * j)).toEqual(row(ours, from + j));
        expect(row(theirs, from + 2 * j + 1)).toEqual(row(ours, from + dHead / 2 + j));
      }
    }
  });

  test('in f16 keeps norms in f32, as llama.cpp wants them', () => {
    const half = opened(writeModelGguf({ ...model, dtype: 'F16' }));
    const norm = weights.get('model.norm.weight')!.data;
    expect(half.data('output_norm.weight')).toEqual(norm);
    const embedding = weights.get('model.embed_tokens.weight')!.data;
    const off = half.data('token_embd.weight').map((x, i) => Math.abs(x - embedding[i]!));
    expect(off.reduce((most, x) => Math.max(most, x), 0)).toBeLessThan(2e-3);
  });

  test('is refused for another family, or a tokenizer of another size', () => {
    const other = { ...model, config: FAMILY_CONFIGS.Qwen3! };
    expect(() => writeModelGguf(other)).toThrow(/convert_hf_to_gguf\.py/);
    const larger = { ...model, config: { ...config, dVocab: 2540, nLayers: 0 } };
    expect(() => writeModelGguf(larger)).toThrow(/no token 2536/);
  });
});
