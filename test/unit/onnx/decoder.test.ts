// The decoder graph on onnxruntime-node's CPU provider against plain float64 loops, and its laws.
// Tolerances are relative to the largest value of the expected tensor.

import { describe, expect, test } from 'vitest';
import type { Weights } from '../../../src/checkpoint/config';
import type { Precision } from '../../../src/checkpoint/precision';
import { applyEdit, emptyEdit, packEdit, type LayerEdit } from '../../../src/core/edit';
import { fromHalf, toHalf } from '../../../src/core/half';
import { dot } from '../../../src/core/projection';
import { rowOf, tensor } from '../../../src/core/tensor';
import { buildDecoder } from '../../../src/onnx/decoder';
import { prefillFeeds } from '../../../src/onnx/decoder-feeds';
import { blockEdit, randomUnits } from './block-edit';
import { float64Forward, pooledResiduals } from './float64-decoder';
import { randomConfig, randomWeights } from './random-weights';
import { DecoderRun, floats, PLAIN, relativeError } from './run-decoder';

const TOLERANCE = 2e-5;
const CONFIG = randomConfig();
const WEIGHTS = randomWeights(CONFIG, 7);
const IDS = [3, 17, 41, 8, 8, 29, 0];

const UNITS = randomUnits(CONFIG, 5);
const OTHER_UNITS = randomUnits(CONFIG, 6);

const layerEdit = (layer: number, more: Partial<LayerEdit>): LayerEdit => ({
  unit: rowOf(UNITS, layer).data,
  steer: null,
  strength: 0,
  reference: 0,
  cap: 0,
  tau: 0,
  ...more,
});

const flat = (rows: readonly ArrayLike<number>[]): number[] =>
  rows.flatMap((row) => Array.from(row));

/** Rounds every weight to the nearest half, as the file would. */
function rounded(weights: Weights): Weights {
  return new Map(
    [...weights].map(([name, { data, dims }]) => [
      name,
      dims.length === 1 ? { data, dims } : { data: fromHalf(toHalf(data)), dims },
    ]),
  );
}

describe('the plain model', () => {
  for (const tieWordEmbeddings of [true, false]) {
    for (const nKvHeads of [4, 2, 1]) {
      const head = tieWordEmbeddings ? 'tied' : 'untied';
      test(`agrees with the float64 loop with ${4 / nKvHeads} query heads a key head and ${head} head`, async () => {
        const config = randomConfig({ nKvHeads, tieWordEmbeddings });
        const weights = randomWeights(config, 11);
        const run = await DecoderRun.create(config, weights, { residuals: true });
        const out = await run.prefill([IDS]);
        const expected = float64Forward(config, weights, IDS);
        expect(relativeError(floats(out, 'logits'), flat(expected.logits))).toBeLessThan(TOLERANCE);
        const residuals = flat(expected.residuals.map(flat));
        expect(relativeError(floats(out, 'residuals'), residuals)).toBeLessThan(TOLERANCE);
      });
    }
  }

  test('with halves as weights is the f32 model of the rounded weights', async () => {
    for (const tieWordEmbeddings of [true, false]) {
      const config = randomConfig({ tieWordEmbeddings });
      const weights = randomWeights(config, 3);
      const run = await DecoderRun.create(config, weights, { precision: 'f16' });
      const logits = floats(await run.prefill([IDS]), 'logits');
      const same = flat(float64Forward(config, rounded(weights), IDS).logits);
      expect(relativeError(logits, same)).toBeLessThan(TOLERANCE);
      const full = flat(float64Forward(config, weights, IDS).logits);
      expect(relativeError(logits, full)).toBeLessThan(5e-3);
    }
  });

  test('stores half as many bytes in f16', () => {
    const bytes = (precision: Precision) =>
      buildDecoder(CONFIG, WEIGHTS, { ...PLAIN, precision }).externalData.byteLength;
    expect(bytes('f16') / bytes('f32')).toBeLessThan(0.6);
  });

  test('names a weight that is missing or misshapen', () => {
    const missing = new Map(WEIGHTS);
    missing.delete('model.layers.1.mlp.up_proj.weight');
    expect(() => buildDecoder(CONFIG, missing, PLAIN)).toThrow('model.layers.1.mlp.up_proj.weight');
    const bent = new Map(WEIGHTS).set('model.norm.weight', tensor(new Float32Array(4), [4]));
    expect(() => buildDecoder(CONFIG, bent, PLAIN)).toThrow('model.norm.weight is [4]');
  });
});

