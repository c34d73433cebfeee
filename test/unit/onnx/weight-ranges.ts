// Which bytes of a file of weights ONNX Runtime asks for, and when: it says neither, so tests ask in a random order.

import { createRng } from '../../../src/core/rng';
import type { DecoderPlan } from '../../../src/onnx/decoder';

export type Range = readonly [from: number, to: number];

/** Every segment in two pieces, as two tensors in it are asked for, and what is known already; in a random order. */
export function weightRanges(plan: DecoderPlan, seed: number): Range[] {
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
