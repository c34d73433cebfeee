import { describe, expect, test } from 'vitest';
import { bytesInMemory } from '../../../src/checkpoint/file-bytes';
import { writeSafetensors, type TensorToWrite } from '../../../src/checkpoint/write-safetensors';
import { shardNames } from '../../../src/checkpoint/sharded';
import { openWeights } from '../../../src/checkpoint/weights';
import { tinyConfig, tinyWeights } from '../onnx/tiny-weights';

const config = tinyConfig(true);
const weights = tinyWeights(config);
const names = [...weights.keys()];

/** A file of some of the tensors. */
function shard(name: string, chosen: readonly string[], extra: [string, TensorToWrite][] = []) {
  const tensors = chosen.map((key) => [key, { ...weights.get(key)!, dtype: 'F32' }] as const);
  return bytesInMemory(name, writeSafetensors(new Map([...tensors, ...extra])));
}

const half = names.length / 2;
const first = shard('m/a.safetensors', names.slice(0, half));
const second = shard('m/b.safetensors', names.slice(half));

describe('weights in several files', () => {
  test('are those of one file, read only when asked for', () => {
    const read: number[] = [];
    const watched = {
      ...second,
      slice: (a: number, b: number) => (read.push(b - a), second.slice(a, b)),
    };
    const opened = openWeights(config, [first, watched]).weights;
    const header = read.reduce((sum, bytes) => sum + bytes, 0);
    expect(header).toBeLessThan(second.bytes / 2);
    expect(new Map(opened)).toEqual(weights);
    expect(opened.size).toBe(weights.size);
    expect(read.reduce((sum, bytes) => sum + bytes, 0)).toBe(second.bytes);
  });

  test('may carry rotary frequencies and the copy of a tied head, which are left out', () => {
    const extra: TensorToWrite = { dims: [2], data: new Float32Array(2), dtype: 'F32' };
    const head: TensorToWrite = { ...weights.get('model.embed_tokens.weight')!, dtype: 'F32' };
    const more = shard('m/b.safetensors', names.slice(half), [
      ['model.layers.0.self_attn.rotary_emb.inv_freq', extra],
      ['lm_head.weight', head],
    ]);
    expect([...openWeights(config, [first, more]).weights.keys()].sort()).toEqual(
      [...names].sort(),
    );
  });

  test('with a file missing name the tensor and the files', () => {
    expect(() => openWeights(config, [second])).toThrow(
      expect.objectContaining({ code: 'missing-tensor', file: 'm/b.safetensors' }),
    );
  });

  test('with a tensor in two of them are refused', () => {
    expect(() =>
      openWeights(config, [first, second, shard('m/c.safetensors', [names[0]!])]),
    ).toThrow(expect.objectContaining({ code: 'corrupt', file: 'm/c.safetensors' }));
  });
});

describe('the index', () => {
  test('gives each file once', () => {
    const map = { a: 'model-2.safetensors', b: 'model-1.safetensors', c: 'model-2.safetensors' };
    const index = JSON.stringify({ metadata: { total_size: 1 }, weight_map: map });
    expect(shardNames(index, 'i')).toEqual(['model-1.safetensors', 'model-2.safetensors']);
  });

  test.each([
    ['another folder', { weight_map: { a: '../model.safetensors' } }],
    ['an address', { weight_map: { a: 'https://x/model.safetensors' } }],
    ['a pickle', { weight_map: { a: 'pytorch_model.bin' } }],
    ['no file', { weight_map: {} }],
    ['something else', { weight_map: [1] }],
    [
      'too many files',
      {
        weight_map: Object.fromEntries(
          Array.from({ length: 300 }, (_, i) => [i, `m-${i}.safetensors`]),
        ),
      },
    ],
  ])('that names %s is refused', (_, index) => {
    expect(() => shardNames(index, 'i')).toThrow(
      expect.objectContaining({ code: 'corrupt', file: 'i' }),
    );
  });

  test('with any byte changed is read or refused, never anything else', () => {
    const good = JSON.stringify({
      weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' },
    });
    let refused = 0;
    for (let i = 0; i < 10_000; i++) {
      const at = (i * 7919) % good.length;
      const text = good.slice(0, at) + String.fromCharCode((i * 31) % 128) + good.slice(at + 1);
      try {
        expect(shardNames(text, 'i').length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toMatchObject({ name: 'CheckpointError' });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});
