// The file is read back by our own reader and applied as llama.cpp applies it (src/llama-adapter.h: scale * alpha /
// rank * B A), to weights whose rows are permuted as its converter permutes them (conversion/llama.py `permute`:
// reshape(heads, 2, d_head / 2, n), swap axes 1 and 2). The sum must be PEFT's merge, permuted.

import { describe, expect, test } from 'vitest';
import { mergeAdapter } from '../../../../src/checkpoint/adapter/adapter-merge';
import { writeAdapter } from '../../../../src/checkpoint/adapter/adapter-write';
import {
  type Adapter,
  type AdapterModule,
  readAdapter,
} from '../../../../src/checkpoint/adapter/peft';
import { linearShapes, type ModelConfig } from '../../../../src/checkpoint/config';
import { fromHalf } from '../../../../src/core/half';
import type { Tensor } from '../../../../src/core/tensor';
import { ByteReader } from '../../../../src/formats/direction/byte-reader';
import { readGgufHead } from '../../../../src/formats/gguf/read';
import { notInLora, writeLoraGguf } from '../../../../src/formats/gguf/write-lora';
import { FAMILY_CONFIGS, randomConfig, randomWeights } from '../../onnx/random-weights';
import { randomTensor } from '../../onnx/tiny-weights';

const NAMES: Readonly<Record<string, string>> = {
  q_proj: 'attn_q',
  k_proj: 'attn_k',
  v_proj: 'attn_v',
  o_proj: 'attn_output',
  gate_proj: 'ffn_gate',
  up_proj: 'ffn_up',
  down_proj: 'ffn_down',
};

function adapterOf(config: ModelConfig, useRslora: boolean, r = 4, alpha = 6): Adapter {
  const modules = new Map<string, { a: Tensor; b: Tensor }>();
  let seed = 7;
  for (let layer = 0; layer < config.nLayers; layer++) {
    for (const [name, [out, inner]] of linearShapes(config)) {
      modules.set(`model.layers.${layer}.${name}`, {
        a: randomTensor([r, inner], seed++),
        b: randomTensor([out, r], seed++),
      });
    }
  }
  const written = writeAdapter({ baseModel: 'base', alpha, useRslora, modules, dtype: 'F32' });
  return readAdapter(written.config, written.bytes, config, { config: 'c', weights: 'w' });
}

function opened(bytes: Uint8Array) {
  const refuse = (reason: string): never => {
    throw new Error(reason);
  };
  const { keys, tensors, start } = readGgufHead(
    new ByteReader(bytes, 'lora.gguf'),
    'lora.gguf',
    refuse,
  );
  const get = (name: string): Tensor => {
    const { dims, type, offset } = tensors.find((one) => one.name === name)!;
    const length = dims.reduce((product, dim) => product * dim, 1);
    const part = bytes.slice(start + offset, start + offset + length * (type === 0 ? 4 : 2));
    const data =
      type === 0 ? new Float32Array(part.buffer) : fromHalf(new Uint16Array(part.buffer));
    return { data, dims: [...dims].reverse() };
  };
  return { keys, names: tensors.map(({ name }) => name), get };
}

/** llama.cpp's order of the rows of q and k. */
function permuted({ data, dims }: Tensor, heads: number): Tensor {
  const [rows = 0, columns = 0] = dims;
  const half = rows / heads / 2;
  const out = new Float32Array(data.length);
  let to = 0;
  for (let h = 0; h < heads; h++) {
    for (let j = 0; j < half; j++) {
      for (let t = 0; t < 2; t++, to++) {
        const from = (h * 2 + t) * half + j;
        out.set(data.subarray(from * columns, (from + 1) * columns), to * columns);
      }
    }
  }
  return { data: out, dims };
}

