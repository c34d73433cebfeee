// Weights that are made while ONNX Runtime reads them: the same bytes as the whole block, whatever the order,
// and never more of them in memory than one stretch and what it is made from.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Weights } from '../../../src/checkpoint/config';
import { PRECISIONS } from '../../../src/core/precision';
import { createRng } from '../../../src/core/rng';
import { type DecoderPlan, fillWeights, planDecoder } from '../../../src/onnx/decoder';
import { segmentMaker, weightFile } from '../../../src/onnx/weight-file';
import { FAMILY_CONFIGS, randomConfig, randomWeights } from './random-weights';
import { PLAIN } from './run-decoder';

type Range = readonly [from: number, to: number];

/** Every stretch in two pieces, as those of two rooms, and what is known already; in a random order. */
function ranges(plan: DecoderPlan, seed: number): Range[] {
  const all: Range[] = plan.known.map(({ offset, bytes }) => [offset, offset + bytes.length]);
  for (const { from, to } of plan.segments) {
    const middle = Math.min(to, from + 64 * Math.ceil((0.9 * (to - from)) / 64));
    all.push([from, middle]);
    if (middle < to) all.push([middle, to]);
  }
  const rng = createRng(seed);
  return all
    .map((range) => [rng.next(), range] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, range]) => range);
}

describe.each(Object.entries(FAMILY_CONFIGS))('%s', (_, config) => {
  test.each(PRECISIONS)('in %s is read as it would be written, in any order', (precision) => {
    const weights = randomWeights(config, 11);
    const plan = planDecoder(config, { ...PLAIN, precision });
    const whole = fillWeights(plan, weights);
    const file = weightFile(plan, segmentMaker(plan, weights));
    expect(file.bytes).toBe(whole.length);
    for (const seed of [1, 2]) {
      for (const [from, to] of ranges(plan, seed)) {
        expect(Buffer.compare(file.read(from, to), whole.subarray(from, to))).toBe(0);
      }
    }
    expect(() => file.read(0, file.bytes)).toThrow(/No weight lies/);
  });
});

test.each(PRECISIONS)('in %s holds one stretch, its tensor, and an eighth', async (precision) => {
  const config = randomConfig({ dModel: 256, dMlp: 768, dVocab: 4096, nLayers: 6, nHeads: 16 });
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const held = async () => {
    // Buffers are freed a moment after the collection that found them dead.
    for (let i = 0; i < 2; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return process.memoryUsage().arrayBuffers;
  };
  const plan = planDecoder(config, { ...PLAIN, precision });
  let [peak, largest] = [0, 0];
  const before = await held();
  const shapes = new Map([...plan.tensors].map(([name, { dims }]) => [name, dims]));
  const weights = {
    get: (name: string) => {
      const dims = shapes.get(name)!;
      const data = new Float32Array(dims.reduce((a, b) => a * b)).fill(0.5);
      largest = Math.max(largest, data.byteLength);
      return { data, dims };
    },
  } as unknown as Weights;
  const file = weightFile(plan, segmentMaker(plan, weights));
  for (const [from, to] of ranges(plan, 3)) {
    file.read(from, to);
    peak = Math.max(peak, (await held()) - before);
  }
  const segment = Math.max(...plan.segments.map(({ from, to }) => to - from));
  expect(peak).toBeGreaterThan(0.5 * segment);
  expect(peak).toBeLessThanOrEqual(segment + plan.weightBytes / 8 + largest);
  expect(peak).toBeLessThan(plan.weightBytes);
});
