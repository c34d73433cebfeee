// The composed factors are held against the formula (I - u u^T)(W + s B A) as plain float64 loops, and their model's
// residuals, by the float64 decoder, against those of the merged fine-tune from whose writes u is removed as they
// are added. PEFT's own rules read the files back.

import { describe, expect, test } from 'vitest';
import { ablatedAdapter } from '../../../../src/checkpoint/adapter/ablated-adapter';
import { mergeAdapter } from '../../../../src/checkpoint/adapter/adapter-merge';
import { writeAdapter } from '../../../../src/checkpoint/adapter/adapter-write';
import { type AdapterModule, readAdapter } from '../../../../src/checkpoint/adapter/peft';
import { linearShapes, type Weights } from '../../../../src/checkpoint/config';
import { float64Forward } from '../../onnx/float64-decoder';
import { FAMILY_CONFIGS, randomWeights } from '../../onnx/random-weights';
import { randomTensor } from '../../onnx/tiny-weights';

const IDS = [1, 7, 3, 22, 9, 4];
const FAMILIES = ['Llama 3.2', 'Qwen2.5 with a head of its own', 'Qwen3'] as const;

function setUp(family: string, ranks: (name: string) => number) {
  const config = FAMILY_CONFIGS[family]!;
  const weights = randomWeights(config, 5);
  const modules = new Map<string, AdapterModule>();
  let seed = 40;
  for (let layer = 0; layer < config.nLayers; layer++) {
    for (const [name, [out, inner]] of linearShapes(config)) {
      const r = ranks(name);
      if (r === 0) continue;
      modules.set(`model.layers.${layer}.${name}`, {
        a: randomTensor([r, inner], seed++, 0.2),
        b: randomTensor([out, r], seed++, 0.2),
        scale: 2 / Math.sqrt(r),
      });
    }
  }
  const direction = randomTensor([config.dModel], 3, 4).data;
  const length = Math.hypot(...direction);
  return {
    config,
    weights,
    modules,
    direction,
    u: Float64Array.from(direction, (x) => x / length),
  };
}

/** W + s B A in float64 [out, in]. */
function tuned(weights: Weights, module: string, factors: AdapterModule | undefined) {
  const { data, dims } = weights.get(`${module}.weight`)!;
  const sums = Float64Array.from(data);
  const [rows = 0, columns = 0] = dims;
  const r = factors?.a.dims[0] ?? 0;
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < r; k++) {
      for (let j = 0; j < columns; j++) {
        sums[i * columns + j]! +=
          factors!.scale * factors!.b.data[i * r + k]! * factors!.a.data[k * columns + j]!;
      }
    }
  }
  return { data: sums, dims };
}

/** (I - u u^T) M in float64. */
function removed({ data, dims }: { data: Float64Array; dims: readonly number[] }, u: Float64Array) {
  const [rows = 0, columns = 0] = dims;
  const out = data.slice();
  for (let j = 0; j < columns; j++) {
    let along = 0;
    for (let i = 0; i < rows; i++) along += u[i]! * data[i * columns + j]!;
    for (let i = 0; i < rows; i++) out[i * columns + j]! -= u[i]! * along;
  }
  return { data: out, dims };
}

/** The PEFT files of the composed adapter, read back and merged into the base. */
function merged({ config, weights, modules, direction }: ReturnType<typeof setUp>): Weights {
  const composed = ablatedAdapter(config, weights, modules, direction);
  const [first] = composed.values();
  const { config: json, bytes } = writeAdapter({
    baseModel: 'base',
    alpha: first!.a.dims[0]!,
    useRslora: false,
    modules: composed,
    dtype: 'F32',
  });
  return mergeAdapter(weights, readAdapter(json, bytes, config, { config: 'c', weights: 'w' }));
}

describe('a fine-tune without a direction, as one LoRA', () => {
  test.each(FAMILIES)(
    'of %s has the residuals of the model that cannot write along it',
    (family) => {
      const made = setUp(family, () => 3);
      const { config, weights, modules, u } = made;
      const whole = new Map<string, { data: Float32Array | Float64Array; dims: readonly number[] }>(
        weights,
      );
      for (const name of weights.keys()) {
        const module = name.replace(/\.weight$/, '');
        if (!modules.has(module)) continue;
        const w = tuned(weights, module, modules.get(module));
        whole.set(name, /o_proj|down_proj/.test(name) ? removed(w, u) : w);
      }
      const expected = float64Forward(config, whole, IDS).residuals;
      const found = float64Forward(config, merged(made), IDS).residuals;
      for (const [layer, positions] of expected.entries()) {
        for (const [at, row] of positions.entries()) {
          const size = Math.hypot(...row);
          const off = Math.hypot(...row.map((x, i) => x - found[layer]![at]![i]!));
          expect(off / size).toBeLessThan(2e-5);
        }
      }
    },
  );

  test('writes nothing along the direction: what tokens bring stays, at every layer', () => {
    const made = setUp('Qwen3', () => 3);
    const { config, u } = made;
    const { residuals } = float64Forward(config, merged(made), IDS);
    const embedding = made.weights.get('model.embed_tokens.weight')!.data;
    IDS.forEach((id, at) => {
      const dot = (row: ArrayLike<number>, from = 0): number =>
        u.reduce((sum, x, i) => sum + x * row[from + i]!, 0);
      const brought = dot(embedding, id * config.dModel);
      for (const positions of residuals) expect(dot(positions[at]!)).toBeCloseTo(brought, 4);
    });
  });

  test('has one rank more than the fine-tune at every matrix, the largest where they differ', () => {
    const { config, weights, modules, direction } = setUp('Llama 3.2', (name) =>
      name === 'mlp.up_proj' ? 0 : name === 'self_attn.q_proj' ? 5 : 2,
    );
    const composed = ablatedAdapter(config, weights, modules, direction);
    for (const { a, b } of composed.values()) expect([a.dims[0], b.dims[1]]).toEqual([6, 6]);
    expect([...composed.keys()].some((name) => name.endsWith('up_proj'))).toBe(false);
  });

  test('of no fine-tune is the base without the direction, of rank 1', () => {
    const made = setUp('Qwen3', () => 0);
    const found = merged(made);
    const name = 'model.layers.1.mlp.down_proj';
    const expected = removed(tuned(made.weights, name, undefined), made.u).data;
    const off = expected.map((x, i) => Math.abs(x - found.get(`${name}.weight`)!.data[i]!));
    expect(Math.max(...off)).toBeLessThan(1e-6);
    const composed = ablatedAdapter(made.config, made.weights, new Map(), made.direction);
    expect(composed.get(name)!.a.dims[0]).toBe(1);
    expect(composed.size).toBe(2 * made.config.nLayers);
  });

  test('is refused where a block rescales what it wrote, and for what is no direction', () => {
    const gemma = FAMILY_CONFIGS['Gemma 3']!;
    const none = new Map<string, AdapterModule>();
    const { config, weights } = setUp('Qwen3', () => 0);
    const ask = (direction: Float32Array) => () => ablatedAdapter(config, weights, none, direction);
    expect(() => ablatedAdapter(gemma, weights, none, new Float32Array(32).fill(1))).toThrow(
      /rescales/,
    );
    expect(ask(new Float32Array(31).fill(1))).toThrow(/31 numbers.*32 wide/);
    expect(ask(new Float32Array(32))).toThrow(/length 0/);
  });
});
