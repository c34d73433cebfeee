// The plain export on onnxruntime-node's CPU provider against plain float64 loops.

import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../../src/checkpoint/config';
import type { Weights } from '../../../src/checkpoint/config';
import { kernelHeadWidth } from '../../../src/checkpoint/head-width';
import { withoutDirection } from '../../../src/checkpoint/without-direction';
import { dot, norm } from '../../../src/core/projection';
import type { ExternalFile } from '../../../src/onnx/external-files';
import { exportPlain, type PlainOptions } from '../../../src/onnx/export-plain';
import { float64Forward } from './float64-decoder';
import { FAMILY_CONFIGS, randomConfig, randomWeights, WIDENED_CONFIGS } from './random-weights';
import { relativeError } from './run-decoder';

const TOLERANCE = 3e-5;
const PLAIN: PlainOptions = { dtype: 'f32', name: 'model.onnx' };
const IDS = [3, 17, 41, 8, 8, 29, 0];

type Feeds = Record<string, ort.Tensor>;

function int64(values: readonly number[], dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(values.map(BigInt)), dims);
}

function bytesOf({ bytes, parts }: ExternalFile): Uint8Array {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    all.set(part.make(), (at += part.padding));
    at += part.bytes;
  }
  return all;
}

function sessionOf(
  config: ModelConfig,
  weights: Weights,
  options: Partial<PlainOptions> = {},
): Promise<ort.InferenceSession> {
  const { model, files } = exportPlain(config, weights, {
    dtype: 'f32',
    name: 'model.onnx',
    ...options,
  });
  return ort.InferenceSession.create(model, {
    externalData: files.map((file) => ({ path: file.name, data: bytesOf(file) })),
  });
}

/** What a runtime that knows only the layout feeds: ids, a mask over all tokens so far, the cache. */
function feeds(
  config: ModelConfig,
  ids: readonly number[],
  keep: number,
  cache: Feeds | null,
): Feeds {
  const past = cache ? (cache['present.0.key']?.dims[2] ?? 0) : 0;
  const out: Feeds = {
    input_ids: int64(ids, [1, ids.length]),
    attention_mask: int64(new Array<number>(past + ids.length).fill(1), [1, past + ids.length]),
    num_logits_to_keep: int64([keep], []),
  };
  for (let layer = 0; layer < config.nLayers; layer++) {
    for (const kind of ['key', 'value']) {
      out[`past_key_values.${layer}.${kind}`] =
        cache?.[`present.${layer}.${kind}`] ??
        new ort.Tensor('float32', new Float32Array(0), [
          1,
          config.nKvHeads,
          0,
          kernelHeadWidth(config.dHead),
        ]);
    }
  }
  return out;
}

describe.each(Object.entries({ Llama: randomConfig(), ...FAMILY_CONFIGS, ...WIDENED_CONFIGS }))(
  'the plain export of %s',
  (_, config) => {
    const weights = randomWeights(config, 7);
    const { logits: expected } = float64Forward(config, weights, IDS);

    test('gives the logits of the reference for a whole prompt', async () => {
      const session = await sessionOf(config, weights);
      const { logits } = await session.run(feeds(config, IDS, 0, null));
      expect(logits?.dims).toEqual([1, IDS.length, config.dVocab]);
      const all = expected.flatMap((row) => [...row]);
      expect(relativeError(logits!.data as Float32Array, all)).toBeLessThan(TOLERANCE);
    });

    test('goes on from its own cache, one token at a time', async () => {
      const session = await sessionOf(config, weights);
      let out: Feeds = await session.run(feeds(config, IDS.slice(0, 3), 1, null));
      for (let at = 3; at <= IDS.length; at++) {
        expect(out['logits']!.dims).toEqual([1, 1, config.dVocab]);
        const error = relativeError(out['logits']!.data as Float32Array, [...expected[at - 1]!]);
        expect(error).toBeLessThan(TOLERANCE);
        if (at < IDS.length) out = await session.run(feeds(config, [IDS[at]!], 1, out));
      }
    });
  },
);

