// The plain export on onnxruntime-node's CPU provider against plain float64 loops.

import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../../src/checkpoint/config';
import { exportPlain } from '../../../src/onnx/export-plain';
import { float64Forward } from './float64-decoder';
import { randomConfig, randomWeights } from './random-weights';
import { relativeError } from './run-decoder';

const TOLERANCE = 2e-5;
const IDS = [3, 17, 41, 8, 8, 29, 0];

type Feeds = Record<string, ort.Tensor>;

function int64(values: readonly number[], dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(values.map(BigInt)), dims);
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
        new ort.Tensor('float32', new Float32Array(0), [1, config.nKvHeads, 0, config.dHead]);
    }
  }
  return out;
}

describe.each([true, false])('the plain export, tied embeddings %s', (tieWordEmbeddings) => {
  const config = randomConfig({ tieWordEmbeddings });
  const weights = randomWeights(config, 7);
  const { logits: expected } = float64Forward(config, weights, IDS);

  test('gives the logits of the reference for a whole prompt', async () => {
    const session = await ort.InferenceSession.create(exportPlain(config, weights));
    const { logits } = await session.run(feeds(config, IDS, 0, null));
    expect(logits?.dims).toEqual([1, IDS.length, config.dVocab]);
    const all = expected.flatMap((row) => [...row]);
    expect(relativeError(logits!.data as Float32Array, all)).toBeLessThan(TOLERANCE);
  });

  test('goes on from its own cache, one token at a time', async () => {
    const session = await ort.InferenceSession.create(exportPlain(config, weights));
    let out: Feeds = await session.run(feeds(config, IDS.slice(0, 3), 1, null));
    for (let at = 3; at <= IDS.length; at++) {
      expect(out['logits']!.dims).toEqual([1, 1, config.dVocab]);
      const error = relativeError(out['logits']!.data as Float32Array, [...expected[at - 1]!]);
      expect(error).toBeLessThan(TOLERANCE);
      if (at < IDS.length) out = await session.run(feeds(config, [IDS[at]!], 1, out));
    }
  });
});

test('a weight that is missing is named', () => {
  const config = randomConfig();
  const weights = new Map(randomWeights(config, 7));
  weights.delete('model.layers.1.mlp.up_proj.weight');
  expect(() => exportPlain(config, weights)).toThrow(/model\.layers\.1\.mlp\.up_proj\.weight/);
});