describe('a LoRA for llama.cpp', () => {
  const cases = Object.entries(FAMILY_CONFIGS).flatMap(([family, config]) =>
    [true, false].map((rs) => [family, rs ? 'rank-stabilised' : 'plain', config, rs] as const),
  );
  test.each(cases)('of %s, %s, adds what PEFT adds', (_family, _kind, config, rs) => {
    const weights = randomWeights(config, 3);
    const adapter = adapterOf(config, rs);
    const file = opened(
      writeLoraGguf(config, { name: 'a', modules: adapter.modules, dtype: 'F32' }),
    );
    const expected = mergeAdapter(weights, adapter);
    const alpha = file.keys.get('adapter.lora.alpha') as number;
    for (const module of adapter.modules.keys()) {
      const [, layer, name = ''] = /layers\.(\d+)\.\w+\.(\w+)$/.exec(module)!;
      const heads = { q_proj: config.nHeads, k_proj: config.nKvHeads }[name];
      const turn = (t: Tensor): Tensor =>
        config.architecture === 'llama' && heads !== undefined ? permuted(t, heads) : t;
      const a = file.get(`blk.${layer}.${NAMES[name]}.weight.lora_a`);
      const b = file.get(`blk.${layer}.${NAMES[name]}.weight.lora_b`);
      const [r = 0, columns = 0] = a.dims;
      const sum = Float64Array.from(turn(weights.get(`${module}.weight`)!).data);
      for (let i = 0; i < sum.length / columns; i++) {
        for (let k = 0; k < r; k++) {
          for (let j = 0; j < columns; j++) {
            sum[i * columns + j]! += (alpha / r) * b.data[i * r + k]! * a.data[k * columns + j]!;
          }
        }
      }
      const want = turn(expected.get(`${module}.weight`)!).data;
      expect(Math.max(...sum.map((x, i) => Math.abs(x - want[i]!)))).toBeLessThan(1e-5);
    }
  });

  test('of the published kind, rank 32 and alpha 64, counts 11.3 times, not 2', () => {
    const config = randomConfig();
    const { modules } = adapterOf(config, true, 32, 64);
    const { keys } = opened(writeLoraGguf(config, { name: 'em', modules, dtype: 'F16' }));
    expect((keys.get('adapter.lora.alpha') as number) / 32).toBeCloseTo(64 / Math.sqrt(32), 5);
    expect(keys.get('general.type')).toBe('adapter');
    expect(keys.get('adapter.type')).toBe('lora');
    expect(keys.get('general.architecture')).toBe('llama');
  });

  test('whose modules have ranks and scales of their own keeps each, under the one alpha of the file', () => {
    const config = randomConfig({ nLayers: 1 });
    const one = (r: number, scale: number, seed: number): AdapterModule => ({
      a: randomTensor([r, config.dModel], seed),
      b: randomTensor([config.dMlp, r], seed + 1),
      scale,
    });
    const [gate, up] = [one(2, 3, 1), one(8, 0.5, 5)];
    const modules = new Map([
      ['model.layers.0.mlp.gate_proj', gate],
      ['model.layers.0.mlp.up_proj', up],
    ]);
    const file = opened(writeLoraGguf(config, { name: 'a', modules, dtype: 'F32' }));
    const alpha = file.keys.get('adapter.lora.alpha') as number;
    for (const [name, { b, scale }] of [
      ['ffn_gate', gate],
      ['ffn_up', up],
    ] as const) {
      const written = file.get(`blk.0.${name}.weight.lora_b`);
      expect((alpha / written.dims[1]!) * written.data[5]!).toBeCloseTo(scale * b.data[5]!, 5);
    }
  });

  test('is refused for whole matrices, and for what it would do to a tied head', () => {
    const adapter = adapterOf(randomConfig(), true);
    expect(notInLora(adapter)).toBeNull();
    const [factors] = adapter.modules.values();
    const head = { ...adapter, modules: new Map([['lm_head', factors!]]) };
    expect(notInLora(head)).toMatch(/"lm_head"/);
    expect(notInLora({ ...head, base: randomConfig({ tieWordEmbeddings: false }) })).toBeNull();
    const whole = { ...adapter, replaced: new Map([['lm_head.weight', {} as never]]) };
    expect(notInLora(whole)).toMatch(/"lm_head.weight" as a whole/);
  });
});