describe('the files beside it', () => {
  const config = randomConfig();
  const weights = randomWeights(config, 7);
  const { logits: expected } = float64Forward(config, weights, IDS);
  const all = expected.flatMap((row) => [...row]);

  test('weights are split over files of the size asked for, and nothing else changes', async () => {
    const fileBytes = 20_000;
    const { files } = exportPlain(config, weights, { ...PLAIN, fileBytes });
    expect(files.length).toBeGreaterThan(2);
    expect(files.map(({ name }) => name).slice(0, 2)).toEqual([
      'model.onnx_data',
      'model.onnx_data_1',
    ]);
    for (const { bytes } of files) expect(bytes).toBeLessThanOrEqual(fileBytes);
    const session = await sessionOf(config, weights, { fileBytes });
    const { logits } = await session.run(feeds(config, IDS, 0, null));
    expect(relativeError(logits!.data as Float32Array, all)).toBeLessThan(TOLERANCE);
  });

  test('as halves they are half as large, and the logits move by what rounding moves them', async () => {
    const size = (dtype: 'f32' | 'f16') =>
      exportPlain(config, weights, { ...PLAIN, dtype }).files.reduce((sum, f) => sum + f.bytes, 0);
    expect(size('f16') / size('f32')).toBeLessThan(0.55);
    const session = await sessionOf(config, weights, { dtype: 'f16' });
    const { logits } = await session.run(feeds(config, IDS, 0, null));
    const error = relativeError(logits!.data as Float32Array, all);
    expect(error).toBeGreaterThan(TOLERANCE);
    expect(error).toBeLessThan(5e-3);
  });

  test('a number too large for a half is refused when its weight is made', () => {
    const large = new Map(weights);
    const name = 'model.layers.0.mlp.up_proj.weight';
    const { dims, data } = weights.get(name)!;
    large.set(name, { dims, data: data.map((x, i) => (i === 3 ? 1e6 : x)) });
    const [file] = exportPlain(config, large, { ...PLAIN, dtype: 'f16' }).files;
    expect(() => bytesOf(file!)).toThrow(/up_proj.*too large for f16/);
  });
});

const EXACT = Object.entries({ Llama: randomConfig(), ...FAMILY_CONFIGS }).filter(
  ([, { architecture }]) => architecture !== 'gemma3',
);

describe.each(EXACT)('%s without a direction', (_, config) => {
  const weights = randomWeights(config, 7);
  const direction = weights
    .get('model.layers.1.mlp.down_proj.weight')!
    .data.slice(0, config.dModel);
  const unit = Float64Array.from(direction, (x) => x / norm(direction));
  const ablate = (h: Float64Array): void => {
    const along = dot(h, unit);
    h.forEach((x, i) => (h[i] = x - along * unit[i]!));
  };
  const removed = withoutDirection(config, weights, direction);

  test('it computes the published ablation: after the embedding, attention and the MLP', async () => {
    const everywhere = float64Forward(config, weights, IDS, (_, __, h) => ablate(h), ablate);
    const session = await sessionOf(removed.config, removed.weights);
    const { logits } = await session.run(feeds(removed.config, IDS, 0, null));
    const all = everywhere.logits.flatMap((row) => [...row]);
    expect(relativeError(logits!.data as Float32Array, all)).toBeLessThan(TOLERANCE);
    const before = float64Forward(config, weights, IDS).logits.flatMap((row) => [...row]);
    expect(relativeError(before, all)).toBeGreaterThan(0.01);
  });

  test('an ablation after every block then finds nothing to remove', () => {
    let most = 0;
    float64Forward(removed.config, removed.weights, IDS, (_, __, h) => {
      most = Math.max(most, Math.abs(dot(h, unit)) / norm(h));
    });
    expect(most).toBeLessThan(1e-6);
  });

  test('it is not the ablation after every block alone, whose MLP reads what attention wrote', () => {
    const everywhere = float64Forward(config, weights, IDS, (_, __, h) => ablate(h), ablate);
    const blocks = float64Forward(config, weights, IDS, (_, __, h) => ablate(h));
    const flat = ({ logits }: typeof blocks) => logits.flatMap((row) => [...row]);
    expect(relativeError(flat(blocks), flat(everywhere))).toBeGreaterThan(0.01);
  });
});

test('Gemma 3, which rescales what a block wrote, is refused by name', () => {
  const config = FAMILY_CONFIGS['Gemma 3']!;
  const direction = new Float32Array(config.dModel).fill(1);
  expect(() => withoutDirection(config, randomWeights(config, 7), direction)).toThrow(
    /gemma3: It rescales/,
  );
});

test('a weight that the graph has no place for is named', () => {
  const config = randomConfig();
  const weights = new Map(randomWeights(config, 7));
  const bias = 'model.layers.0.self_attn.k_proj.bias';
  weights.set(bias, { data: new Float32Array(32), dims: [32] });
  expect(() => exportPlain(config, weights, PLAIN)).toThrow(bias);
});

test('a weight that is missing is named', () => {
  const config = randomConfig();
  const weights = new Map(randomWeights(config, 7));
  weights.delete('model.layers.1.mlp.up_proj.weight');
  expect(() => exportPlain(config, weights, PLAIN)).toThrow(
    /model\.layers\.1\.mlp\.up_proj\.weight/,
  );
});
