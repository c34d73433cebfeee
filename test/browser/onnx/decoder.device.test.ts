// The decoder graph on wasm and on webgpu against plain float64 loops: logits, residuals, pooled
// residuals, projections, edits. Errors are relative to the largest expected value.

import { beforeAll, describe, expect, test } from 'vitest';
import { applyEdit, packEdit, type LayerEdit } from '../../../src/core/edit';
import { dot, unitRows } from '../../../src/core/projection';
import { createRng } from '../../../src/core/rng';
import { rowOf, tensor } from '../../../src/core/tensor';
import { DecoderRun, floats, relativeError, type Backend } from '../../unit/onnx/decoder-run';
import { float64Forward, pooledResiduals } from '../../unit/onnx/float64-decoder';
import { randomConfig, randomWeights } from '../../unit/onnx/random-weights';
import { backendOf, DEVICE } from './devices';

const TOLERANCE = 1e-4;
const IDS = [3, 17, 41, 8, 8, 29, 0];
const CONFIG = randomConfig({ nLayers: 2 });
const WEIGHTS = randomWeights(CONFIG, 7);
const { nLayers, dModel } = CONFIG;
/** Deeper than the storage buffers that a WebGPU shader may bind: no operator may take or give one tensor a layer. */
const DEEP = randomConfig({ nLayers: 24 });

const rng = createRng(5);
const unitsOf = (layers: number) =>
  unitRows(
    tensor(
      Float32Array.from({ length: layers * dModel }, () => rng.normal()),
      [layers, dModel],
    ),
  );
const UNITS = unitsOf(nLayers);
const edits = (more: Partial<LayerEdit>, units = UNITS): LayerEdit[] =>
  Array.from({ length: units.dims[0]! }, (_, layer) => ({
    unit: rowOf(units, layer).data,
    steer: null,
    strength: 0,
    reference: 0,
    cap: 0,
    tau: 0,
    ...more,
  }));
/** A second direction, the same at every layer. */
const SECOND = {
  unit: Float32Array.from({ length: dModel }, (_, i) => (i % 2 === 0 ? 1 : -1) / Math.sqrt(dModel)),
  reference: -0.4,
};
const flat = (rows: readonly ArrayLike<number>[]): number[] =>
  rows.flatMap((row) => Array.from(row));

describe(`the decoder on ${DEVICE}`, { timeout: 240_000 }, () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await backendOf(DEVICE);
  }, 240_000);

  test.each([
    [true, 2],
    [false, 4],
  ])(
    'gives the logits and residuals of the float64 loop (tied head: %s, %i key heads)',
    async (tieWordEmbeddings, nKvHeads) => {
      const config = randomConfig({ nLayers: 2, nKvHeads, tieWordEmbeddings });
      const weights = randomWeights(config, 11);
      const run = await DecoderRun.on(backend, config, weights, { residuals: true });
      const out = await run.prefill([IDS]);
      const expected = float64Forward(config, weights, IDS);
      expect(relativeError(floats(out, 'logits'), flat(expected.logits))).toBeLessThan(TOLERANCE);
      const residuals = flat(expected.residuals.map(flat));
      expect(relativeError(floats(out, 'residuals'), residuals)).toBeLessThan(TOLERANCE);
    },
  );

  test('pools residuals over the chosen positions of unequal rows', async () => {
    const rows = [IDS, IDS.slice(0, 4)];
    const run = await DecoderRun.on(backend, CONFIG, WEIGHTS, { pooled: true, logits: 'none' });
    const third = 1 / 3;
    const pool = [0, 0, third, third, third, 0, 0, 0, 0, 0, 1, 0, 0, 0];
    const out = await run.prefill(rows, { pool });
    const expected = rows.flatMap((ids, row) =>
      pooledResiduals(float64Forward(CONFIG, WEIGHTS, ids).residuals, pool.slice(row * IDS.length)),
    );
    expect(relativeError(floats(out, 'pooled'), flat(expected))).toBeLessThan(TOLERANCE);
  });

  test('reads, edits and pools 24 layers, as many as a real checkpoint has', async () => {
    const [weights, units] = [randomWeights(DEEP, 7), unitsOf(24)];
    const layers = edits({ strength: 1 }, units);
    const run = await DecoderRun.on(backend, DEEP, weights, { hooks: 'edit', pooled: true });
    run.edit = packEdit(layers, units, dModel);
    const pool = IDS.map(() => 1 / IDS.length);
    const out = await run.prefill([IDS], { pool });
    const read: number[][] = IDS.map(() => []);
    const expected = float64Forward(DEEP, weights, IDS, (layer, at, h) => {
      read[at]!.push(dot(h, layers[layer]!.unit));
      h.set(applyEdit(Float32Array.from(h), layers[layer]!));
    });
    const means = flat(pooledResiduals(expected.residuals, pool));
    expect(relativeError(floats(out, 'logits'), flat(expected.logits))).toBeLessThan(TOLERANCE);
    expect(relativeError(floats(out, 'projections'), flat(read))).toBeLessThan(TOLERANCE);
    expect(relativeError(floats(out, 'pooled'), means)).toBeLessThan(TOLERANCE);
    // A run that only writes asks for no sums.
    const written = await run.prefill([IDS]);
    expect(floats(written, 'pooled')).toHaveLength(0);
    expect(relativeError(floats(written, 'logits'), flat(expected.logits))).toBeLessThan(TOLERANCE);
  });

  test.each([
    ['ablation to zero', { strength: 1 }],
    ['half an ablation to a mean', { strength: 0.5, reference: 0.7 }],
    ['a cap', { cap: 1, tau: -0.2 }],
    ['ablation of two directions', { strength: 0.8, reference: 0.3, also: SECOND }],
    ['steering', { steer: Float32Array.from({ length: dModel }, (_, i) => Math.cos(i)) }],
  ] as const)('does %s where the mask says so, and reads before it', async (_, change) => {
    const layers = edits(change);
    const mask = [1, 0, 1, 1, 0, 1, 1];
    const run = await DecoderRun.on(backend, CONFIG, WEIGHTS, { hooks: 'edit' });
    run.edit = packEdit(layers, UNITS, dModel);
    const out = await run.prefill([IDS], { mask });
    const read: number[][] = IDS.map(() => []);
    const expected = float64Forward(CONFIG, WEIGHTS, IDS, (layer, at, h) => {
      read[at]!.push(dot(h, layers[layer]!.unit));
      if (mask[at]) h.set(applyEdit(Float32Array.from(h), layers[layer]!));
    });
    expect(relativeError(floats(out, 'logits'), flat(expected.logits))).toBeLessThan(TOLERANCE);
    expect(relativeError(floats(out, 'projections'), flat(read))).toBeLessThan(TOLERANCE);
    const plain = float64Forward(CONFIG, WEIGHTS, IDS);
    expect(relativeError(floats(out, 'logits'), flat(plain.logits))).toBeGreaterThan(
      100 * TOLERANCE,
    );
  });

  test('an edit of zero strength gives bit for bit the logits of no edit', async () => {
    const run = await DecoderRun.on(backend, CONFIG, WEIGHTS, { hooks: 'edit' });
    run.edit = packEdit(edits({}), UNITS, dModel);
    const zero = floats(await run.prefill([IDS]), 'logits').slice();
    const plain = await DecoderRun.on(backend, CONFIG, WEIGHTS, { hooks: 'none' });
    expect(zero).toEqual(floats(await plain.prefill([IDS]), 'logits'));
  });
});