describe('edits', () => {
  const steer = rowOf(OTHER_UNITS, 1).data.map((x) => 3 * x);
  const kinds: Record<string, (layer: number) => LayerEdit | null> = {
    'ablation to zero': (layer) => layerEdit(layer, { strength: 1 }),
    'half an ablation to a mean at one layer': (layer) =>
      layer === 1 ? layerEdit(layer, { strength: 0.5, reference: -0.7 }) : null,
    'a cap': (layer) => layerEdit(layer, { cap: 1, tau: -0.4 }),
    steering: (layer) => (layer === 0 ? layerEdit(layer, { steer }) : null),
    'all at once': (layer) =>
      layerEdit(layer, { strength: 0.3, reference: 0.2, cap: 1, tau: 0.1, steer }),
  };
  const layers = Array.from({ length: CONFIG.nLayers }, (_, layer) => layer);
  for (const [name, make] of Object.entries(kinds)) {
    for (const mask of [IDS.map(() => 1), [0, 1, 1, 0, 0, 1, 0]]) {
      const where = mask.includes(0) ? 'at some positions' : 'everywhere';
      test(`${name} ${where} agrees with the float64 loop`, async () => {
        const edits = layers.map(make);
        const run = await DecoderRun.create(CONFIG, WEIGHTS, { hooks: 'edit', residuals: true });
        run.edit = packEdit(edits, UNITS, CONFIG.dModel);
        const out = await run.prefill([IDS], { mask });
        const expected = float64Forward(CONFIG, WEIGHTS, IDS, blockEdit(edits, mask));
        const plain = float64Forward(CONFIG, WEIGHTS, IDS);
        const logits = flat(expected.logits);
        expect(relativeError(floats(out, 'logits'), logits)).toBeLessThan(TOLERANCE);
        expect(
          relativeError(floats(out, 'residuals'), flat(expected.residuals.map(flat))),
        ).toBeLessThan(TOLERANCE);
        expect(relativeError(flat(plain.logits), logits)).toBeGreaterThan(1e-3);
      });
    }
  }

  test('of zero strength leave the plain model bit for bit, cached and batched too', async () => {
    const zero = layers.map((layer) => layerEdit(layer, {}));
    const rows = [IDS, [5, 6], [9]];
    for (const packed of [
      emptyEdit(CONFIG.nLayers, CONFIG.dModel),
      packEdit(zero, UNITS, CONFIG.dModel),
    ]) {
      const options = { cache: true, logits: 'last' as const, residuals: true };
      const plain = await DecoderRun.create(CONFIG, WEIGHTS, options);
      const edited = await DecoderRun.create(CONFIG, WEIGHTS, { ...options, hooks: 'edit' });
      edited.edit = packed;
      const first = [await plain.prefill(rows), await edited.prefill(rows)] as const;
      const lengths = rows.map((row) => row.length);
      const next = [
        await plain.decode([1, 2, 3], lengths, first[0]),
        await edited.decode([1, 2, 3], lengths, first[1]),
      ] as const;
      for (const name of ['logits', 'residuals', 'present.2.key', 'present.0.value']) {
        expect(floats(first[1], name)).toEqual(floats(first[0], name));
        expect(floats(next[1], name)).toEqual(floats(next[0], name));
      }
    }
  });

  test('at strength 1 leave no component along the direction', async () => {
    const run = await DecoderRun.create(CONFIG, WEIGHTS, { hooks: 'edit', residuals: true });
    run.edit = packEdit(
      layers.map((layer) => layerEdit(layer, { strength: 1 })),
      UNITS,
      CONFIG.dModel,
    );
    const residuals = floats(await run.prefill([IDS]), 'residuals');
    const width = CONFIG.dModel;
    for (const layer of layers) {
      for (let pos = 0; pos < IDS.length; pos++) {
        const at = (layer * IDS.length + pos) * width;
        const h = residuals.subarray(at, at + width);
        expect(Math.abs(dot(h, rowOf(UNITS, layer).data))).toBeLessThan(
          1e-6 * Math.sqrt(dot(h, h)),
        );
      }
    }
  });

  test('report the projection before the edit, along the readout direction', async () => {
    const edits = layers.map((layer) => layerEdit(layer, { strength: 1, reference: 0.5 }));
    const run = await DecoderRun.create(CONFIG, WEIGHTS, { hooks: 'edit', residuals: true });
    for (const readout of [UNITS, OTHER_UNITS]) {
      run.edit = packEdit(edits, readout, CONFIG.dModel);
      const out = await run.prefill([IDS]);
      const before: number[] = [];
      float64Forward(CONFIG, WEIGHTS, IDS, (layer, position, h) => {
        const r = rowOf(readout, layer).data;
        before[position * CONFIG.nLayers + layer] = h.reduce((sum, x, i) => sum + x * r[i]!, 0);
        h.set(applyEdit(Float32Array.from(h), edits[layer]!));
      });
      expect(out['projections']!.dims).toEqual([1, IDS.length, CONFIG.nLayers]);
      expect(relativeError(floats(out, 'projections'), before)).toBeLessThan(TOLERANCE);
    }
  });
});

