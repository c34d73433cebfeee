// One small model of each family on wasm and on webgpu (SwiftShader) against the float64 loop: a prompt
// longer than any window, an edit at some positions, then one token with the cache. Errors are relative.

import { beforeAll, describe, expect, test } from 'vitest';
import { packEdit } from '../../../src/core/edit';
import { rowOf } from '../../../src/core/tensor';
import { blockEdit, randomUnits } from '../../unit/onnx/block-edit';
import { DecoderRun, floats, relativeError, type Backend } from '../../unit/onnx/decoder-run';
import { float64Forward } from '../../unit/onnx/float64-decoder';
import { FAMILY_CONFIGS, randomWeights, WIDENED_CONFIGS } from '../../unit/onnx/random-weights';
import { backendOf, DEVICE } from './devices';

const TOLERANCE = 1e-4;
const IDS = [3, 17, 41, 8, 8, 29, 0];
const MASK = [1, 0, 1, 1, 0, 1, 1];
const NEXT = 12;

describe(`on ${DEVICE}`, { timeout: 240_000 }, () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await backendOf(DEVICE);
  }, 240_000);

  test.each(Object.entries({ ...FAMILY_CONFIGS, ...WIDENED_CONFIGS }))(
    '%s agrees with the float64 loop',
    async (_, config) => {
      const weights = randomWeights(config, 11);
      const units = randomUnits(config, 5);
      const edits = Array.from({ length: config.nLayers }, (_, layer) => ({
        unit: rowOf(units, layer).data,
        steer: null,
        strength: 1,
        reference: 0.3,
        cap: 0 as const,
        tau: 0,
      }));
      const run = await DecoderRun.on(backend, config, weights, {
        cache: true,
        hooks: 'edit',
        residuals: true,
      });
      run.edit = packEdit(edits, units, config.dModel);
      const first = await run.prefill([IDS], { mask: MASK });
      const next = await run.decode([NEXT], [IDS.length], first);
      const edit = blockEdit(edits, [...MASK, 1]);
      const expected = float64Forward(config, weights, [...IDS, NEXT], edit);
      const logits = expected.logits.map((row) => Array.from(row));
      expect(relativeError(floats(first, 'logits'), logits.slice(0, -1).flat())).toBeLessThan(
        TOLERANCE,
      );
      expect(relativeError(floats(next, 'logits'), logits.at(-1)!)).toBeLessThan(TOLERANCE);
      const residuals = expected.residuals.flatMap((rows) => rows.slice(0, -1).map((r) => [...r]));
      expect(relativeError(floats(first, 'residuals'), residuals.flat())).toBeLessThan(TOLERANCE);
    },
  );
});
