// Every known family on random weights in its published configuration made small: the graph on
// onnxruntime-node's CPU provider against plain float64 loops. Tolerances are relative to the largest value.

import { describe, expect, test } from 'vitest';
import { familyOf } from '../../../src/checkpoint/families';
import { packEdit, type LayerEdit } from '../../../src/core/edit';
import { rowOf } from '../../../src/core/tensor';
import { prefillFeeds } from '../../../src/onnx/decoder-feeds';
import { buildTrainGraph } from '../../../src/onnx/train-graph';
import { blockEdit, randomUnits } from './block-edit';
import { float64Forward } from './float64-decoder';
import { FAMILY_CONFIGS, randomWeights, WIDENED_CONFIGS } from './random-weights';
import { DecoderRun, floats, relativeError } from './run-decoder';

const TOLERANCE = 3e-5;
/** Longer than any window. */
const IDS = [3, 17, 41, 8, 8, 29, 0, 12, 33, 4];

const flat = (rows: readonly ArrayLike<number>[]): number[] =>
  rows.flatMap((row) => Array.from(row));

describe.each(Object.entries({ ...FAMILY_CONFIGS, ...WIDENED_CONFIGS }))('%s', (_, config) => {
  const weights = randomWeights(config, 11);
  const units = randomUnits(config, 5);
  const others = randomUnits(config, 6);
  const layers = Array.from({ length: config.nLayers }, (_, layer) => layer);
  const edit = (layer: number, more: Partial<LayerEdit>): LayerEdit => ({
    unit: rowOf(units, layer).data,
    steer: null,
    strength: 0,
    reference: 0,
    cap: 0,
    tau: 0,
    ...more,
  });

  test('gives the logits and the residual at every hook point of the float64 loop', async () => {
    const run = await DecoderRun.create(config, weights, { residuals: true });
    const out = await run.prefill([IDS]);
    const expected = float64Forward(config, weights, IDS);
    expect(relativeError(floats(out, 'logits'), flat(expected.logits))).toBeLessThan(TOLERANCE);
    const residuals = floats(out, 'residuals');
    const plane = IDS.length * config.dModel;
    for (const layer of layers) {
      const own = residuals.subarray(layer * plane, (layer + 1) * plane);
      expect(relativeError(own, flat(expected.residuals[layer]!))).toBeLessThan(TOLERANCE);
    }
  });

  test('decoded token by token upon the cache is one full pass, in a batch of unequal rows', async () => {
    const rows = [[...IDS], [5], [9, 22, 1]];
    const run = await DecoderRun.create(config, weights, { cache: true, logits: 'last' });
    let out = await run.prefill(rows);
    for (const token of [12, 33, 4, 45, 20, 2]) {
      const tokens = rows.map((_, b) => (token + 7 * b) % config.dVocab);
      const lengths = rows.map((row) => row.length);
      out = await run.decode(tokens, lengths, out);
      rows.forEach((row, b) => {
        row.push(tokens[b]!);
        const own = floats(out, 'logits').subarray(b * config.dVocab, (b + 1) * config.dVocab);
        const expected = float64Forward(config, weights, row).logits.at(-1)!;
        expect(relativeError(own, expected)).toBeLessThan(TOLERANCE);
      });
    }
  });

  test('read in two pieces is read at once', async () => {
    const run = await DecoderRun.create(config, weights, { cache: true, logits: 'last' });
    const past = await run.prefill([IDS.slice(0, 6)]);
    const out = await run.run(prefillFeeds([IDS.slice(6)], 6), { past });
    const expected = float64Forward(config, weights, IDS).logits.at(-1)!;
    expect(relativeError(floats(out, 'logits'), expected)).toBeLessThan(TOLERANCE);
  });

  test.each([
    ['ablated', (layer: number) => edit(layer, { strength: 1, reference: 0.3 })],
    ['steered', (layer: number) => edit(layer, { steer: rowOf(others, layer).data })],
    ['capped', (layer: number) => edit(layer, { cap: 1, tau: -0.2 })],
  ])('%s at some positions is the edited float64 loop', async (_, make) => {
    const edits = layers.map(make);
    const mask = IDS.map((_, i) => (i % 3 === 1 ? 0 : 1));
    const run = await DecoderRun.create(config, weights, { hooks: 'edit', residuals: true });
    run.edit = packEdit(edits, units, config.dModel);
    const out = await run.prefill([IDS], { mask });
    const expected = float64Forward(config, weights, IDS, blockEdit(edits, mask));
    const logits = flat(expected.logits);
    expect(relativeError(floats(out, 'logits'), logits)).toBeLessThan(TOLERANCE);
    const residuals = flat(expected.residuals.map(flat));
    expect(relativeError(floats(out, 'residuals'), residuals)).toBeLessThan(TOLERANCE);
    const plain = flat(float64Forward(config, weights, IDS).logits);
    expect(relativeError(plain, logits)).toBeGreaterThan(1e-3);
  });

  test('every particular of it moves the logits of the reference', () => {
    const base = flat(float64Forward(config, weights, IDS).logits);
    const { window, queryScale, ropeScaling, ...plain } = config;
    const variants = [
      window && { ...config, window: { ...window, size: IDS.length } },
      window && { ...config, window: { ...window, ropeTheta: 123 } },
      queryScale && { ...config, queryScale: 2 * queryScale },
      ropeScaling && { ...plain, ...(window && { window }), ...(queryScale && { queryScale }) },
    ].filter((variant) => typeof variant === 'object');
    const changed = variants.map((variant) =>
      relativeError(flat(float64Forward(variant, weights, IDS).logits), base),
    );
    expect(changed.every((error) => error > 1e-3)).toBe(true);
    expect(variants.length > 0).toBe([window, queryScale, ropeScaling].some(Boolean));
  });

  test('cannot be trained here, which is said', () => {
    const attempt = () => buildTrainGraph(config, { kind: 'full' });
    const { architecture } = familyOf(config);
    expect(attempt).toThrow(architecture === 'llama' ? 'llama3 rotary scaling' : architecture);
  });
});