describe('pooling', () => {
  for (const hooks of ['none', 'edit'] as const) {
    test(`sums the residuals with the weights of each row (hooks: ${hooks})`, async () => {
      const options = { hooks, logits: 'none' as const, pooled: true, residuals: true };
      const run = await DecoderRun.create(CONFIG, WEIGHTS, options);
      run.edit = packEdit([null, layerEdit(1, { strength: 1 }), null], UNITS, CONFIG.dModel);
      const rows = [IDS, [5, 6, 7]];
      const pool = [0, 0, 0.5, 0.5, 0, 0, 0, 0, 0.25, 0.75, 0, 0, 0, 0];
      const out = await run.prefill(rows, { pool });
      expect(out['pooled']!.dims).toEqual([2, 1, CONFIG.nLayers * CONFIG.dModel]);
      const edits = hooks === 'edit' ? [null, layerEdit(1, { strength: 1 }), null] : [];
      const expected = rows.flatMap((ids, b) => {
        const { residuals } = float64Forward(CONFIG, WEIGHTS, ids, blockEdit(edits));
        return pooledResiduals(residuals, pool.slice(b * IDS.length)).flat();
      });
      expect(relativeError(floats(out, 'pooled'), expected)).toBeLessThan(TOLERANCE);
      expect((await run.prefill(rows))['pooled']!.dims).toEqual([2, 0, 3 * CONFIG.dModel]);
    });
  }
});

describe('the cache', () => {
  const continuation = [12, 33, 4, 45, 20, 2];

  test('decoding token by token is one full pass', async () => {
    const run = await DecoderRun.create(CONFIG, WEIGHTS, { cache: true, logits: 'last' });
    let out = await run.prefill([IDS]);
    const ids = [...IDS];
    for (const token of continuation) {
      out = await run.decode([token], [ids.length], out);
      ids.push(token);
      const expected = float64Forward(CONFIG, WEIGHTS, ids).logits.at(-1)!;
      expect(relativeError(floats(out, 'logits'), expected)).toBeLessThan(TOLERANCE);
    }
  });

  test('a prompt in two pieces is the prompt', async () => {
    const run = await DecoderRun.create(CONFIG, WEIGHTS, { cache: true, logits: 'last' });
    const past = await run.prefill([IDS.slice(0, 3)]);
    const out = await run.run(prefillFeeds([IDS.slice(3)], 3), { past });
    const expected = float64Forward(CONFIG, WEIGHTS, IDS).logits.at(-1)!;
    expect(relativeError(floats(out, 'logits'), expected)).toBeLessThan(TOLERANCE);
  });

  test('rows of different length in a batch are each the row alone, with edits', async () => {
    const rows = [IDS, [5], [9, 22, 1], [30, 31, 32, 33, 34, 35, 36, 37, 38, 39]].map((r) => [
      ...r,
    ]);
    const edits = [layerEdit(0, { strength: 0.6, reference: 0.1 }), null, layerEdit(2, { cap: 1 })];
    const run = await DecoderRun.create(CONFIG, WEIGHTS, {
      cache: true,
      logits: 'last',
      hooks: 'edit',
    });
    run.edit = packEdit(edits, UNITS, CONFIG.dModel);
    let out = await run.prefill(rows);
    const check = () => {
      const logits = floats(out, 'logits');
      rows.forEach((ids, b) => {
        const everywhere = blockEdit(edits);
        const expected = float64Forward(CONFIG, WEIGHTS, ids, everywhere).logits.at(-1)!;
        const row = logits.subarray(b * CONFIG.dVocab, (b + 1) * CONFIG.dVocab);
        expect(relativeError(row, expected)).toBeLessThan(TOLERANCE);
      });
    };
    check();
    for (const token of continuation) {
      const tokens = rows.map((_, b) => (token + 7 * b) % CONFIG.dVocab);
      out = await run.decode(
        tokens,
        rows.map((row) => row.length),
        out,
      );
      rows.forEach((row, b) => row.push(tokens[b]!));
      check();
    }
  });

  test('refuses an empty row, and several rows upon a cache', () => {
    expect(() => prefillFeeds([[1], []])).toThrow('at least one token');
    expect(() => prefillFeeds([[1], [2]], 4)).toThrow('one row at a time');
  });
});
