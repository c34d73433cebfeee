// Weights that are made while ONNX Runtime reads them: the same bytes as the whole block, whatever the order,
// and never more of them in memory than one segment and what it is made from.

import { describe, expect, test } from 'vitest';
import { PRECISIONS } from '../../../src/core/precision';
import { fillWeights, planDecoder } from '../../../src/onnx/decoder';
import { segmentMaker, weightFile } from '../../../src/onnx/weight-file';
import { usePeakMemory } from './peak-memory/peak-memory';
import { FAMILY_CONFIGS, randomWeights } from './random-weights';
import { PLAIN } from './run-decoder';
import { weightRanges } from './weight-ranges';

describe.each(Object.entries(FAMILY_CONFIGS))('%s', (_, config) => {
  test.each(PRECISIONS)('in %s is read as it would be written, in any order', (precision) => {
    const weights = randomWeights(config, 11);
    const plan = planDecoder(config, { ...PLAIN, precision });
    const whole = fillWeights(plan, weights);
    const file = weightFile(plan, segmentMaker(plan, weights));
    expect(file.bytes).toBe(whole.length);
    for (const seed of [1, 2]) {
      for (const [from, to] of weightRanges(plan, seed)) {
        expect(Buffer.compare(file.read(from, to), whole.subarray(from, to))).toBe(0);
      }
    }
    expect(() => file.read(0, file.bytes)).toThrow(/No weight lies/);
  });
});

const memory = usePeakMemory();

test.each(PRECISIONS)('in %s holds one segment, its tensor, and an eighth', async (precision) => {
  const { peak, largestTensor, largestSegment, weightBytes } = await memory.measure({
    way: 'file',
    precision,
  });
  expect(peak).toBeGreaterThan(0.5 * largestSegment);
  expect(peak).toBeLessThanOrEqual(largestSegment + weightBytes / 8 + largestTensor);
  expect(peak).toBeLessThan(weightBytes);
});
